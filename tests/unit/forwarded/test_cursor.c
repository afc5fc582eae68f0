/* SPDX-License-Identifier: ISC */
#include "forwarded/cursor.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A cursor over an exact copy, so that a sanitizer sees a read beyond. Free with free(at). */
static struct cursor over(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length != 0 ? length : 1);

    memcpy(copy, text, length);
    return cursor_over(copy, length);
}

static bool holds(const struct cursor *cursor, const char *text)
{
    return cursor_left(cursor) == strlen(text) && memcmp(cursor->at, text, strlen(text)) == 0;
}

Test(cursor, a_literal_is_passed_whole_or_not_at_all)
{
    struct cursor cursor = over("abcd");
    char *bytes = (char *)(size_t)cursor.at;

    cr_expect(cursor_starts(&cursor, "abcd"));
    cr_expect_not(cursor_starts(&cursor, "abcde"), "longer than what is left");
    cr_expect_not(cursor_skip(&cursor, "b"));
    cr_expect(holds(&cursor, "abcd"));
    cr_expect(cursor_contains(&cursor, "cd"));
    cr_expect_not(cursor_contains(&cursor, "de"));
    cr_expect(cursor_skip(&cursor, "ab"));
    cr_expect(holds(&cursor, "cd"));
    cr_expect_not(cursor_contains(&cursor, "bc"), "what was passed is no longer there");
    free(bytes);
}

Test(cursor, white_space_is_passed_up_to_the_end)
{
    struct cursor all = over(" \t\r\n\v\f x"), blank = over(" \t\n"), end = over("  ");
    char *bytes[] = {
        (char *)(size_t)all.at, (char *)(size_t)blank.at, (char *)(size_t)end.at, NULL};
    size_t i;

    cursor_skip_space(&all);
    cr_expect(holds(&all, "x"));
    cursor_skip_blank(&blank);
    cr_expect(holds(&blank, "\n"));
    cursor_skip_space(&end);
    cr_expect_eq(cursor_left(&end), 0);
    cr_expect_not(cursor_is_space('\0'));
    for (i = 0; bytes[i] != NULL; i++)
        free(bytes[i]);
}

Test(cursor, what_stands_before_a_stop_is_taken)
{
    struct cursor cursor = over("key = value; ;"), part;
    char *bytes = (char *)(size_t)cursor.at;

    part = cursor_take_until(&cursor, ";=");
    cr_expect(holds(&part, "key "));
    cursor_trim_end(&part);
    cr_expect(holds(&part, "key"));
    cr_expect(cursor_skip(&cursor, "="));
    part = cursor_take_until(&cursor, ";");
    cr_expect(holds(&part, " value"));
    part = cursor_take_until(&cursor, "!");
    cr_expect(holds(&part, "; ;"), "the end stops too");
    cr_expect_eq(cursor_left(&cursor), 0);
    part = over("  ");
    free(bytes);
    bytes = (char *)(size_t)part.at;
    cursor_trim_end(&part);
    cr_expect_eq(cursor_left(&part), 0);
    free(bytes);
}
