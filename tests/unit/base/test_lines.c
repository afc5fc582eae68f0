/* SPDX-License-Identifier: ISC */
#include "base/lines.h"

#include <criterion/criterion.h>
#include <string.h>

/* What comes of a text, line by line, into a buffer of 6 bytes: `|` stands behind each line, `!`
 * for one that is too long, `0` for one with a NUL. */
static void read_all(const char *text, size_t length, char *came, size_t *number)
{
    struct lines lines = {.bytes = {(unsigned char *)(size_t)text, length}};
    char buffer[6] = "";

    for (came[0] = '\0';;) {
        switch (lines_next(&lines, buffer, sizeof(buffer))) {
        case LINES_LINE:
            came = stpcpy(stpcpy(came, buffer), "|");
            break;
        case LINES_TOO_LONG:
            came = stpcpy(came, "!");
            break;
        case LINES_NUL:
            came = stpcpy(came, "0");
            break;
        case LINES_END:
            *number = lines.number;
            return;
        }
    }
}

Test(lines, a_text_comes_line_by_line_and_its_lines_are_counted)
{
    static const struct {
        const char *text;
        size_t length;
        const char *wanted;
        size_t number;
    } texts[] = {
        {"", 0, "", 0},
        {"\n", 1, "|", 1},
        {"a\nbc", 4, "a|bc|", 2},
        {"a\nbc\n", 5, "a|bc|", 2},
        {"a\r\n\r\nb\r", 7, "a||b|", 3},
        {"a\rb\n", 4, "a\rb|", 1},
        {"abcde\nf", 7, "abcde|f|", 2},
        {"abcdef\ng", 8, "!g|", 2},
        {"abcde\r\ng", 8, "abcde|g|", 2},
        {"a\0b\nc", 5, "0c|", 2},
    };
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char came[64];
        size_t number = 0;

        read_all(texts[i].text, texts[i].length, came, &number);
        cr_expect_str_eq(
            came, texts[i].wanted, "text %zu: expected %s, came %s", i, texts[i].wanted, came);
        cr_expect_eq(number, texts[i].number, "text %zu: %zu lines", i, number);
    }
}
