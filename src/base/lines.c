/* SPDX-License-Identifier: ISC */
#include "base/lines.h"

#include <string.h>

enum lines_result lines_next(struct lines *lines, char *buffer, size_t size)
{
    const unsigned char *begin, *end;
    size_t length, left = lines->bytes.length - lines->at;

    if (left == 0)
        return LINES_END;
    begin = lines->bytes.data + lines->at;
    end = memchr(begin, '\n', left);
    length = end != NULL ? (size_t)(end - begin) : left;
    lines->at += end != NULL ? length + 1 : length;
    lines->number++;
    if (length > 0 && begin[length - 1] == '\r')
        length--;
    if (length >= size)
        return LINES_TOO_LONG;
    if (memchr(begin, '\0', length) != NULL)
        return LINES_NUL;
    memcpy(buffer, begin, length);
    buffer[length] = '\0';
    return LINES_LINE;
}
