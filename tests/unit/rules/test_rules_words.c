/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "rules/rules_words.h"

#include <criterion/criterion.h>
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
