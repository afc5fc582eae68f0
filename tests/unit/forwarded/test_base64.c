/* SPDX-License-Identifier: ISC */
#include "certificate/der.h"
#include "forwarded/base64.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

/* Against a simple reference: on all inputs up to three bytes, and more. */

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
