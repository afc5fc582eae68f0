/* SPDX-License-Identifier: ISC */
#include "rules/request_path.h"
#include "rules/rules_line.h"
#include "rules/rules_resolve.h"
#include "rules/rules_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Lines that are compared with each other at the most. */
#define MAX_COMPARED 3000

bool rules_tell(const struct rules *rules, size_t line, struct list *warnings, struct error *error,
    const char *format, ...)
{
    struct error words;
    char message[sizeof(words.text)];
    va_list arguments;

    if (warnings == NULL)
        return true;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (line != 0)
        error_set(&words, ERROR_NONE, "%s:%zu: %s", rules->path, line, message);
    else
        error_set(&words, ERROR_NONE, "%s: %s", rules->path, message);
    return list_add(warnings, words.text, error);
}

static bool path_covers(const struct rules_value *wide, const struct rules_value *narrow)
{
    const size_t length = wide->bytes.length;

    return wide->form == FORM_FOLDER && narrow->bytes.length >= length &&
           (length == 0 || memcmp(wide->bytes.data, narrow->bytes.data, length) == 0) &&
           (narrow->bytes.length == length || narrow->bytes.data[length] == '/');
}

/* *.DOMAIN, and a name of one label more. */
static bool host_covers(const struct rules_value *wide, const struct rules_value *narrow)
{
    const char *name = (const char *)narrow->bytes.data;
    const char *dot = narrow->form == FORM_EXACT && name[0] != '[' ? strchr(name, '.') : NULL;

    return wide->form == FORM_DOMAIN && dot != NULL &&
           strcmp(dot + 1, (const char *)wide->bytes.data) == 0;
}

/* Whether a value holds whenever another of the same key does. */
static bool value_covers(const struct rules_value *wide, const struct rules_value *narrow)
{
    switch (wide->key) {
    case KEY_SINCE:
        return wide->low <= narrow->low;
    case KEY_UNTIL:
        return wide->low >= narrow->low;
    case KEY_HOURS:
        return wide->low == narrow->low && wide->high == narrow->high;
    case KEY_DAYS:
        return (narrow->low & ~wide->low) == 0;
    case KEY_REVOCATION:
        return wide->high == 0 || (narrow->high != 0 && wide->high >= narrow->high);
    case KEY_FROM:
        return wide->network.prefix <= narrow->network.prefix &&
               network_has(&wide->network, narrow->network.address, narrow->network.length);
    case KEY_PATH:
        if (path_covers(wide, narrow))
            return true;
        break;
    case KEY_HOST:
        if (host_covers(wide, narrow))
            return true;
        break;
    case KEY_METHOD:
        if (strcmp(wide->word, "GET") == 0 && strcmp(narrow->word, "HEAD") == 0)
            return true;
        break;
    default:
        break;
    }
    if (wide->key < KEY_FIRST_WHEN)
        return wide->id == narrow->id;
    return rules_compare_values(wide, narrow) == 0;
}

static bool term_covers(const struct rules_term *wide, const struct rules_term *narrow)
{
    size_t i, j;

    for (i = 0; i < narrow->count; i++) {
        for (j = 0; j < wide->count; j++) {
            if (value_covers(&wide->values[j], &narrow->values[i]))
                break;
        }
        if (j == wide->count)
            return false;
    }
    return true;
}

/* Whether a line holds whenever another one does: each of its keys is one of the other's, and as
 * wide. */
static bool line_covers(
    const struct rules *rules, const struct rules_line *wide, const struct rules_line *narrow)
{
    const unsigned conditions = KEY_BIT(KEY_USER) - 1;
    size_t i;

    if ((wide->keys & conditions & ~narrow->keys) != 0)
        return false;
    if (wide->kind == LINE_ALLOW && narrow->kind == LINE_DENY && rules_line_has_serial(rules, wide))
        return false;
    for (i = wide->term_count; i > 0; i--) {
        const struct rules_term *term = &wide->terms[i - 1];

        if (!term_covers(term, rules_line_term(narrow, term->key)))
            return false;
    }
    /* hours= together with days= begins on another day than without. */
    return (wide->keys & KEY_BIT(KEY_DAYS)) == 0 ||
           ((wide->keys ^ narrow->keys) & KEY_BIT(KEY_HOURS)) == 0;
}

/* What is not known holds for a deny line, and not for a wider line that allows. */
static bool warn_of_line_covered(const struct rules *rules, size_t wide, size_t narrow,
    struct list *warnings, struct error *error)
{
    const unsigned unknown = KEY_BIT(KEY_HOST) | KEY_BIT(KEY_METHOD) | KEY_BIT(KEY_FROM);
    const bool decides_at_times = rules->rules[wide].allow && !rules->rules[narrow].allow &&
                                  (rules->rule_lines[wide]->keys & unknown) != 0;

