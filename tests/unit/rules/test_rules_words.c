/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "rules/rules_words.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The words of a line, `[key=value|value]` each; the error's words when it is refused. */
static void read_line(const char *line, struct text *came)
{
    struct rules_arena arena = {.chunks = NULL};
    struct error error = {0};
    struct rules_word word = {.key = NULL};
    size_t i;

    while (rules_word_next(&line, &arena, &word, &error) && word.key != NULL) {
        text_printf(came, "[%s%s", word.key, word.has_equals ? "=" : "");
        for (i = 0; i < word.count; i++)
            text_printf(came, "%s%s", i > 0 ? "|" : "", word.values[i]);
        text_append_string(came, "]");
    }
    if (error.kind != ERROR_NONE)
        text_append_string(came, "refused");
    text_append_string(came, "");
    rules_arena_free(&arena);
}

/* Whether a value that begins so is refused. */
static void expect_refused(const char *beginning, bool refused)
{
    struct text came = {.limit = 0};
    char line[64];

    (void)snprintf(line, sizeof(line), "allow cn=%sa", beginning);
    read_line(line, &came);
    cr_expect_eq(
        strstr(text_string(&came), "refused") != NULL, refused, "%s: %s", line, text_string(&came));
    text_free(&came);
}

Test(rules_words, a_line_is_words_with_their_values_up_to_a_comment)
{
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"", ""},
        {"# allow any", ""},
        {"allow any", "[allow][any]"},
        {"\tallow  any # x", "[allow][any]"},
        {"allow cn=a,b ou=c", "[allow][cn=a|b][ou=c]"},
        {"allow cn=\"a b\",c", "[allow][cn=a b|c]"},
        {"allow cn=\"a \\\" \\\\ # ,\"", "[allow][cn=a \" \\ # ,]"},
        {"allow cn=\"a", "[allow]refused"},
        {"allow cn=\"a\"b", "[allow]refused"},
        {"allow cn=", "[allow]refused"},
        {"allow cn=a,", "[allow]refused"},
        {"allow cn=a#b", "[allow]refused"},
        {"allow cn=a\\b", "[allow]refused"},
        {"allow cn=\"\\n\"", "[allow]refused"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text came = {.limit = 0};

        read_line(rows[i].line, &came);
        cr_expect_str_eq(text_string(&came), rows[i].words, "%s: expected %s, came %s",
            rows[i].line, rows[i].words, text_string(&came));
        text_free(&came);
    }
}

Test(rules_words, spaces_and_quotes_that_only_look_right_are_refused)
{
    /* U+00A0, 1680, 2000, 200A, 202F, 205F, 2800, 3000, 13441, 13442, 16FE4, 1D159. */
    static const char *const spaces[] = {"\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe2\xa0\x80", "\xe3\x80\x80", "\xf0\x93\x91\x81",
        "\xf0\x93\x91\x82", "\xf0\x96\xbf\xa4", "\xf0\x9d\x85\x99"};
    /* U+0027, AB, BB, 2018, 201F. */
    static const char *const quotes[] = {
        "'", "\xc2\xab", "\xc2\xbb", "\xe2\x80\x98", "\xe2\x80\x9f"};
    /* U+00A1, 1681, 1FFF, 200D, 2017, 2020, 2030, 205E, 27FF, 2801, 2FFF, 3001, 13440, 13443,
     * 16FE3, 1D158, 1D15A. */
    static const char *const others[] = {"\xc2\xa1", "\xe1\x9a\x81", "\xe1\xbf\xbf", "\xe2\x80\x8d",
        "\xe2\x80\x97", "\xe2\x80\xa0", "\xe2\x80\xb0", "\xe2\x81\x9e", "\xe2\x9f\xbf",
        "\xe2\xa0\x81", "\xe2\xbf\xbf", "\xe3\x80\x81", "\xf0\x93\x91\x80", "\xf0\x93\x91\x83",
        "\xf0\x96\xbf\xa3", "\xf0\x9d\x85\x98", "\xf0\x9d\x85\x9a"};
    size_t i;

    for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        expect_refused(spaces[i], true);
    for (i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
        expect_refused(quotes[i], true);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        expect_refused(others[i], false);
}

Test(rules_words, names_have_64_letters_digits_and_marks_at_the_most)
{
    char name[66];

    memset(name, 'a', sizeof(name));
    name[65] = '\0';
    cr_expect(rules_is_name("a-b_c.9"));
    cr_expect_not(rules_is_name(""));
    cr_expect_not(rules_is_name("a b"));
    cr_expect_not(rules_is_name("\xc3\xa4"));
    cr_expect_not(rules_is_name(name));
    name[64] = '\0';
    cr_expect(rules_is_name(name));
}
