/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <stdint.h>
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
    size_t size = utf8_decode(bytes, length, &code), expected, i;

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

Test(utf8, decodes_as_the_grammar_says_for_all_inputs_up_to_three_bytes)
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

Test(utf8, decodes_as_the_grammar_says_for_four_bytes_at_each_edge)
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

Test(utf8, of_all_code_points_those_that_the_header_names_are_unsafe)
{
    unsigned long code;

    for (code = 0; code <= 0x10FFFF; code++)
        cr_assert_eq(utf8_is_unsafe(code), is_listed(code), "U+%04lX", code);
}

Test(utf8, whole_characters_are_counted_up_to_a_limit_and_to_what_is_malformed)
{
    cr_expect_eq(utf8_whole_length("", SIZE_MAX), 0);
    cr_expect_eq(utf8_whole_length("abc", SIZE_MAX), 3);
    cr_expect_eq(utf8_whole_length("abc", 3), 3);
    cr_expect_eq(utf8_whole_length("abc", 2), 2);
    cr_expect_eq(utf8_whole_length("a\xe2\x82\xac", 4), 4);
    cr_expect_eq(utf8_whole_length("a\xe2\x82\xac", 3), 1);
    cr_expect_eq(utf8_whole_length("a\xe2\x82", SIZE_MAX), 1, "cut within a character");
    cr_expect_eq(utf8_whole_length("a\xff", 2), 1);
}

Test(utf8, is_well_formed_throughout_or_not)
{
    cr_expect(utf8_is_well_formed((const unsigned char *)"", 0));
    cr_expect(utf8_is_well_formed((const unsigned char *)"a\0\xc3\xa9", 4));
    cr_expect_not(utf8_is_well_formed((const unsigned char *)"a\xc3", 2));
    cr_expect_not(utf8_is_well_formed((const unsigned char *)"\xff"
                                                             "a",
        2));
}

/* Capital and small letters, of several lengths in bytes. */
Test(utf8, strings_are_compared_without_regard_to_case)
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
            utf8_compare_case(one, strlen(one), other, strlen(other)), rows[i].order, "%zu", i);
        cr_expect_eq(
            utf8_compare_case(other, strlen(other), one, strlen(one)), -rows[i].order, "%zu", i);
    }
}
