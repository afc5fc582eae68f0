/* SPDX-License-Identifier: ISC */
#include "certificate/der.h"
#include "forwarded/base64.h"
#include "forwarded/percent.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

/* The small decoders against a simple reference: on all inputs up to three bytes, and more. */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A text is base64 when encoding some bytes gives it: the one text of those bytes. */
static bool is_canonical(const char *text, size_t length, unsigned char *bytes, size_t *count)
{
    size_t i, digits = length;
    unsigned char again[16];
    unsigned long bits = 0;

    *count = 0;
    if (length % 4 != 0)
        return false;
    while (digits > 0 && text[digits - 1] == '=')
        digits--;
    for (i = 0; i < digits; i++) {
        const char *place = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

        if (place == NULL)
            return false;
        bits = bits << 6 | (unsigned long)(place - alphabet);
        if (i % 4 != 0)
            bytes[(*count)++] = (unsigned char)(bits >> (6 - i % 4 * 2) & 0xFF);
    }
    EVP_EncodeBlock(again, bytes, (int)*count);
    return strlen((const char *)again) == length && memcmp(again, text, length) == 0;
}

static void compare(const char *text, size_t length)
{
    unsigned char came[16], wanted[16];
    size_t came_count = 0, wanted_count = 0;
    bool fine = base64_decode(text, length, BASE64_NO_SPACE, came, &came_count) == BASE64_FINE;
    bool canonical = is_canonical(text, length, wanted, &wanted_count);

    if (fine != canonical)
        cr_assert(false, "'%.*s': fine %d, expected %d", (int)length, text, fine, canonical);
    else if (fine && (came_count != wanted_count || memcmp(came, wanted, came_count) != 0))
        cr_assert(false, "'%.*s' decodes to other bytes", (int)length, text);
}

Test(base64, all_bytes_up_to_three_of_them_encode_and_decode_to_themselves)
{
    unsigned char bytes[3], decoded[16], text[8];
    unsigned long value;
    size_t length, count = 0;

    for (length = 0; length <= 3; length++) {
        for (value = 0; value < 1UL << (8 * length); value++) {
            bytes[0] = (unsigned char)(value & 0xFF);
            bytes[1] = (unsigned char)(value >> 8 & 0xFF);
            bytes[2] = (unsigned char)(value >> 16);
            EVP_EncodeBlock(text, bytes, (int)length);
            if (base64_decode((const char *)text, strlen((const char *)text), BASE64_NO_SPACE,
                    decoded, &count) != BASE64_FINE ||
                count != length || memcmp(decoded, bytes, length) != 0)
                cr_assert(false, "'%s' does not decode to its %zu bytes", text, length);
        }
    }
}

Test(base64, all_texts_up_to_three_bytes_are_accepted_as_the_reference_does)
{
    char text[3];
    unsigned long value;
    size_t length;

    for (length = 0; length <= 3; length++) {
        for (value = 0; value < 1UL << (8 * length); value++) {
            text[0] = (char)(value & 0xFF);
            text[1] = (char)(value >> 8 & 0xFF);
            text[2] = (char)(value >> 16);
            compare(text, length);
        }
    }
}

Test(base64, texts_of_four_to_nine_characters_are_accepted_as_the_reference_does)
{
    static const char letters[] = "AQgvw/+=\n-";
    char text[9];
    size_t length, i, count = sizeof(letters) - 1;
    unsigned long value, rest, all;

    for (length = 4; length <= 6; length++) {
        for (i = 0, all = 1; i < length; i++)
            all *= count;
        for (value = 0; value < all; value++) {
            for (i = 0, rest = value; i < length; i++, rest /= count)
                text[i] = letters[rest % count];
            compare(text, length);
        }
    }
    for (value = 0; value < 1UL << 18; value++) {
        for (i = 0, rest = value; i < 9; i++, rest /= 4)
            text[i] = "AQ/="[rest % 4];
        compare(text, 8);
        compare(text, 9);
    }
}

Test(base64, each_fault_has_its_own_result)
{
    static const struct {
        const char *text;
        enum base64_result result;
    } cases[] = {
        {"", BASE64_FINE},
        {"TQ==", BASE64_FINE},
        {"TWE=", BASE64_FINE},
        {"TWFu", BASE64_FINE},
        {"TW-u", BASE64_BAD_CHARACTER},
        {"TW_u", BASE64_BAD_CHARACTER},
        {"TW u", BASE64_BAD_CHARACTER},
        {"TQ=", BASE64_BAD_PADDING},
        {"TQ===", BASE64_BAD_PADDING},
        {"TWE==", BASE64_BAD_PADDING},
        {"TWFu=", BASE64_BAD_PADDING},
        {"TWFu====", BASE64_BAD_PADDING},
        {"T===", BASE64_BAD_PADDING},
        {"====", BASE64_BAD_PADDING},
        {"TQ==TQ==", BASE64_BAD_PADDING},
        {"TR==", BASE64_TRAILING_BITS},
        {"TWF=", BASE64_TRAILING_BITS},
        {"T", BASE64_CUT_OFF},
        {"TQ", BASE64_CUT_OFF},
        {"TWE", BASE64_CUT_OFF},
    };
    unsigned char bytes[16];
    size_t i, count = 0;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum base64_result came =
            base64_decode(cases[i].text, strlen(cases[i].text), BASE64_NO_SPACE, bytes, &count);

        cr_expect_eq(came, cases[i].result, "'%s': expected \"%s\", came \"%s\"", cases[i].text,
            base64_words(cases[i].result), base64_words(came));
    }
}

