/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "base/utf8.h"
#include "rules/rules_line.h"
#include "rules/rules_resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule with more pairs of host and path than this is looked at for every request. */
#define MAX_PLACES 16

static int compare_bytes(const struct bytes *one, const struct bytes *other)
{
    size_t least = one->length < other->length ? one->length : other->length;
    int order = least > 0 ? memcmp(one->data, other->data, least) : 0;

    return order != 0 ? order : one->length < other->length ? -1 : one->length > other->length;
}

int rules_compare_values(const struct rules_value *one, const struct rules_value *other)
{
    if (one == NULL || other == NULL)
        return (one != NULL) - (other != NULL);
    if (one->form != other->form)
        return one->form < other->form ? -1 : 1;
    return compare_bytes(&one->bytes, &other->bytes);
}

int rules_compare_mailboxes(const struct rules_value *one, const struct rules_value *other)
{
    const struct bytes *a = &one->bytes, *b = &other->bytes;
    int order = (int)one->form - (int)other->form;

    return order != 0 ? order : utf8_compare_case(a->data, a->length, b->data, b->length);
}

int rules_compare_folded(const struct rules_value *one, const struct rules_value *other)
{
    return X509_NAME_cmp(one->folded, other->folded);
}

static int compare_networks(const struct network *one, const struct network *other)
{
    if (one->length != other->length)
        return one->length < other->length ? -1 : 1;
    if (one->prefix != other->prefix)
        return one->prefix < other->prefix ? -1 : 1;
    return memcmp(one->address, other->address, one->length);
}

int rules_compare_identities(const void *one, const void *other)
{
    const struct rules_value *a = *(const struct rules_value *const *)one;
    const struct rules_value *b = *(const struct rules_value *const *)other;
    int order = 0;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->name != NULL) {
        order = rules_compare_folded(a, b);
        return order != 0 ? order : X509_NAME_cmp(a->name, b->name);
    }
    if (a->form == FORM_NETWORK) /* of one key all are, or none */
        return compare_networks(&a->network, &b->network);
    if (a->key == KEY_EMAIL || a->key == KEY_UPN)
        order = rules_compare_mailboxes(a, b);
    return order != 0 ? order : rules_compare_values(a, b);
}

/* Goes through all values of identity but issuers and groups. With `values` NULL they are counted.
 */
static size_t collect_identities(struct rules *rules, struct rules_value **values)
{
    size_t i, j, k, count = 0;

    for (i = 0; i < rules->line_count; i++) {
        for (j = 0; j < rules->lines[i].who_count; j++) {
            const struct rules_term *term = &rules->lines[i].terms[j];

            for (k = 0; term->key >= KEY_FIRST_NAMING && k < term->count; k++, count++) {
                if (values != NULL)
                    values[count] = &term->values[k];
            }
        }
    }
    return count;
}

/* Gives equal values one id, and keeps one of each, sorted. */
static bool index_identities(struct rules *rules, struct error *error)
{
    size_t i, count = collect_identities(rules, NULL);
    struct rules_value **values =
        rules_arena_get(&rules->arena, count, sizeof(struct rules_value *));

    if (values == NULL)
        return rules_out_of_memory(rules, error);
    (void)collect_identities(rules, values);
    qsort(values, count, sizeof(*values), rules_compare_identities);
    for (i = 0; i < count; i++) {
        size_t last = rules->identity_count;

        if (last == 0 || rules_compare_identities(&values[last - 1], &values[i]) != 0)
            values[last = rules->identity_count++] = values[i];
        else
            last--;
        values[i]->id = (uint32_t)last;
    }
    rules->identities = values;
    for (i = 0; i < count; i++)
        rules->identity_keys |= KEY_BIT(values[i]->key);
    for (i = 0; i < rules->line_count; i++) {
        if (rules->lines[i].user.kind == USER_KEY)
            rules->identity_keys |= KEY_BIT(rules->lines[i].user.key);
    }
    return true;
}

static int compare_places(const void *one, const void *other)
{
    const struct rules_place *a = one, *b = other;
    int order = rules_compare_values(a->host, b->host);

    if (order == 0)
        order = rules_compare_values(a->path, b->path);
    return order != 0 ? order : a->rule < b->rule ? -1 : a->rule > b->rule;
}

static size_t value_count(const struct rules_term *term)
{
    return term != NULL ? term->count : 1;
}

