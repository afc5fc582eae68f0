/* SPDX-License-Identifier: ISC */
#include "rules/rules_uri_path.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
    const char *given, *wanted;
};

/* In memory of just that size. */
static void expect(
    size_t (*change)(char *text, size_t length), const struct row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const size_t length = strlen(rows[i].given);
        char *text = malloc(length + 1); /* one byte at least */
        size_t changed;

        memcpy(text, rows[i].given, length);
        changed = change(text, length);
        cr_expect(changed == strlen(rows[i].wanted) && memcmp(text, rows[i].wanted, changed) == 0,
            "%s: expected %s, came %.*s", rows[i].given, rows[i].wanted, (int)changed, text);
        free(text);
    }
}

#define EXPECT(change, rows) expect(change, rows, sizeof(rows) / sizeof((rows)[0]))

Test(rules_uri_path, escapes_are_decoded_once_and_what_is_none_stays)
{
    static const struct row rows[] = {{"", ""}, {"a", "a"}, {"%61", "a"}, {"%6A%6a", "jj"},
        {"%2561", "%61"}, {"%", "%"}, {"%6", "%6"}, {"%6g", "%6g"}, {"%g1", "%g1"}, {"a%", "a%"},
        {"%%61", "%a"}, {"%c3%A9", "\xc3\xa9"}};

    EXPECT(rules_uri_decode, rows);
}

Test(rules_uri_path, dots_and_empty_segments_are_resolved_and_no_slash_is_left_at_the_end)
{
    static const struct row rows[] = {{"", ""}, {"/", ""}, {"/a", "/a"}, {"/a/", "/a"},
        {"//a//b//", "/a/b"}, {"/a/./b", "/a/b"}, {"/a/.", "/a"}, {"/.", ""}, {"/a/../b", "/b"},
        {"/a/b/..", "/a"}, {"/..", ""}, {"/../../a", "/a"}, {"/a/..b", "/a/..b"},
        {"/a/...", "/a/..."}, {"\\a\\b", "/a/b"}, {"/a\\..\\b", "/b"}, {"/.a", "/.a"}};

    EXPECT(rules_uri_resolve, rows);
}

Test(rules_uri_path, a_path_is_settled_without_its_query_or_fragment)
{
    static const struct row rows[] = {{"", ""}, {"?a", ""}, {"/a?b/../c", "/a"}, {"/a#b", "/a"},
        {"/a#b?c", "/a"}, {"/a%3Fb", "/a?b"}, {"/a/%2e%2E/b/", "/b"}, {"/a%2Fb", "/a/b"},
        {"/%252e/a", "/%2e/a"}};

    EXPECT(rules_uri_settle, rows);
}

Test(rules_uri_path, the_query_or_fragment_is_no_part_of_the_length)
{
    cr_expect_eq(rules_uri_path_length("/a", 2), 2);
    cr_expect_eq(rules_uri_path_length("/a?b", 4), 2);
    cr_expect_eq(rules_uri_path_length("/a#b", 4), 2);
    cr_expect_eq(rules_uri_path_length("?", 1), 0);
    cr_expect_eq(rules_uri_path_length("/a?", 2), 2);
}
