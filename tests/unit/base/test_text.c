/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(text, what_is_shown_is_escaped_as_the_table_says)
{
    static const struct {
        const char *input;
        size_t length;
        const char *shown;
        bool replaced;
    } cases[] = {
        {"", 0, "", false}, {"Dan Example", 11, "Dan Example", false}, {"a\\b", 3, "a\\\\b", false},
        {"a\nb\r\t", 5, "a\\0Ab\\0D\\09", true}, {"a\0b", 3, "a\\00b", true},
        {"\x1b[31m", 5, "\\1B[31m", true}, {"\x7f", 1, "\\7F", true},
        {"\xc2\x80\xc2\x9f\xc2\xa0", 6, "\\C2\\80\\C2\\9F\xc2\xa0", true},
        {"<script>&\"'", 11, "<script>&\"'", false}, {"J\xc3\xbcrgen", 7, "J\xc3\xbcrgen", false},
        {"\xe2\x80\xae", 3, "\\E2\\80\\AE", true},         /* right-to-left override */
        {"\xe2\x81\xa6", 3, "\\E2\\81\\A6", true},         /* isolate */
        {"\xe2\x80\x8b", 3, "\\E2\\80\\8B", true},         /* zero-width space */
        {"\xe2\x80\xa8", 3, "\\E2\\80\\A8", true},         /* line separator */
        {"\xd8\x9c", 2, "\\D8\\9C", true},                 /* Arabic letter mark */
        {"\xef\xbb\xbf", 3, "\\EF\\BB\\BF", true},         /* byte order mark */
        {"\xef\xbf\xbe", 3, "\\EF\\BF\\BE", true},         /* U+FFFE */
        {"\xf4\x8f\xbf\xbf", 4, "\\F4\\8F\\BF\\BF", true}, /* U+10FFFF */
        {"\xf3\xa0\x81\x81", 4, "\\F3\\A0\\81\\81", true}, /* tag */
        {"\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80", false},
        {"\xc0\xaf", 2, "\\C0\\AF", true},                 /* overlong */
        {"\xed\xa0\x80", 3, "\\ED\\A0\\80", true},         /* surrogate */
        {"\xf4\x90\x80\x80", 4, "\\F4\\90\\80\\80", true}, /* above U+10FFFF */
        {"\xe2\x82", 2, "\\E2\\82", true},                 /* cut */
        {"\xe2\x82\xac\xff", 4, "\xe2\x82\xac\\FF", true},
        {"\xc3z", 2, "\\C3z", true}, /* what follows a broken byte is not swallowed */
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        bool replaced;

        text_init(&text, 0);
        replaced = text_append_shown(&text, cases[i].input, cases[i].length);
        cr_expect_str_eq(text_string(&text), cases[i].shown,
            "case %zu: expected \"%s\", came "
            "\"%s\"",
            i, cases[i].shown, text_string(&text));
        cr_expect_eq(replaced, cases[i].replaced, "case %zu", i);
        text_free(&text);
    }
}

/* Whatever comes in, what is shown is well-formed, one line, and without anything unsafe. */
Test(text, nothing_that_is_shown_is_ever_unsafe)
{
    unsigned long value;

    for (value = 0; value < 1UL << 24; value += 7) {
        const unsigned char bytes[3] = {(unsigned char)(value & 0xFF),
            (unsigned char)(value >> 8 & 0xFF), (unsigned char)(value >> 16)};
        struct text text;
        size_t at = 0;

        text_init(&text, 0);
        (void)text_append_shown(&text, bytes, sizeof(bytes));
        while (at < text.length) {
            unsigned long code = 0;
            size_t size =
                utf8_decode((const unsigned char *)text.data + at, text.length - at, &code);

            cr_assert(size != 0 && !utf8_is_unsafe(code), "%06lx: \"%s\"", value, text.data);
            at += size;
        }
        text_free(&text);
    }
}

Test(text, the_limit_holds_exactly_and_a_failure_stays)
{
    struct text text;

    text_init(&text, 8);
    text_append(&text, "12345678", 8);
    cr_expect_not(text.failed, "eight of eight bytes");
    text_append(&text, "", 0);
    cr_expect_not(text.failed, "nothing more");
    text_append(&text, "9", 1);
    cr_expect(text.failed, "the ninth byte");
    cr_expect_str_eq(text_string(&text), "12345678");
    text_clear(&text);
    cr_expect_not(text.failed);
    text_append_string(&text, "123456789");
    cr_expect(text.failed);
    text_append_string(&text, "a");
    cr_expect_str_eq(text_string(&text), "", "a failed text takes \"%s\"", text_string(&text));
    text_printf(&text, "%s", "b");
    text_append_hex(&text, (const unsigned char *)"c", 1, true, ':');
    cr_expect_eq(text.length, 0);
    cr_expect_null(text_take(&text), "a failed text is given away");
    cr_expect_eq(text.limit, 8);
    cr_expect_not(text.failed, "text_take leaves an empty text");
    text_free(&text);
}