Test(base64, white_space_is_skipped_only_when_told_so)
{
    static const char text[] = " \tT\r\nW\vF\fu T Q = = ";
    unsigned char bytes[32];
    size_t count = 0;

    cr_expect_eq(base64_decode(text, strlen(text), BASE64_SKIP_SPACE, bytes, &count), BASE64_FINE);
    cr_expect(count == 4 && memcmp(bytes, "ManM", 4) == 0);
    cr_expect_eq(
        base64_decode(text, strlen(text), BASE64_NO_SPACE, bytes, &count), BASE64_BAD_CHARACTER);
    cr_expect_eq(base64_decode("TQ\0==", 5, BASE64_SKIP_SPACE, bytes, &count), BASE64_BAD_CHARACTER,
        "a NUL is no white space");
}

/* RFC 3986 section 2.1 again, by sscanf and a list of the digits. */
static bool percent_reference(const char *text, size_t length, char *decoded, size_t *count)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    size_t i;

    *count = 0;
    for (i = 0; i < length; i++) {
        const char *high, *low;

        if (text[i] != '%') {
            decoded[(*count)++] = text[i];
            continue;
        }
        if (i + 2 >= length || text[i + 1] == '\0' || text[i + 2] == '\0')
            return false;
        high = strchr(text[i + 1] >= 'A' && text[i + 1] <= 'F' ? digits + 16 : digits, text[i + 1]);
        low = strchr(text[i + 2] >= 'A' && text[i + 2] <= 'F' ? digits + 16 : digits, text[i + 2]);
        if (high == NULL || low == NULL)
            return false;
        decoded[(*count)++] = (char)((high - digits) % 16 * 16 + (low - digits) % 16);
        i += 2;
    }
    return true;
}

static void compare_percent(const char *text, size_t length)
{
    char came[8], wanted[8];
    size_t came_count = 0, wanted_count = 0;
    bool fine = percent_decode(text, length, came, &came_count);
    bool expected = percent_reference(text, length, wanted, &wanted_count);

    if (fine != expected ||
        (fine && (came_count != wanted_count || memcmp(came, wanted, came_count) != 0)))
        cr_assert(
            false, "'%.*s': %d, expected %d, or other bytes", (int)length, text, fine, expected);
}

Test(percent, all_texts_up_to_three_bytes_decode_as_the_reference_does)
{
    char text[8];
    unsigned long value, rest;
    size_t length, i;

    for (length = 0; length <= 3; length++) {
        for (value = 0; value < 1UL << (8 * length); value++) {
            text[0] = (char)(value & 0xFF);
            text[1] = (char)(value >> 8 & 0xFF);
            text[2] = (char)(value >> 16);
            compare_percent(text, length);
        }
    }
    for (value = 0; value < 1UL << 21; value++) {
        for (i = 0, rest = value; i < 7; i++, rest /= 8)
            text[i] = "%%2Da+g\n"[rest % 8];
        compare_percent(text, 7);
    }
}

Test(percent, a_plus_stays_a_plus)
{
    char decoded[16];
    size_t count = 0;

    cr_assert(percent_decode("a+b%2Bc%2b", 10, decoded, &count));
    cr_expect(count == 6 && memcmp(decoded, "a+b+c+", 6) == 0);
}

Test(der, only_definite_lengths_in_their_shortest_form_are_read)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool fine;
        size_t header, content;
    } cases[] = {
        {"\x30\x00", 2, true, 2, 0}, {"\x30\x7F", 2, true, 2, 127},
        {"\x30\x81\x80", 3, true, 3, 128}, {"\x30\x82\x01\x00", 4, true, 4, 256},
        {"\x30\x83\x01\x00\x00", 5, true, 5, 65536},
        {"\x30\x84\xFF\xFF\xFF\xFF", 6, true, 6, 0xFFFFFFFF}, {"\x30", 1, false, 0, 0},
        {"", 0, false, 0, 0}, {"\x30\x80\x00\x00", 4, false, 0, 0}, /* indefinite */
        {"\x30\x81\x7F", 3, false, 0, 0},                           /* fits one byte */
        {"\x30\x82\x00\xFF", 4, false, 0, 0},                       /* fits two */
        {"\x30\x82\x01", 3, false, 0, 0},                           /* cut off */
        {"\x30\x85\x01\x00\x00\x00\x00", 7, false, 0, 0},           /* five bytes */
        {"\x30\xFF\x01\x00\x00\x00\x00", 7, false, 0, 0},           /* reserved */
        {"\x3F\x01\x00", 3, false, 0, 0},                           /* tag of several bytes */
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct der_element element = {.tag = 0};
        bool fine =
            der_read_element((const unsigned char *)cases[i].bytes, cases[i].length, &element);

        cr_expect_eq(fine, cases[i].fine, "case %zu", i);
        if (fine && cases[i].fine)
            cr_expect(element.tag == 0x30 && element.header == cases[i].header &&
                          element.content == cases[i].content,
                "case %zu: header %zu, content %zu", i, element.header, element.content);
    }
}
