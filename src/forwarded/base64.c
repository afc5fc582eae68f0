/* SPDX-License-Identifier: ISC */
#include "forwarded/base64.h"
#include "forwarded/cursor.h"

#define NO_DIGIT 64

/* The six bits that a character stands for (RFC 4648 section 4), by its code; NO_DIGIT when it is
 * not of the alphabet. */
static const unsigned char values[256] = {64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 62, 64, 64, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64,
    64, 64, 64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, 64, 64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64};

/* Decodes whole groups of four digits, with nothing between them, up to the first that is none;
 * returns how many. */
static size_t decode_groups(const char *text, size_t length, unsigned char *bytes)
{
    size_t count;

    for (count = 0; length - 4 * count >= 4; count++) {
        const unsigned char *digit = (const unsigned char *)text + 4 * count;
        unsigned first = values[digit[0]], second = values[digit[1]], third = values[digit[2]],
                 fourth = values[digit[3]];
        unsigned bits = first << 18 | second << 12 | third << 6 | fourth;

        if (((first | second | third | fourth) & NO_DIGIT) != 0)
            break;
        bytes[3 * count] = (unsigned char)(bits >> 16);
        bytes[3 * count + 1] = (unsigned char)(bits >> 8 & 0xFF);
        bytes[3 * count + 2] = (unsigned char)(bits & 0xFF);
    }
    return count;
}

/* `digits` characters of the alphabet were read, then `pads` times `=`; `bits` holds the last
 * digits. */
static enum base64_result judge_end(size_t digits, size_t pads, unsigned long bits)
{
    size_t rest = digits % 4;

    if (rest != 0 && pads == 0)
        return BASE64_CUT_OFF;
    if (rest == 1 || pads != (4 - rest) % 4)
        return BASE64_BAD_PADDING;
    if ((rest == 2 && (bits & 0x0F) != 0) || (rest == 3 && (bits & 0x03) != 0))
        return BASE64_TRAILING_BITS;
    return BASE64_FINE;
}

enum base64_result base64_decode(
    const char *text, size_t length, enum base64_space space, unsigned char *bytes, size_t *count)
{
    size_t i, digits = 0, pads = 0, written = 0;
    unsigned long bits = 0;

    *count = 0;
    for (i = 0; i < length; i++) {
        unsigned long value;

        if (digits % 4 == 0 && pads == 0) {
            size_t groups = decode_groups(text + i, length - i, bytes + written);

            i += 4 * groups;
            digits += 4 * groups;
            written += 3 * groups;
            if (i == length)
                break;
        }
        value = values[(unsigned char)text[i]];
        if (value == NO_DIGIT) {
            if (space == BASE64_SKIP_SPACE && cursor_is_space(text[i]))
                continue;
            if (text[i] != '=')
                return BASE64_BAD_CHARACTER;
            pads++;
            continue;
        }
        if (pads > 0)
            return BASE64_BAD_PADDING;
        bits = (bits << 6 | value) & 0xFFFFFF;
        digits++;
        if (digits % 4 == 0) {
            bytes[written++] = (unsigned char)(bits >> 16);
            bytes[written++] = (unsigned char)(bits >> 8 & 0xFF);
            bytes[written++] = (unsigned char)(bits & 0xFF);
        }
    }
    if (digits % 4 == 2) {
        bytes[written++] = (unsigned char)(bits >> 4 & 0xFF);
    } else if (digits % 4 == 3) {
        bytes[written++] = (unsigned char)(bits >> 10 & 0xFF);
        bytes[written++] = (unsigned char)(bits >> 2 & 0xFF);
    }
    *count = written;
    return judge_end(digits, pads, bits);
}

const char *base64_words(enum base64_result result)
{
    static const char *const words[] = {
        [BASE64_FINE] = "is fine",
        [BASE64_BAD_CHARACTER] = "has a character that is not base64",
        [BASE64_BAD_PADDING] = "is padded wrongly",
        [BASE64_TRAILING_BITS] = "ends with bits that belong to no byte",
        [BASE64_CUT_OFF] = "is cut off, or lacks its padding",
    };

    return words[result];
}
