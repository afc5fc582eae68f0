/* SPDX-License-Identifier: ISC */
#include "rules/rules_asked.h"
#include "rules/rules_doubt.h"
#include "rules/rules_line.h"
#include "rules/rules_resolve.h"
#include "rules/rules_values.h"

#include <string.h>

/* user=* needs one key of which every value has a `*`. */
static bool has_star(const struct rules_line *line)
{
    size_t i, j, keys = 0;

    for (i = 0; i < line->who_count; i++) {
        const struct rules_term *term = &line->terms[i];
        size_t patterns = 0;

        if (!rules_key_has_patterns(term->key))
            continue;
        for (j = 0; j < term->count; j++)
            patterns += term->values[j].form != FORM_EXACT;
        if (patterns > 0 && patterns < term->count)
            return false;
        keys += patterns > 0;
    }
    return keys == 1;
}

static bool check_user(
    const struct rules *rules, const struct rules_line *line, struct error *error)
{
    const struct rules_term *group = rules_line_term(line, KEY_GROUP);
    size_t i;

    if (line->user.kind == USER_STAR && !has_star(line))
        return rules_refuse(rules, line->number, error,
            "user=* needs one key of which every value has a `*`, such as email=*@acme.example");
    if (line->kind != LINE_ALLOW || line->user.kind != USER_DEFAULT ||
        rules_line_names_somebody(rules, line))
        return true;
    if (line->any)
        return rules_refuse(rules, line->number, error, "'any' names nobody: say user=");
    for (i = 0; group != NULL && i < group->count; i++) {
        if (!rules->groups[group->values[i].id].names_somebody)
            return rules_refuse(rules, line->number, error,
                "group '%s' has a line that names nobody: say user=", group->values[i].word);
    }
    return rules_refuse(rules, line->number, error, "this line names nobody: say user=");
}

static bool check_dates(
    const struct rules *rules, const struct rules_line *line, struct error *error)
{
    const struct rules_term *since = rules_line_term(line, KEY_SINCE);
    const struct rules_term *until = rules_line_term(line, KEY_UNTIL);

    return since == NULL || until == NULL || until->values[0].low > since->values[0].low ||
           rules_refuse(rules, line->number, error, "until= is before since=");
}

/* Requests for such a path are refused before any rule: a deny line would seem to protect it. */
static bool check_path(const struct rules *rules, const struct rules_line *line,
    const struct rules_value *value, struct error *error)
{
    struct request_path path;
    struct request_path_options options = rules_path_options(rules);
    bool slash;

    if (request_path_read(value->word, &options, &path))
        return true;
    options.encoded_slash_literal = true;
    slash = request_path_read(value->word, &options, &path);
    return rules_refuse(rules, line->number, error,
        "path=%.100s: never holds, since paths with %s are refused; write one /, or the line 'set "
        "%s literal'",
        value->word, slash ? "an encoded slash" : "two slashes",
        slash ? "encoded-slash" : "double-slash");
}

/* A URI that is written oddly would be passed by the same one in its plain form. */
static bool check_denied_uri(const struct rules *rules, const struct rules_line *line,
    const struct rules_value *value, struct error *error)
{
    static const char *const stars[] = {[FORM_SEGMENT] = "/*", [FORM_BELOW] = "/**"};
    char plain[RULES_MAX_LINE + 1];

    if (!rules_uri_make_plain(value, plain))
        return rules_refuse(rules, line->number, error,
            "uri=%.100s: to be denied, a URI has two slashes before its host, no spaces, control "
            "characters or backslashes, and ASCII alone before its path",
            value->word);
    return (strlen(plain) == value->bytes.length &&
               memcmp(plain, value->bytes.data, value->bytes.length) == 0) ||
           rules_refuse(rules, line->number, error,
               "uri=%.100s: to be denied, it is written uri=%.100s%s, which holds for both",
               value->word, plain, value->form != FORM_EXACT ? stars[value->form] : "");
}

/* RFC 5321 section 4.1.3. Who has one in a certificate is denied by any mail address. */
static bool is_address_literal(const char *host)
{
    return host[0] == '[' && host[strlen(host) - 1] == ']';
}

/* A host that is written oddly would be passed by the same one as DNS has it. */
static bool check_denied_mailbox(const struct rules *rules, const struct rules_line *line,
    const struct rules_value *value, struct error *error)
{
    const char *host = strrchr(value->word, '@') + 1; /* it has one: rules_values.c */

    if (rules_host_is_plain(host, strlen(host)) || is_address_literal(host))
        return true;
    return rules_refuse(rules, line->number, error,
        "%.100s: to be denied, a host is letters, digits and hyphens, with one dot between labels, "
        "none at its end, and no full-width characters",
        value->word);
}

typedef bool (*value_check)(const struct rules *rules, const struct rules_line *line,
    const struct rules_value *value, struct error *error);

static bool check_each(const struct rules *rules, const struct rules_line *line, enum rules_key key,
    value_check check, struct error *error)
{
    const struct rules_term *term = rules_line_term(line, key);
    size_t i;

    for (i = 0; term != NULL && i < term->count; i++) {
        if (!check(rules, line, &term->values[i], error))
            return false;
    }
    return true;
}

static bool check_denied(
    const struct rules *rules, const struct rules_line *line, struct error *error)
{
    if (line->kind != LINE_DENY && (line->kind != LINE_GROUP || !rules->groups[line->owner].denied))
        return true;
    return check_each(rules, line, KEY_URI, check_denied_uri, error) &&
           check_each(rules, line, KEY_EMAIL, check_denied_mailbox, error) &&
           check_each(rules, line, KEY_UPN, check_denied_mailbox, error);
}

static void mark_denied(struct rules *rules, const struct rules_line *line)
{
    const struct rules_term *term = rules_line_term(line, KEY_GROUP);
    size_t i;

    for (i = 0; term != NULL && i < term->count; i++)
        rules->groups[term->values[i].id].denied = true;
}

/* Groups that are made of others come before these, from the end of their order. */
static void mark_denied_groups(struct rules *rules)
{
    size_t i, j;

    for (i = 0; i < rules->line_count; i++) {
        if (rules->lines[i].kind == LINE_DENY)
            mark_denied(rules, &rules->lines[i]);
    }
    for (i = rules->group_count; i > 0; i--) {
        const struct rules_named *group = &rules->groups[rules->group_order[i - 1]];

        for (j = 0; group->denied && j < group->count; j++)
            mark_denied(rules, &rules->lines[group->lines[j]]);
    }
}

bool rules_check_lines(struct rules *rules, struct error *error)
{
    size_t i;

    mark_denied_groups(rules);
    for (i = 0; i < rules->line_count; i++) {
        const struct rules_line *line = &rules->lines[i];

        if (!check_user(rules, line, error) || !check_dates(rules, line, error) ||
            !check_each(rules, line, KEY_PATH, check_path, error) ||
            !check_denied(rules, line, error))
            return false;
    }
    return true;
}
