/* SPDX-License-Identifier: ISC */
#include "config/config_options.h"

#include <criterion/criterion.h>
#include <string.h>

Test(config_options, each_row_has_a_name_of_its_own_help_and_what_its_kind_needs)
{
    size_t i, j;

    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        cr_expect_eq(strspn(option->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
            strlen(option->name), "%s", option->name);
        cr_expect_not_null(option->help, "%s", option->name);
        cr_expect_lt(strlen(option->name), 64);
        cr_expect_lt(option->offset, sizeof(struct config), "%s", option->name);
        cr_expect_eq(option->argument == NULL, option->kind == OPTION_FLAG, "%s", option->name);
        cr_expect_eq(option->choices != NULL, option->kind == OPTION_CHOICE, "%s", option->name);
        cr_expect(
            option->kind != OPTION_NUMBER || option->least < option->most, "%s", option->name);
        for (j = 0; j < i; j++) {
            cr_expect_str_neq(option->name, config_options[j].name);
            cr_expect_neq(option->offset, config_options[j].offset, "%s and %s", option->name,
                config_options[j].name);
        }
    }
}

Test(config_options, each_default_is_within_its_bounds)
{
    size_t i;

    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        const char *field = (const char *)&config_defaults + option->offset;
        int number;

        if ((option->kind != OPTION_NUMBER && option->kind != OPTION_MODE) ||
            strcmp(option->name, "xfcc-hop") == 0) /* -1: not given */
            continue;
        memcpy(&number, field, sizeof(number));
        cr_expect(
            number >= option->least && number <= option->most, "%s: %d", option->name, number);
    }
}

Test(config_options, what_is_about_a_request_is_known_by_its_whole_name)
{
    static const struct {
        const char *name;
        size_t length;
        bool wanted;
    } cases[] = {{"HOST", 4, true}, {"PATH", 4, true}, {"METHOD", 6, true}, {"AGAIN", 5, true},
        {"DECISION", 8, true}, {"PAGE", 4, true}, {"PAGE=report", 4, true}, {"PAGES", 5, false},
        {"PAG", 3, false}, {"CA", 2, false}, {"FROM", 4, false}, {"", 0, false}};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(config_is_of_request(cases[i].name, cases[i].length), cases[i].wanted, "%s",
            cases[i].name);
}