Test(text, a_text_that_begins_in_a_buffer_leaves_it_when_it_grows)
{
    char buffer[8];
    struct text text;
    char *taken;

    text_begin(&text, buffer, sizeof(buffer), 0);
    cr_expect_str_eq(text_string(&text), "");
    text_append_string(&text, "1234567");
    cr_expect_eq(text.data, buffer);
    text_append(&text, "8", 1);
    cr_expect_neq(text.data, buffer);
    cr_expect_str_eq(text_string(&text), "12345678");
    text_append_string(&text, "9");
    taken = text_take(&text);
    cr_expect_str_eq(taken, "123456789");
    free(taken);

    text_begin(&text, buffer, sizeof(buffer), 0);
    text_append_string(&text, "1234");
    taken = text_take(&text);
    cr_expect_str_eq(taken, "1234");
    free(taken);
    cr_expect_str_eq(text_string(&text), "", "it has left the buffer");
    text_append_string(&text, "5");
    cr_expect_neq(text.data, buffer);
    text_free(&text);
}

Test(text, the_limit_holds_in_a_buffer_that_is_longer_as_long_or_shorter)
{
    char buffer[8];
    size_t size;

    for (size = 1; size <= sizeof(buffer); size++) {
        struct text text;

        text_begin(&text, buffer, size, 4);
        text_append_string(&text, "123");
        text_append_string(&text, "4");
        cr_expect_not(text.failed, "%zu", size);
        text_append_string(&text, "5");
        cr_expect(text.failed, "%zu", size);
        cr_expect_str_eq(text_string(&text), "1234", "%zu", size);
        text_free(&text);
    }
}

Test(text, a_length_near_the_end_of_memory_does_not_wrap)
{
    struct text text;

    text_init(&text, (size_t)-1);
    text_append_string(&text, "a");
    text.length = (size_t)-2; /* as if that much were there: the sum would pass SIZE_MAX */
    text.capacity = (size_t)-1;
    text_append(&text, "bc", 2);
    cr_expect(text.failed);
    text.length = 1;
    text_free(&text);
    text_free(NULL);
}

Test(text, printf_grows_and_stops_at_the_limit)
{
    struct text text;
    char *taken;

    text_init(&text, 0);
    text_printf(&text, "%0300d|%s", 7, "x");
    cr_expect_eq(text.length, 302);
    cr_expect_str_eq(text.data + 299, "7|x");
    taken = text_take(&text);
    cr_expect_eq(strlen(taken), 302);
    free(taken);
    text_init(&text, 10);
    text_printf(&text, "%011d", 1);
    cr_expect(text.failed);
    text_free(&text);
    taken = text_take(&text);
    cr_expect_str_eq(taken, "", "an empty text gives an empty string");
    free(taken);
}

Test(text, a_hexadecimal_digit_of_either_case_has_a_value_and_nothing_else_has_one)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int byte;

    for (byte = -128; byte < 128; byte++) {
        const char *found = byte != 0 ? strchr(digits, byte) : NULL;
        int wanted = found != NULL ? (int)(found - digits) : -1;

        cr_expect_eq(text_hex_value((char)byte), wanted > 15 ? wanted - 6 : wanted, "%d", byte);
    }
}

Test(text, hexadecimal_has_its_case_and_separator)
{
    static const unsigned char bytes[] = {0x00, 0x0F, 0xA5, 0xFF};
    struct text text;

    text_init(&text, 0);
    text_append_hex(&text, bytes, sizeof(bytes), true, ':');
    text_append_string(&text, " ");
    text_append_hex(&text, bytes, sizeof(bytes), false, '\0');
    text_append_hex(&text, bytes, 0, false, ':');
    cr_expect_str_eq(text_string(&text), "00:0F:A5:FF 000fa5ff", "%s", text_string(&text));
    text_free(&text);
}

Test(text, numbers_come_as_printf_writes_them)
{
    static const long long numbers[] = {0, 9, 10, -1, 1234567890123, LLONG_MAX, LLONG_MIN};
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct text text = {.limit = 0};
        char expected[32];

        (void)snprintf(expected, sizeof(expected), "%lld", numbers[i]);
        text_append_number(&text, numbers[i]);
        cr_expect_str_eq(text_string(&text), expected);
        text_free(&text);
    }
}

Test(text, a_number_is_digits_and_nothing_else)
{
    static const struct {
        const char *digits;
        int64_t expected;
    } cases[] = {{"0", 0}, {"65535", 65535}, {"007", 7}, {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", INT64_MAX}, {"99999999999999999999999", INT64_MAX}, {"", -1},
        {NULL, -1}, {"-1", -1}, {"+1", -1}, {" 1", -1}, {"1 ", -1}, {"1x", -1}, {"0x1", -1}};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(text_number(cases[i].digits), cases[i].expected, "%s", cases[i].digits);
}

Test(text, labels_are_not_empty_and_have_dots_between_them)
{
    static const struct {
        const char *name;
        bool expected;
    } rows[] = {{"a", true}, {"acme.example", true}, {"@.*", true}, {"", false}, {".", false},
        {".a", false}, {"a.", false}, {"a..b", false}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_eq(text_has_labels(rows[i].name, strlen(rows[i].name)), rows[i].expected, "%s",
            rows[i].name);
    cr_expect_not(text_has_labels("a.b", 2));
}
