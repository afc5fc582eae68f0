/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_many, .init = rules_world_make, .fini = rules_world_free);

/* Who asks for what, and what comes out. */
struct row {
    const char *who;
    const char *asked;
    const char *wanted;
};

static void try_row(const char *text, const struct row *row)
{
    char words[700];
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);

    cr_assert_not_null(rules, "%s\n%s", text, error.text);
    world_decide(rules, row->who, row->asked, words);
    cr_expect_str_eq(words, row->wanted, "%s\n%s asks %s: expected %s, came %s", text, row->who,
        row->asked, row->wanted, words);
    rules_release(rules);
}

#define MANY 60

/* Of many lines the first that holds counts, wherever it is found. */
Test(rules_many, of_many_lines_the_first_that_holds_counts)
{
    static const char *const places[] = {"", " host=a.example", " path=/a/b", " path=/a/",
        " path=/", " host=a.example path=/a/b", " host=*.example path=/a/", " host=*.example",
        " host=b.example,a.example path=/a/b,/c"};
    static const char *const keys[] = {"deny any", "allow any user=x"};
    enum { PLACES = sizeof(places) / sizeof(places[0]) };
    size_t first, second, i;

    for (first = 0; first < PLACES; first++) {
        for (second = 0; second < PLACES; second++) {
            char text[8192];
            const struct row rows[] = {{"eve", "GET a.example /a/b", "no 1"}};
            size_t length = (size_t)snprintf(
                text, sizeof(text), "%s%s\n%s%s", keys[0], places[first], keys[1], places[second]);

            for (i = 0; i < MANY; i++)
                length += (size_t)snprintf(text + length, sizeof(text) - length,
                    "\nallow any user=u host=h%zu.example path=/p%zu/q%s", i % 9, i % 7,
                    i % 2 == 0 ? "/" : "");
            try_row(text, rows);
        }
    }
}

/* More pairs of hosts and paths than a line is found by. */
Test(rules_many, a_line_with_many_hosts_and_paths_is_found)
{
    char text[8192] = "allow any user=x host=a.example,b.example,c.example,d.example,e.example,*.f "
                      "path=/1,/2,/3/,/4";
    static const struct row rows[] = {{"eve", "GET a.example /1", "yes 1 x"},
        {"eve", "GET x.f /3/y", "yes 1 x"}, {"eve", "GET x.g /3/y", "no no_rule"},
        {"eve", "GET e.example /5", "no no_rule"}};
    size_t i, length = strlen(text);

    for (i = 0; i < MANY; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length,
            "\nallow any user=u method=M%c", (char)('A' + i % 26));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(text, &rows[i]);
}

/* Thousands of lines, of which the last decides. */
Test(rules_many, a_long_file_is_taken_whole)
{
    enum { LINES = 4000 };
    static char text[LINES * 40 + 64];
    const struct row row = {"eve", "GET h /", "no 4001"};
    size_t i, length = 0;

    for (i = 0; i < LINES; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length,
            "allow any user=u%zu method=M%c\n", i, (char)('A' + i % 26));
    (void)snprintf(text + length, sizeof(text) - length, "deny any");
    try_row(text, &row);
}

Test(rules_many, days_and_hours_before_1970_count_too)
{
    static const struct {
        const char *when;
        time_t now;
        bool holds;
    } rows[] = {{"days=wed hours=23:59-24:00", -1, true}, {"days=thu", -1, false},
        {"days=thu hours=00:00-00:01", 0, true}, {"days=wed hours=00:00-00:01", -86400, true},
        {"days=sun", -4 * 86400, true}, {"days=sat", -4 * 86400 - 1, true}};
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate("eve", &proven);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[128];
        struct rules *rules;
        struct rules_subject *subject;
        struct rules_decision decision;
        const struct rules_request request = {.host = "", .now = rows[i].now};

        (void)snprintf(text, sizeof(text), "allow any user=x %s", rows[i].when);
        rules = world_rules(text, NULL, NULL);
        subject = rules_subject_new(rules, leaf, proven, NULL);
        rules_decide(rules, subject, &request, &decision);
        cr_expect_eq(decision.allowed, rows[i].holds, "%s at %lld", text, (long long)rows[i].now);
        rules_subject_free(subject);
        rules_release(rules);
    }
    sk_X509_free(proven);
}
