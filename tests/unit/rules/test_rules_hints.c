/* SPDX-License-Identifier: ISC */
#include "rules/rules_hints.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const keys[] = {"email", "issuer", "path", NULL};

Test(rules_hints, a_word_that_is_none_is_told_with_what_it_may_have_been)
{
    static const struct {
        const char *word, *wanted;
    } rows[] = {
        {"emial", "'emial' is no key; did you mean 'email'?"},
        {"EMAIL", "'EMAIL' is no key; did you mean 'email'?"},
        {"colour", "'colour' is no key"},
        {"email!", "'email!' is no key: there is no negation, write a deny line above"},
        {"", "'' is no key"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {.kind = ERROR_NONE};

        cr_expect_not(rules_refuse_word(&error, rows[i].word, "key", keys));
        cr_expect_eq(error.kind, ERROR_INPUT);
        cr_expect_str_eq(error.text, rows[i].wanted);
    }
}

Test(rules_hints, a_word_without_a_value_is_told_with_what_goes_wrong_most)
{
    static const struct {
        const char *word, *wanted;
    } rows[] = {
        {"\\", "'\\' is no key=value: a rule is one line"},
        {"*", "'*' is no key=value: everybody is `any`"},
        {"email", "'email' is no key=value (no spaces beside = and commas)"},
        {"Path", "'Path' is no key=value (no spaces beside = and commas)"},
        {"dan", "'dan' is no key=value"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {.kind = ERROR_NONE};

        cr_expect_not(rules_refuse_loose_word(&error, rows[i].word, keys));
        cr_expect_eq(error.kind, ERROR_INPUT);
        cr_expect_str_eq(error.text, rows[i].wanted);
    }
}

Test(rules_hints, a_long_word_is_cut)
{
    char word[200];
    struct error error = {.kind = ERROR_NONE};

    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    cr_expect_not(rules_refuse_loose_word(&error, word, keys));
    cr_expect_eq(strlen(error.text), 64 + strlen("'' is no key=value"));
}
