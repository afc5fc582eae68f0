/* SPDX-License-Identifier: ISC */
#include "rules/rules_resolve.h"
#include "base/nearest.h"
#include "rules/rules_line.h"
#include "rules/rules_values.h"
#include "rules/rules_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Groups within groups at the most. */
#define MAX_NESTING 32

/* Keys that say something only together with who signed it. */
#define NAME_KEYS                                                                                  \
    (((KEY_BIT(KEY_LAST_NAMING + 1) - KEY_BIT(KEY_FIRST_NAMING)) | KEY_BIT(KEY_POLICY)) &          \
        ~(KEY_BIT(KEY_SHA256) | KEY_BIT(KEY_SPKI)))

static const char *name_of_line(const struct rules *rules, uint32_t line)
{
    return rules->lines[line].name;
}

bool rules_refuse(
    const struct rules *rules, size_t line, struct error *error, const char *format, ...)
{
    /* cppcheck-suppress ctunullpointer */ /* sizeof dereferences nothing */
    char words[sizeof(error->text)];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    error_set(error, ERROR_INPUT, "%s:%zu: %s", rules->path, line, words);
    return false;
}

bool rules_out_of_memory(const struct rules *rules, struct error *error)
{
    error_set(error, ERROR_MEMORY, "%s: out of memory", rules->path);
    return false;
}

static int compare_lines(const void *one, const void *other, void *context)
{
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    int order = strcmp(name_of_line(context, a), name_of_line(context, b));

    return order != 0 ? order : a < b ? -1 : a > b;
}

/* Gathers the lines of one kind by their names, sorted by name. */
static bool gather(struct rules *rules, enum rules_line_kind kind, struct rules_named **named,
    size_t *count, struct error *error)
{
    struct rules_named *last = NULL;
    size_t i, found = 0, most = rules->kinds[kind];
    uint32_t *lines = rules_arena_get(&rules->arena, most, sizeof(*lines));

    *count = 0;
    *named = rules_arena_get(&rules->arena, most, sizeof(**named));
    if (lines == NULL || *named == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < rules->line_count; i++) {
        if (rules->lines[i].kind == kind)
            lines[found++] = (uint32_t)i;
    }
    qsort_r(lines, found, sizeof(*lines), compare_lines, rules);
    for (i = 0; i < found; i++) {
        const char *name = name_of_line(rules, lines[i]);

        if (last == NULL || strcmp(last->name, name) != 0) {
            last = *named + *count;
            ++*count;
            *last = (struct rules_named){
                .name = name, .first_line = rules->lines[lines[i]].number, .lines = &lines[i]};
        }
        rules->lines[lines[i]].owner = (uint32_t)(*count - 1);
        last->count++;
    }
    return true;
}

static int compare_name(const void *name, const void *named)
{
    return strcmp(name, ((const struct rules_named *)named)->name);
}

static struct rules_named *find_named(struct rules_named *named, size_t count, const char *name)
{
    return count > 0 ? bsearch(name, named, count, sizeof(*named), compare_name) : NULL;
}

/* "group 'opps' is not defined (groups: ops, devs)". */
static bool refuse_undefined(const struct rules *rules, size_t line, const char *what,
    const char *name, const char *const *names, struct error *error)
{
    const char *nearest = nearest_name(name, names);
    struct text list = {.limit = 200};
    size_t i;

    for (i = 0; i < 8 && names[i] != NULL; i++)
        text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (names[i] != NULL)
        text_append_string(&list, ", ...");
    (void)rules_refuse(rules, line, error, "%s '%s' is not defined (%ss: %s)%s%s%s", what, name,
        what, names[0] != NULL ? text_string(&list) : "none",
        nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "'?" : "");
    text_free(&list);
    return false;
}

static bool refuse_undefined_named(struct rules *rules, size_t line, const char *what,
    const char *name, const struct rules_named *named, size_t count, struct error *error)
{
    const char **names = rules_arena_get(&rules->arena, count + 1, sizeof(*names));
    size_t i;

    if (names == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < count; i++)
        names[i] = named[i].name;
    return refuse_undefined(rules, line, what, name, names, error);
}

static bool find_issuer(struct rules *rules, const struct rules_line *line,
    struct rules_value *value, struct error *error)
{
    const char **names;
    size_t i;

    for (i = 0; i < rules->issuer_count; i++) {
        if (strcmp(rules->issuers[i].name, value->word) == 0) {
            value->id = (uint32_t)i;
            return true;
        }
    }
    names = rules_arena_get(&rules->arena, rules->issuer_count + 1, sizeof(*names));
    if (names == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < rules->issuer_count; i++)
        names[i] = rules->issuers[i].name;
    return refuse_undefined(rules, line->number, "issuer", value->word, names, error);
}

static bool find_group(struct rules *rules, const struct rules_line *line,
    struct rules_value *value, struct error *error)
{
    struct rules_named *group = find_named(rules->groups, rules->group_count, value->word);

    if (group == NULL)
        return refuse_undefined_named(
            rules, line->number, "group", value->word, rules->groups, rules->group_count, error);
    group->used = true;
    value->id = (uint32_t)(group - rules->groups);
    return true;
}

static bool find_map(struct rules *rules, struct rules_line *line, struct error *error)
{
    struct rules_named *map = find_named(rules->maps, rules->map_count, line->user.literal);

    if (map == NULL)
        return refuse_undefined_named(
            rules, line->number, "map", line->user.literal, rules->maps, rules->map_count, error);
    map->used = true;
    line->user.map = (uint32_t)(map - rules->maps);
    return true;
}

