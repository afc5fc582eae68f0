/* SPDX-License-Identifier: ISC */
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

void expect_for(const char *rule, const struct pki_spec *spec, const char *wanted)
{
    char text[2048], words[700];

    (void)snprintf(text, sizeof(text), ACME "%s", rule);
    world_decide_made(text, spec, words);
    cr_expect_str_eq(words, wanted, "%s, %s: expected %s, came %s", rule,
        spec->extensions[0] != NULL ? spec->extensions[0] : "", wanted, words);
}

void try_names(const struct names_row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        char extension[2048];
        const struct pki_spec spec = {.extensions = {extension}};

        (void)snprintf(extension, sizeof(extension), "subjectAltName=%s", rows[i].names);
        expect_for(rows[i].rule, &spec, rows[i].wanted);
    }
}

void try_doubts(const struct doubt_row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct names_row row = {
            .names = rows[i].names, .wanted = rows[i].denied ? "no 2" : "yes 3 x"};
        char rule[2048];

        (void)snprintf(rule, sizeof(rule), "deny %s\nallow any user=x", rows[i].value);
        row.rule = rule;
        try_names(&row, 1);
        (void)snprintf(rule, sizeof(rule), "allow %s user=x", rows[i].value);
        row.wanted = "no no_rule";
        try_names(&row, 1);
    }
}
