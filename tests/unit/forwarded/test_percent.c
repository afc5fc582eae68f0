/* SPDX-License-Identifier: ISC */
#include "forwarded/percent.h"

#include <criterion/criterion.h>
#include <string.h>

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