/* The one issuer of the file goes before the other terms, where it belongs. */
static bool imply_issuer(struct rules *rules, struct rules_line *line, struct error *error)
{
    struct rules_value *value = rules_arena_get(&rules->arena, 1, sizeof(*value));

    if (value == NULL)
        return rules_out_of_memory(rules, error);
    *value = (struct rules_value){.word = rules->issuers[0].name, .key = KEY_ISSUER};
    memmove(line->terms + 1, line->terms, line->term_count * sizeof(*line->terms));
    line->terms[0] =
        (struct rules_term){.key = KEY_ISSUER, .implied = true, .values = value, .count = 1};
    line->term_count++;
    line->who_count++;
    line->keys |= KEY_BIT(KEY_ISSUER);
    return true;
}

/* A name is worth what its signer is worth. */
static bool bind_issuer(struct rules *rules, struct rules_line *line, struct error *error)
{
    unsigned names = line->keys & NAME_KEYS;
    const char *key;

    if (names == 0 || (line->keys & KEY_BIT(KEY_ISSUER)) != 0)
        return true;
    if (rules->issuer_count == 1)
        return imply_issuer(rules, line, error);
    key = rules_key_name((enum rules_key)__builtin_ctz(names));
    if (rules->issuer_count == 0)
        return rules_refuse(rules, line->number, error,
            "%s= without issuer=, and this file has no issuer line", key);
    return rules_refuse(rules, line->number, error,
        "%s= without issuer=, and this file has %zu issuers", key, rules->issuer_count);
}

static bool resolve_terms(struct rules *rules, struct rules_line *line, struct error *error)
{
    size_t i, j;

    for (i = 0; i < line->term_count; i++) {
        const struct rules_term *term = &line->terms[i];

        for (j = 0; j < term->count; j++) {
            if (term->key == KEY_ISSUER && !find_issuer(rules, line, &term->values[j], error))
                return false;
            if (term->key == KEY_GROUP && !find_group(rules, line, &term->values[j], error))
                return false;
        }
    }
    if (line->user.kind == USER_MAP && !find_map(rules, line, error))
        return false;
    return bind_issuer(rules, line, error);
}

bool rules_line_names_somebody(const struct rules *rules, const struct rules_line *line)
{
    const struct rules_term *term = rules_line_term(line, KEY_GROUP);
    size_t i;

    if ((line->keys & (KEY_BIT(KEY_LAST_NAMING + 1) - KEY_BIT(KEY_FIRST_NAMING))) != 0)
        return true;
    for (i = 0; term != NULL && i < term->count; i++) {
        if (!rules->groups[term->values[i].id].names_somebody)
            return false;
    }
    return term != NULL;
}

bool rules_line_has_serial(const struct rules *rules, const struct rules_line *line)
{
    const struct rules_term *term = rules_line_term(line, KEY_GROUP);
    size_t i;

    for (i = 0; term != NULL && i < term->count; i++) {
        if (rules->groups[term->values[i].id].has_serial)
            return true;
    }
    return (line->keys & KEY_BIT(KEY_SERIAL)) != 0;
}

static bool refuse_levels(struct rules *rules, const struct rules_named *group, struct error *error)
{
    return rules_refuse(
        rules, group->first_line, error, "groups within groups: more than %d", MAX_NESTING);
}

/* Puts a group behind those that it is made of. */
static bool order_group(struct rules *rules, struct rules_named *group, unsigned depth,
    size_t *ordered, struct error *error)
{
    size_t i, j;

    if (group->ordered)
        return true;
    if (group->entered)
        return rules_refuse(
            rules, group->first_line, error, "group '%s' is part of itself", group->name);
    if (depth > MAX_NESTING)
        return refuse_levels(rules, group, error);
    group->entered = true;
    group->names_somebody = true;
    group->levels = 1;
    for (i = 0; i < group->count; i++) {
        const struct rules_line *line = &rules->lines[group->lines[i]];
        const struct rules_term *term = rules_line_term(line, KEY_GROUP);

        for (j = 0; term != NULL && j < term->count; j++) {
            struct rules_named *part = &rules->groups[term->values[j].id];

            if (!order_group(rules, part, depth + 1, ordered, error))
                return false;
            if (part->levels >= group->levels)
                group->levels = part->levels + 1;
        }
        if (!rules_line_names_somebody(rules, line))
            group->names_somebody = false;
        if (rules_line_has_serial(rules, line))
            group->has_serial = true;
    }
    if (group->levels > MAX_NESTING)
        return refuse_levels(rules, group, error);
    group->ordered = true;
    rules->group_order[(*ordered)++] = (uint32_t)(group - rules->groups);
    return true;
}

static bool order_groups(struct rules *rules, struct error *error)
{
    size_t i, ordered = 0;

    rules->group_order =
        rules_arena_get(&rules->arena, rules->group_count, sizeof(*rules->group_order));
    if (rules->group_order == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < rules->group_count; i++) {
        if (!order_group(rules, &rules->groups[i], 1, &ordered, error))
            return false;
    }
    return true;
}

bool rules_resolve(struct rules *rules, struct error *error)
{
    size_t i;

    if (!gather(rules, LINE_GROUP, &rules->groups, &rules->group_count, error) ||
        !gather(rules, LINE_MAP, &rules->maps, &rules->map_count, error))
        return false;
    for (i = 0; i < rules->line_count; i++) {
        if (!resolve_terms(rules, &rules->lines[i], error))
            return false;
    }
    return order_groups(rules, error);
}
