/* SPDX-License-Identifier: ISC */
#include "rules/rules_asked.h"
#include "rules/rules_resolve.h"

#include <string.h>

/* With so many rules whose identity part holds, or fewer, each is looked at; with more, those of
 * the request's host and path are searched for. */
#define FEW_RULES 48

/* The first rule that holds, so far. */
struct search {
    const struct rules *rules;
    const struct rules_subject *subject;
    const struct rules_asked *asked;
    size_t best;  /* rule_count: none */
    bool was_old; /* an allow line holds but for revocation= */
};

/* Looks at one rule; true when it holds. */
static bool try_rule(struct search *search, size_t index)
{
    const struct rules_line *line = search->rules->rule_lines[index];

    switch (rules_when_holds(line, search->asked)) {
    case RULES_HOLDS:
        search->best = index;
        return true;
    case RULES_HOLDS_BUT_OLD:
        if (line->kind == LINE_ALLOW)
            search->was_old = true;
        return false;
    case RULES_HOLDS_NOT:
    default:
        return false;
    }
}

static void search_all(struct search *search)
{
    size_t word, words = (search->rules->rule_count + 63) / 64;

    for (word = 0; word < words; word++) {
        uint64_t bits = search->subject->met[word];

        for (; bits != 0; bits &= bits - 1) {
            if (try_rule(search, word * 64 + (size_t)__builtin_ctzll(bits)))
                return;
        }
    }
}

/* The places are sorted by host, then by path. Finds where those of this host begin (or end, with
 * `after`), or within those of one host those of this path. */
