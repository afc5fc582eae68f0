/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 3629 section 4, the grammar of UTF8-char, rule by rule: which bytes may come second. */
static size_t reference_length(const unsigned char *b, size_t length)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t size;
    } rules[] = {
        {0x00, 0x7F, 0, 0, 1},
        {0xC2, 0xDF, 0x80, 0xBF, 2},
        {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    size_t i, j;

    for (i = 0; length > 0 && i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (b[0] < rules[i].first_low || b[0] > rules[i].first_high)
            continue;
        if (rules[i].size > length)
            return 0;
        if (rules[i].size > 1 && (b[1] < rules[i].second_low || b[1] > rules[i].second_high))
            return 0;
        for (j = 2; j < rules[i].size; j++) {
            if (b[j] < 0x80 || b[j] > 0xBF)
                return 0;
        }
        return rules[i].size;
    }
    return 0;
}

static void check_decode(const unsigned char *bytes, size_t length)
{
    unsigned long code = 0xFFFFFFFF, wanted = 0;
    size_t size = text_utf8_decode(bytes, length, &code), expected, i;

    expected = reference_length(bytes, length);
    cr_assert_eq(size, expected, "%02x %02x %02x %02x of %zu: expected %zu, came %zu", bytes[0],
        bytes[1], bytes[2], bytes[3], length, expected, size);
    if (size == 0)
        return;
    wanted = size == 1 ? bytes[0] : bytes[0] & (0xFFU >> (size + 1));
    for (i = 1; i < size; i++)
        wanted = wanted * 64 + bytes[i] - 0x80;
    cr_assert_eq(code, wanted, "%02x %02x %02x: expected U+%lX, came U+%lX", bytes[0], bytes[1],
        bytes[2], wanted, code);
}

Test(text, utf8_decodes_as_the_grammar_says_for_all_inputs_up_to_three_bytes)
{
    unsigned long value;
    size_t length;

    for (length = 0; length <= 3; length++) {
        for (value = 0; value < 1UL << (8 * length); value++) {
            const unsigned char bytes[4] = {(unsigned char)(value & 0xFF),
                (unsigned char)(value >> 8 & 0xFF), (unsigned char)(value >> 16 & 0xFF), 0x80};

            check_decode(bytes, length);
        }
    }
}

Test(text, utf8_decodes_as_the_grammar_says_for_four_bytes_at_each_edge)
{
    static const unsigned char edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
        0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFE, 0xFF};
    const size_t count = sizeof(edges);
    size_t i;

    for (i = 0; i < count * count * count * 256; i++) {
        const unsigned char bytes[4] = {(unsigned char)(i % 256), edges[i / 256 % count],
            edges[i / 256 / count % count], edges[i / 256 / count / count]};

        check_decode(bytes, 4);
    }
}

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
                text_utf8_decode((const unsigned char *)text.data + at, text.length - at, &code);

            cr_assert(size != 0 && !text_is_unsafe_code(code), "%06lx: \"%s\"", value, text.data);
            at += size;
        }
        text_free(&text);
    }
}

static bool is_listed(unsigned long code)
{
    static const struct {
        unsigned long first, last;
    } listed[] = {/* general category Cc, Cf, Cs, Zl, Zp (UnicodeData.txt of Unicode 16) */
        {0, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x600, 0x605}, {0x61C, 0x61C}, {0x6DD, 0x6DD},
        {0x70F, 0x70F}, {0x890, 0x891}, {0x8E2, 0x8E2}, {0x180E, 0x180E}, {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x206F}, {0xD800, 0xDFFF}, {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB}, {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
        {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
        /* Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 16) */
        {0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
        {0x180B, 0x180F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},
        {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
        /* mapped to nothing (RFC 4518 section 2.2) */
        {0, 8}, {0xE, 0x1F}, {0x7F, 0x84}, {0x86, 0x9F}, {0xAD, 0xAD}, {0x34F, 0x34F},
        {0x6DD, 0x6DD}, {0x70F, 0x70F}, {0x1806, 0x1806}, {0x180B, 0x180E}, {0x200B, 0x200F},
        {0x202A, 0x202E}, {0x2060, 0x2063}, {0x206A, 0x206F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFC}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
        /* noncharacters, beside the last two of each plane */
        {0xFDD0, 0xFDEF}};
    size_t i;

    for (i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
        if (code >= listed[i].first && code <= listed[i].last)
            return true;
    }
    return code % 0x10000 >= 0xFFFE;
}

Test(text, of_all_code_points_those_that_the_header_names_are_unsafe)
{
    unsigned long code;

    for (code = 0; code <= 0x10FFFF; code++)
        cr_assert_eq(text_is_unsafe_code(code), is_listed(code), "U+%04lX", code);
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

Test(text, whole_characters_are_counted_up_to_a_limit_and_to_what_is_malformed)
{
    cr_expect_eq(text_well_formed("", SIZE_MAX), 0);
    cr_expect_eq(text_well_formed("abc", SIZE_MAX), 3);
    cr_expect_eq(text_well_formed("abc", 3), 3);
    cr_expect_eq(text_well_formed("abc", 2), 2);
    cr_expect_eq(text_well_formed("a\xe2\x82\xac", 4), 4);
    cr_expect_eq(text_well_formed("a\xe2\x82\xac", 3), 1);
    cr_expect_eq(text_well_formed("a\xe2\x82", SIZE_MAX), 1, "cut within a character");
    cr_expect_eq(text_well_formed("a\xff", 2), 1);
}

Test(text, utf_8_is_well_formed_throughout_or_not)
{
    cr_expect(text_is_utf8((const unsigned char *)"", 0));
    cr_expect(text_is_utf8((const unsigned char *)"a\0\xc3\xa9", 4));
    cr_expect_not(text_is_utf8((const unsigned char *)"a\xc3", 2));
    cr_expect_not(text_is_utf8((const unsigned char *)"\xff"
                                                      "a",
        2));
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

/* Capital and small letters, of several lengths in bytes. */
Test(text, strings_are_compared_without_regard_to_case)
{
    static const struct {
        const char *one, *other;
        int order;
    } rows[] = {{"", "", 0}, {"a", "", 1}, {"Ab1-", "aB1-", 0}, {"a", "ab", -1}, {"B", "a", 1},
        {"b", "A", 1}, {"ac", "Abb", 1}, {"\xc3\xa9", "\xc3\x89", 0}, {"\xc3\xa9", "\xc3\xa8", 1},
        {"\xc3\x89", "\xc3\xa8", 1}, {"\xc8\xba", "\xe2\xb1\xa5", 0}, {"k", "\xe2\x84\xaa", 0},
        {"@", "`", -1}, {"\xc3", "\xc3", 0}, {"\xe9", "\xc9", 1}, {"\xe9", "\xc3\xa9", 1},
        {"\x80", "", 1}, {"\x80", "\xf4\x8f\xbf\xbf", 1}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *one = rows[i].one, *other = rows[i].other;

        cr_expect_eq(
            text_compare_case(one, strlen(one), other, strlen(other)), rows[i].order, "%zu", i);
        cr_expect_eq(
            text_compare_case(other, strlen(other), one, strlen(one)), -rows[i].order, "%zu", i);
    }
}