static const struct rules_value *value_at(const struct rules_term *term, size_t index)
{
    return term != NULL ? &term->values[index] : NULL;
}

/* The pairs of host and path of a rule. With `places` NULL they are counted. */
static size_t places_of(const struct rules_line *line, uint32_t rule, struct rules_place *places)
{
    const struct rules_term *host = rules_line_term(line, KEY_HOST);
    const struct rules_term *path = rules_line_term(line, KEY_PATH);
    size_t i, j, count = 0;

    if (value_count(host) * value_count(path) > MAX_PLACES) {
        host = NULL;
        path = NULL;
    }
    for (i = 0; i < value_count(host); i++) {
        for (j = 0; j < value_count(path); j++, count++) {
            if (places != NULL)
                places[count] = (struct rules_place){
                    .host = value_at(host, i), .path = value_at(path, j), .rule = rule};
        }
    }
    return count;
}

static bool index_places(struct rules *rules, struct error *error)
{
    size_t i, count = 0;

    for (i = 0; i < rules->rule_count; i++)
        count += places_of(rules->rule_lines[i], 0, NULL);
    rules->places = rules_arena_get(&rules->arena, count, sizeof(*rules->places));
    if (rules->places == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < rules->rule_count; i++)
        rules->place_count +=
            places_of(rules->rule_lines[i], (uint32_t)i, &rules->places[rules->place_count]);
    qsort(rules->places, count, sizeof(*rules->places), compare_places);
    return true;
}

/* FILE:LINE (LABEL). */
static const char *make_name(struct rules *rules, const struct rules_line *line)
{
    char *name = NULL, *copy;
    int length = line->label != NULL
                     ? asprintf(&name, "%s:%zu (%s)", rules->path, line->number, line->label)
                     : asprintf(&name, "%s:%zu", rules->path, line->number);

    if (length < 0)
        return NULL;
    copy = rules_arena_copy(&rules->arena, name, (size_t)length);
    free(name);
    return copy;
}

/* A value as it may be written. */
static void append_value(struct text *text, const char *word)
{
    if (strpbrk(word, " \t,\"#\\") == NULL) {
        text_append_string(text, word);
        return;
    }
    text_append_string(text, "\"");
    for (; *word != '\0'; word++)
        text_printf(text, "%s%c", *word == '"' || *word == '\\' ? "\\" : "", *word);
    text_append_string(text, "\"");
}

/* The terms of the request, as they may be written. */
static const char *make_when(struct rules *rules, const struct rules_line *line)
{
    struct text text = {.limit = 0};
    const char *copy = NULL;
    size_t i, j;

    for (i = line->who_count; i < line->term_count; i++) {
        text_printf(
            &text, "%s%s=", i > line->who_count ? " " : "", rules_key_name(line->terms[i].key));
        for (j = 0; j < line->terms[i].count; j++) {
            text_append_string(&text, j > 0 ? "," : "");
            append_value(&text, line->terms[i].values[j].word);
        }
    }
    if (!text.failed)
        copy = rules_arena_copy(&rules->arena, text_string(&text), text.length);
    text_free(&text);
    return copy;
}

static bool list_rules(struct rules *rules, struct error *error)
{
    size_t i, most = rules->kinds[LINE_ALLOW] + rules->kinds[LINE_DENY];

    rules->rules = rules_arena_get(&rules->arena, most, sizeof(*rules->rules));
    rules->rule_lines = rules_arena_get(&rules->arena, most, sizeof(struct rules_line *));
    if (rules->rules == NULL || rules->rule_lines == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < rules->line_count; i++) {
        struct rules_line *line = &rules->lines[i];
        struct rules_rule *rule = &rules->rules[rules->rule_count];

        if (line->kind != LINE_ALLOW && line->kind != LINE_DENY)
            continue;
        *rule = (struct rules_rule){.allow = line->kind == LINE_ALLOW,
            .line = line->number,
            .name = make_name(rules, line),
            .text = line->text,
            .when = make_when(rules, line)};
        if (rule->name == NULL || rule->when == NULL)
            return rules_out_of_memory(rules, error);
        line->owner = (uint32_t)rules->rule_count;
        rules->rule_lines[rules->rule_count++] = line;
    }
    return true;
}

bool rules_index(struct rules *rules, struct error *error)
{
    return list_rules(rules, error) && index_identities(rules, error) && index_places(rules, error);
}