static size_t bound(const struct search *search, size_t begin, size_t end, bool by_host,
    const struct rules_value *value, bool after)
{
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        const struct rules_place *place = &search->rules->places[middle];
        int order = rules_compare_values(by_host ? place->host : place->path, value);

        if (order < 0 || (after && order == 0))
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* Tries the rules of one path, within the places of one host, in their order. */
static void search_path(
    struct search *search, size_t begin, size_t end, const struct rules_value *path)
{
    const struct rules_place *places = search->rules->places;

    begin = bound(search, begin, end, false, path, false);
    for (; begin < end && rules_compare_values(places[begin].path, path) == 0; begin++) {
        size_t rule = places[begin].rule;

        if (rule >= search->best)
            return;
        if (RULES_BIT(search->subject->met, rule) != 0 && try_rule(search, rule))
            return;
    }
}

/* Every path that a rule could have: none, this one, and the folders that it is in. */
static void search_host(struct search *search, const struct rules_value *host)
{
    const struct request_path *path = &search->asked->path;
    const size_t begin = bound(search, 0, search->rules->place_count, true, host, false);
    const size_t end = bound(search, begin, search->rules->place_count, true, host, true);
    struct rules_value value = {.form = FORM_EXACT,
        .bytes = {.data = (unsigned char *)(uintptr_t)path->text, .length = path->length}};
    size_t i, depth = 0;

    if (begin == end)
        return;
    search_path(search, begin, end, NULL);
    if (!search->asked->has_path)
        return;
    search_path(search, begin, end, &value);
    value.form = FORM_FOLDER;
    for (i = 0; i <= path->length && depth <= search->rules->path_depth; i++) {
        if (i < path->length && path->text[i] != '/')
            continue;
        value.bytes.length = i;
        search_path(search, begin, end, &value);
        depth++;
    }
}

static void search_places(struct search *search)
{
    const char *host = search->asked->host, *dot;
    struct rules_value value = {.form = FORM_EXACT};

    search_host(search, NULL);
    if (!search->asked->has_host)
        return;
    value.bytes = (struct bytes){.data = (unsigned char *)(uintptr_t)host, .length = strlen(host)};
    search_host(search, &value);
    dot = host[0] == '[' ? NULL : strchr(host, '.');
    if (dot == NULL)
        return;
    value.form = FORM_DOMAIN;
    value.bytes =
        (struct bytes){.data = (unsigned char *)(uintptr_t)(dot + 1), .length = strlen(dot + 1)};
    search_host(search, &value);
}

static void settle(const struct search *search, struct rules_decision *decision)
{
    const struct rules *rules = search->rules;

    if (search->best == rules->rule_count) {
        decision->reason = search->was_old ? RULES_REVOCATION_OLD : RULES_NO_RULE;
        return;
    }
    decision->rule = &rules->rules[search->best];
    decision->reason = RULES_RULE;
    if (!decision->rule->allow)
        return;
    decision->allowed = rules_user(rules, search->subject, search->best, decision->user);
    if (!decision->allowed)
        decision->reason = RULES_NO_USER_NAME;
}

static void refuse(struct rules_decision *decision, enum rules_reason reason)
{
    decision->allowed = false;
    decision->reason = reason;
    decision->rule = NULL;
    decision->user[0] = '\0';
}

static void search_rules(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_asked *asked, struct rules_decision *decision)
{
    struct search search = {
        .rules = rules, .subject = subject, .asked = asked, .best = rules->rule_count};

    /* A deny line for any host holds when none is known. */
    if (subject->met_count <= FEW_RULES || (rules->has_host && !asked->has_host))
        search_all(&search);
    else
        search_places(&search);
    settle(&search, decision);
}

/* What is allowed must be allowed as the path that asked has now, too, and to the same user. */
static void search_again(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_asked *asked, struct rules_decision *decision)
{
    struct rules_decision again;

    refuse(&again, RULES_NO_RULE);
    search_rules(rules, subject, asked, &again);
    if (!again.allowed)
        *decision = again;
    else if (strcmp(again.user, decision->user) != 0)
        refuse(decision, RULES_AMBIGUOUS_PATH);
}

/* A deny line holds, too, for what is left when encoded slashes are decoded and slashes merged. */
static void search_plain(const struct rules *rules, const struct rules_subject *subject,
    struct rules_asked *asked, struct rules_decision *decision)
{
    const struct request_path path = asked->path;
    struct rules_decision plain;

    if (!request_path_make_plain(&asked->path))
        return;
    refuse(&plain, RULES_NO_RULE);
    search_rules(rules, subject, asked, &plain);
    if (plain.rule != NULL && !plain.rule->allow)
        *decision = plain;
    asked->path = path;
}

/* A path may be understood in other ways: plain, without what is behind a ? or # that was encoded,
 * and in a second one. */
static void search_other_paths(const struct rules *rules, const struct rules_subject *subject,
    struct rules_asked *asked, struct rules_decision *decision)
{
    const bool literal = rules->encoded_slash_literal || rules->double_slash_literal;

    if (decision->allowed && literal)
        search_plain(rules, subject, asked, decision);
    if (decision->allowed && request_path_cut(&asked->path)) {
        search_again(rules, subject, asked, decision);
        search_other_paths(rules, subject, asked, decision);
    } else if (decision->allowed && asked->has_second_path) {
        asked->path = asked->second_path;
        asked->has_second_path = false;
        search_again(rules, subject, asked, decision);
        search_other_paths(rules, subject, asked, decision);
    }
}

void rules_decide(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_request *request, struct rules_decision *decision)
{
    struct rules_asked asked;

    refuse(decision, RULES_NO_RULE);
    rules_asked_read(rules, request, &asked);
    if (rules->has_path && !asked.has_path) {
        decision->reason = RULES_AMBIGUOUS_PATH;
        return;
    }
    /* A host that is none could be understood as any. */
    if (rules->has_host && asked.unreadable_host)
        return;
    search_rules(rules, subject, &asked, decision);
    if (asked.has_path)
        search_other_paths(rules, subject, &asked, decision);
}

bool rules_concerns(const struct rules *rules, size_t index, const struct rules_request *request)
{
    const struct rules_line *line = rules->rule_lines[index];
    struct rules_asked asked;
    size_t i;

    rules_asked_read(rules, request, &asked);
    for (i = line->who_count; i < line->term_count; i++) {
        const enum rules_key key = line->terms[i].key;
        bool given = (key == KEY_HOST && request->host != NULL) ||
                     (key == KEY_PATH && request->raw_path != NULL) ||
                     (key == KEY_METHOD && request->method != NULL) ||
                     (key == KEY_FROM && request->remote_address != NULL);

        if (given && !rules_term_holds(line, &line->terms[i], &asked))
            return false;
    }
    return true;
}

const char *rules_unknown_key(
    const struct rules *rules, size_t index, const struct rules_request *request)
{
    const struct rules_line *line = rules->rule_lines[index];
    struct rules_asked asked;
    size_t i;

    rules_asked_read(rules, request, &asked);
    for (i = line->who_count; i < line->term_count; i++) {
        if (rules_key_is_unknown(line->terms[i].key, &asked))
            return rules_key_name(line->terms[i].key);
    }
    return NULL;
}