    return rules_tell(rules, rules->rules[narrow].line, warnings, error,
        decides_at_times
            ? "can decide only when host, method or address is unknown, line %zu is wider"
            : "can never decide, line %zu is wider",
        rules->rules[wide].line);
}

static bool warn_of_covered(const struct rules *rules, struct list *warnings, struct error *error)
{
    size_t i, j, count = rules->rule_count < MAX_COMPARED ? rules->rule_count : MAX_COMPARED;

    for (i = 1; i < count; i++) {
        for (j = 0; j < i; j++) {
            if (line_covers(rules, rules->rule_lines[j], rules->rule_lines[i]))
                break;
        }
        if (j < i && !warn_of_line_covered(rules, j, i, warnings, error))
            return false;
    }
    return true;
}

/* Whether two lines may be about the same host. */
static bool may_share_host(const struct rules_line *one, const struct rules_line *other)
{
    const struct rules_term *hosts = rules_line_term(one, KEY_HOST);
    const struct rules_term *others = rules_line_term(other, KEY_HOST);
    size_t i, j;

    if (hosts == NULL || others == NULL)
        return true;
    for (i = 0; i < hosts->count; i++) {
        for (j = 0; j < others->count; j++) {
            if (hosts->values[i].form != FORM_EXACT || others->values[j].form != FORM_EXACT ||
                rules_compare_values(&hosts->values[i], &others->values[j]) == 0)
                return true;
        }
    }
    return false;
}

/* Whether a line is about all that is below a path. */
static bool is_about_all_below(const struct rules_line *line, const struct rules_value *path)
{
    const struct rules_term *paths = rules_line_term(line, KEY_PATH);
    size_t i;

    for (i = 0; paths != NULL && i < paths->count; i++) {
        if (path_covers(&paths->values[i], path))
            return true;
    }
    return paths == NULL;
}

/* Says so when what is below a path that is denied (`/admin/` below `/admin`) is allowed later. */
static bool warn_of_path_below(const struct rules *rules, size_t denied,
    const struct rules_value *path, struct list *warnings, struct error *error)
{
    const struct rules_line *line = rules->rule_lines[denied];
    size_t i;

    for (i = denied; i < rules->rule_count; i++) {
        const struct rules_line *other = rules->rule_lines[i];

        if (!may_share_host(line, other) || !is_about_all_below(other, path))
            continue;
        if (other->kind == LINE_DENY)
            return true;
        return rules_tell(rules, rules->rules[denied].line, warnings, error,
            "path=%s denies this path alone, and line %zu allows %s/: to deny that too, write "
            "path=%s/",
            path->word, rules->rules[i].line, path->word, path->word);
    }
    return true;
}

static bool warn_of_paths_below(
    const struct rules *rules, struct list *warnings, struct error *error)
{
    size_t i, j, count = rules->rule_count < MAX_COMPARED ? rules->rule_count : MAX_COMPARED;

    for (i = 0; i < count; i++) {
        const struct rules_line *line = rules->rule_lines[i];
        const struct rules_term *paths = rules_line_term(line, KEY_PATH);

        for (j = 0; line->kind == LINE_DENY && paths != NULL && j < paths->count; j++) {
            if (paths->values[j].form == FORM_EXACT &&
                !warn_of_path_below(rules, i, &paths->values[j], warnings, error))
                return false;
        }
    }
    return true;
}

static bool warn_of_unused(const struct rules *rules, const char *what,
    const struct rules_named *named, size_t count, struct list *warnings, struct error *error)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (!named[i].used && !rules_tell(rules, named[i].first_line, warnings, error,
                                  "%s '%s' is not used", what, named[i].name))
            return false;
    }
    return true;
}

static bool warn_of_past(
    const struct rules *rules, time_t now, struct list *warnings, struct error *error)
{
    size_t i;

    for (i = 0; i < rules->rule_count; i++) {
        const struct rules_term *until = rules_line_term(rules->rule_lines[i], KEY_UNTIL);

        if (until != NULL && until->values[0].low <= (int64_t)now &&
            !rules_tell(rules, rules->rules[i].line, warnings, error, "until= has passed"))
            return false;
    }
    return true;
}

bool rules_warn(const struct rules *rules, time_t now, struct list *warnings, struct error *error)
{
    if (warnings == NULL)
        return true;
    if (rules->kinds[LINE_ALLOW] == 0 &&
        !rules_tell(rules, 0, warnings, error, "no line allows anybody"))
        return false;
    return warn_of_covered(rules, warnings, error) && warn_of_paths_below(rules, warnings, error) &&
           warn_of_unused(rules, "group", rules->groups, rules->group_count, warnings, error) &&
           warn_of_unused(rules, "map", rules->maps, rules->map_count, warnings, error) &&
           warn_of_past(rules, now, warnings, error);
}
