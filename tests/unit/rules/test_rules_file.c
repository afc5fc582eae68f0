/* SPDX-License-Identifier: ISC */
#include "rules/rules_file.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(rules_file, .init = rules_world_make, .fini = rules_world_free);

Test(rules_file, a_file_is_text_of_bounded_size)
{
    static char text[RULES_MAX_LINES * 2 + 64];
    char line[RULES_MAX_LINE + 16];
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    expect_rules_refused("# \x01", ":1: has a control or invisible character (U+0001)");
    expect_rules_refused("# \xe2\x80\xae", ":1: has a control or invisible character (U+202E)");
    expect_rules_refused(
        "\xef\xbb\xbf# x", ":1: begins with a byte order mark: save the file as UTF-8 without one");
    expect_rules_refused("#\xef\xbb\xbf", ":1: has a control or invisible character (U+FEFF)");
    expect_rules_refused("\n\xef\xbb\xbf# x", ":2: has a control or invisible character (U+FEFF)");
    expect_rules_refused("\n# \xff", ":2: is not UTF-8");
    memset(line, '#', RULES_MAX_LINE + 1);
    line[RULES_MAX_LINE + 1] = '\0';
    expect_rules_refused(line, ":1: the line is longer than 4096 bytes");
    line[RULES_MAX_LINE] = '\0';
    rules = world_rules(line, NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    memset(text, '\n', RULES_MAX_LINES);
    rules = world_rules(text, NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    strcpy(text + RULES_MAX_LINES, "#");
    expect_rules_refused(text, ":10001: more than 10000 lines");
}

Test(rules_file, what_stands_behind_the_text_is_no_line_of_it)
{
    static unsigned char text[RULES_MAX_LINES + 1];
    const struct bytes bytes = {.data = text, .length = RULES_MAX_LINES};
    struct list files = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    memset(text, '\n', sizeof(text));
    rules = rules_make("r", &bytes, world_trust, &files, NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    list_free(&files);
}
