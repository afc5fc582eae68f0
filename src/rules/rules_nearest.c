/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "certificate/identity.h"
#include "rules/rules_asked.h"
#include "rules/rules_line.h"

#include <stdlib.h>
#include <string.h>

/* What a key that fails weighs: a line for another host or path is far, one for somebody else is
 * nearer, and nearest is one for another time. */
static unsigned weight_of(enum rules_key key)
{
    if (key == KEY_HOST || key == KEY_PATH)
        return 4;
    return key < KEY_FIRST_WHEN ? 3 : 1;
}

/* What the words are made from. */
struct view {
    const struct rules *rules;
    const struct rules_subject *subject;
    const struct rules_asked *asked;
    bool *identities; /* met, by id */
};

/* Names and values may be many, so that they are not compared with each other. NULL without memory.
 */
static bool *identities_met(const struct rules *rules, const struct rules_subject *subject)
{
    bool *met = calloc(rules->identity_count + 1, sizeof(*met));
    size_t i, j;

    for (i = 0; met != NULL && i < subject->name_count; i++) {
        for (j = 0; j < subject->names[i].met_count; j++)
            met[subject->names[i].met[j]] = true;
    }
    return met;
}

static bool has_group(const struct rules_subject *subject, uint32_t group)
{
    size_t i;

    for (i = 0; i < subject->group_count; i++) {
        if (subject->groups[i].owner == group)
            return true;
    }
    return false;
}

static bool who_holds(
    const struct view *view, const struct rules_line *line, const struct rules_term *term)
{
    const struct rules_subject *subject = view->subject;
    const bool direct = (line->keys & KEY_BIT(KEY_SERIAL)) != 0;
    size_t i;

    for (i = 0; i < term->count; i++) {
        const struct rules_value *value = &term->values[i];
        bool holds;

        if (term->key == KEY_ISSUER)
            holds = direct ? subject->issuers_direct[value->id] : subject->issuers[value->id];
        else if (term->key == KEY_GROUP)
            holds = has_group(subject, value->id);
        else
            holds = view->identities[value->id];
        if (holds)
            return true;
    }
    return false;
}

static bool term_holds(
    const struct view *view, const struct rules_line *line, const struct rules_term *term)
{
    return term->key < KEY_FIRST_WHEN ? who_holds(view, line, term)
                                      : rules_term_holds(line, term, view->asked);
}

/* How far a line is from holding; 0: it holds. No more is added once it is `most`. */
static unsigned distance_of(const struct view *view, const struct rules_line *line, unsigned most)
{
    unsigned distance = 0;
    size_t i;

    /* The request's terms come last and cost least. */
    for (i = line->term_count; i > 0 && distance < most; i--) {
        if (!term_holds(view, line, &line->terms[i - 1]))
            distance += weight_of(line->terms[i - 1].key);
    }
    return distance;
}

/* KEY=VALUE,VALUE as far as there is room. */
static void append_term(struct text *text, const struct rules_term *term)
{
    size_t i;

    text_printf(text, "%s=", rules_key_name(term->key));
    for (i = 0; i < term->count && i < 3; i++)
        text_printf(text, "%s%.80s", i > 0 ? "," : "", term->values[i].word);
    if (i < term->count)
        text_append_string(text, ",...");
}

/* " (it has A, B)". */
static void append_names(struct text *text, const struct rules_subject *subject, enum rules_key key)
{
    size_t i, count = 0;

    text_append_string(text, " (it has ");
    for (i = 0; i < subject->name_count && count <= 3; i++) {
        const struct rules_name *name = &subject->names[i];
        char shown[96];

        if (name->key != key)
            continue;
        text_show_shortened(
            shown, sizeof(shown), (const char *)name->bytes.data, name->bytes.length);
        if (count++ > 0)
            text_append_string(text, ", ");
        text_append_string(text, count > 3 ? "..." : shown);
        if (count <= 3 && name->invalid)
            text_append_string(text, " (not all its CAs vouch for it)");
    }
    text_append_string(text, count == 0 ? "none)" : ")");
}

static void append_asked_string(struct text *text, const char *string)
{
    char shown[96];

    text_show_shortened(shown, sizeof(shown), string, strlen(string));
    text_printf(text, " (asked for %s)", shown);
}

static void append_date(struct text *text, const char *before, time_t date)
{
    char shown[IDENTITY_TIME_SIZE];

    identity_format_time(date, shown);
    text_printf(text, " (%s%s)", before, shown);
}

