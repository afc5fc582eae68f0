#include "base64.h"
#include "cursor.h"

/* The six bits that a character stands for; -1 when it is not of the alphabet. */
static int value_of(char character)
{
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (character >= '0' && character <= '9')
        return character - '0' + 52;
    if (character == '+')
        return 62;
    return character == '/' ? 63 : -1;
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
        int value = value_of(text[i]);

        if (value < 0) {
            if (space == BASE64_SKIP_SPACE && cursor_is_space(text[i]))
                continue;
            if (text[i] != '=')
                return BASE64_BAD_CHARACTER;
            pads++;
            continue;
        }
        if (pads > 0)
            return BASE64_BAD_PADDING;
        bits = (bits << 6 | (unsigned long)value) & 0xFFFFFF;
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
        [BASE64_CUT_OFF] = "is cut off",
    };

    return words[result];
}
