/* SPDX-License-Identifier: ISC */
#include "forwarded/percent.h"

static int digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return -1;
}

bool percent_decode(const char *text, size_t length, char *decoded, size_t *count)
{
    size_t i, written = 0;

    *count = 0;
    for (i = 0; i < length; i++) {
        char byte = text[i];

        if (byte == '%') {
            int high = length - i > 2 ? digit_of(text[i + 1]) : -1;
            int low = length - i > 2 ? digit_of(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        decoded[written++] = byte;
    }
    *count = written;
    return true;
}