/* What the request has instead. */
static void append_asked(struct text *text, const struct view *view, enum rules_key key)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const struct rules_request *request = view->asked->request;
    char words[16];

    switch (key) {
    case KEY_HOST:
        append_asked_string(text, view->asked->has_host ? view->asked->host : "no host");
        break;
    case KEY_PATH:
        append_asked_string(text, view->asked->has_path ? view->asked->path.text : "no path");
        break;
    case KEY_METHOD:
        append_asked_string(text, request->method != NULL ? request->method : "no method");
        break;
    case KEY_FROM:
        append_asked_string(
            text, request->remote_address != NULL ? request->remote_address : "no address");
        break;
    case KEY_REVOCATION:
        if (!request->revocation_good || request->revocation_this_update == 0)
            text_append_string(text, " (it was not checked)");
        else
            append_date(text, "checked as of ", request->revocation_this_update);
        break;
    default:
        (void)snprintf(words, sizeof(words), "it is %s ", days[view->asked->weekday]);
        append_date(text, words, request->now);
        break;
    }
}

/* ": needs ou=Ops (it has Sales) or email=eve@acme.example (it has eve@acme.org)": for each line of
 * each of the groups what fails. Groups within them are told by name. */
static void append_groups(
    struct text *text, const struct view *view, const struct rules_term *groups)
{
    size_t i, j, k, told = 0;

    text_append_string(text, ": needs ");
    for (i = 0; i < groups->count; i++) {
        const struct rules_named *group = &view->rules->groups[groups->values[i].id];

        for (j = 0; j < group->count && !text->failed; j++) {
            const struct rules_line *line = &view->rules->lines[group->lines[j]];
            bool first = true;

            text_append_string(text, told++ > 0 ? " or " : "");
            for (k = 0; k < line->term_count; k++) {
                if (who_holds(view, line, &line->terms[k]))
                    continue;
                text_append_string(text, first ? "" : " and ");
                first = false;
                append_term(text, &line->terms[k]);
                if (line->terms[k].key >= KEY_FIRST_NAMING)
                    append_names(text, view->subject, line->terms[k].key);
            }
        }
    }
}

static void append_failure(
    struct text *text, const struct view *view, const struct rules_term *term)
{
    append_term(text, term);
    text_append_string(text, " does not hold");
    if (term->key == KEY_GROUP)
        append_groups(text, view, term);
    else if (term->key == KEY_ISSUER)
        text_append_string(text, " (its chain has no such key)");
    else if (term->key < KEY_FIRST_WHEN)
        append_names(text, view->subject, term->key);
    else
        append_asked(text, view, term->key);
}

static void write_words(const struct view *view, size_t index, struct rules_miss *miss)
{
    const struct rules_line *line = view->rules->rule_lines[index];
    struct text text = {.limit = sizeof(miss->words) - 4};
    const char *separator = "";
    size_t i;

    for (i = 0; i < line->term_count; i++) {
        if (term_holds(view, line, &line->terms[i]))
            continue;
        text_append_string(&text, separator);
        separator = "; ";
        append_failure(&text, view, &line->terms[i]);
    }
    miss->rule = &view->rules->rules[index];
    (void)snprintf(
        miss->words, sizeof(miss->words), "%s%s", text_string(&text), text.failed ? "..." : "");
    text_free(&text);
}

size_t rules_nearest(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_request *request, struct rules_miss misses[RULES_MAX_MISSES])
{
    struct rules_asked asked;
    const struct view view = {.rules = rules,
        .subject = subject,
        .asked = &asked,
        .identities = identities_met(rules, subject)};
    unsigned distances[RULES_MAX_MISSES];
    size_t lines[RULES_MAX_MISSES];
    size_t i, at, count = 0;

    if (view.identities == NULL)
        return 0;
    rules_asked_read(rules, request, &asked);
    for (i = 0; i < rules->rule_count; i++) {
        const bool full = count == RULES_MAX_MISSES;
        unsigned distance, most = full ? distances[count - 1] : 1000;

        if (!rules->rules[i].allow)
            continue;
        distance = distance_of(&view, rules->rule_lines[i], most);
        if (distance == 0 || distance >= most)
            continue;
        for (at = full ? count - 1 : count++; at > 0 && distances[at - 1] > distance; at--) {
            distances[at] = distances[at - 1];
            lines[at] = lines[at - 1];
        }
        distances[at] = distance;
        lines[at] = i;
    }
    for (i = 0; i < count; i++)
        write_words(&view, lines[i], &misses[i]);
    free(view.identities);
    return count;
}
