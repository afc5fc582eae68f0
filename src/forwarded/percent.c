/* SPDX-License-Identifier: ISC */
#include "forwarded/percent.h"
#include "base/text.h"

bool percent_decode(const char *text, size_t length, char *decoded, size_t *count)
{
    size_t i, written = 0;

    *count = 0;
    for (i = 0; i < length; i++) {
        char byte = text[i];

        if (byte == '%') {
            int high = length - i > 2 ? text_hex_value(text[i + 1]) : -1;
            int low = length - i > 2 ? text_hex_value(text[i + 2]) : -1;

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
