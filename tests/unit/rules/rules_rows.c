/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void try_row(const char *text, const struct row *row)
{
    char words[700];
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);

    cr_assert_not_null(rules, "%s\n%s", row->rules, error.text);
    world_decide(rules, row->who, row->asked, words);
    cr_expect_str_eq(words, row->wanted, "%s\n%s asks %s: expected %s, came %s", row->rules,
        row->who, row->asked, row->wanted, words);
    rules_release(rules);
}

#define MANY 60

void try_rows(const char *before, const struct row *rows, size_t count)
{
    size_t i, j;

    for (i = 0; i < count; i++) {
        char text[8192];
        size_t length = (size_t)snprintf(text, sizeof(text), "%s%s", before, rows[i].rules);

        try_row(text, &rows[i]);
        for (j = 0; j < MANY; j++)
            length += (size_t)snprintf(text + length, sizeof(text) - length,
                "\nallow any user=u method=M%c", (char)('A' + j % 26));
        cr_assert_lt(length, sizeof(text));
        try_row(text, &rows[i]);
    }
}

void expect_rules_refused(const char *text, const char *wanted)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);
    const char *came = strstr(error.text, "access.rules");
    size_t length = strlen(wanted);

    cr_assert_null(rules, "%s was taken", text);
    cr_assert_not_null(came, "%s: %s", text, error.text);
    came += strlen("access.rules");
    if (wanted[length - 1] == '*')
        cr_expect(
            strncmp(came, wanted, length - 1) == 0, "%s: expected %s, came %s", text, wanted, came);
    else
        cr_expect_str_eq(came, wanted, "%s: expected %s, came %s", text, wanted, came);
    cr_expect_eq(
        error.kind, strstr(text, "missing") != NULL ? ERROR_FILE : ERROR_INPUT, "%s", text);
}

void expect_rules_taken_or(const char *text, const char *wanted)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    if (wanted != NULL) {
        expect_rules_refused(text, wanted);
        return;
    }
    rules = world_rules(text, NULL, &error);
    cr_expect_not_null(rules, "%s: %s", text, error.text);
    rules_release(rules);
}

void expect_rules_refusals(const struct refusal *refusals, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        expect_rules_refused(refusals[i].text, refusals[i].wanted);
}

void expect_terms_refused(const char *const *terms, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        char text[512];

        (void)snprintf(text, sizeof(text), ACME "allow issuer=acme user=x %s", terms[i]);
        expect_rules_refused(text, ":2: *");
    }
}
