/* SPDX-License-Identifier: ISC */
#include "base/error.h"
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

Test(error, a_long_path_leaves_room_for_the_reason)
{
    struct error error = {0};
    char path[4097];
    size_t i;

    for (i = 0; i + 2 < sizeof(path); i += 2)
        memcpy(path + i, "\xc3\xa4", 2);
    path[sizeof(path) - 1] = '\0';
    error_set(&error, ERROR_FILE, "/%s: Permission denied", path);
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_not_null(strstr(error.text, "\xa4: Permission denied"), "%s", error.text);
    cr_expect(strncmp(error.text, "/\xc3\xa4", 3) == 0, "%s", error.text);
    for (i = 0; error.text[i] != '\0';) {
        unsigned long code;
        size_t size =
            utf8_decode((const unsigned char *)error.text + i, strlen(error.text) - i, &code);

        cr_assert_neq(size, 0, "a character was cut at %zu: %s", i, error.text);
        i += size;
    }
}

Test(error, a_text_of_exactly_the_room_is_whole_and_one_more_is_shortened)
{
    struct error error = {0};
    char words[600];

    memset(words, 'x', sizeof(words));
    words[511] = '\0';
    error_set(&error, ERROR_INPUT, "%s", words);
    cr_expect_str_eq(error.text, words);
    words[511] = 'x';
    words[512] = '\0';
    error_set(&error, ERROR_INPUT, "%s", words);
    cr_expect_eq(strlen(error.text), 511);
    cr_expect_not_null(strstr(error.text, "xxx...xxx"), "%s", error.text);
}

Test(error, a_message_is_one_line_that_can_be_shown)
{
    struct error error = {0};

    error_set(&error, ERROR_FILE, "%s: no", "a\nb\x1b[2J\xff\xe2\x80\xae\xc3\xa4");
    cr_expect_str_eq(error.text, "a?b?[2J????\xc3\xa4: no", "%s", error.text);
    error_set(&error, ERROR_INPUT, "again: %s", error.text);
    cr_expect_str_eq(error.text, "again: a?b?[2J????\xc3\xa4: no", "%s", error.text);
    error_set(NULL, ERROR_FILE, "%s", "nobody listens");
}

Test(error, it_is_printed_after_the_name_of_the_program, .init = cr_redirect_stderr)
{
    struct error error = {0};

    error_set(&error, ERROR_USAGE, "--ca: %s", "mis\nsing");
    error_print(&error);
    (void)fflush(stderr);
    cr_assert_stderr_eq_str("peercert: --ca: mis?sing\n");
}
