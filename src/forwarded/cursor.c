/* SPDX-License-Identifier: ISC */
#include "forwarded/cursor.h"

#include <string.h>

struct cursor cursor_over(const char *bytes, size_t length)
{
    return (struct cursor){.at = bytes, .end = bytes + length};
}

size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

bool cursor_starts(const struct cursor *cursor, const char *literal)
{
    size_t length = strlen(literal);

    return cursor_left(cursor) >= length && memcmp(cursor->at, literal, length) == 0;
}

bool cursor_contains(const struct cursor *cursor, const char *literal)
{
    return memmem(cursor->at, cursor_left(cursor), literal, strlen(literal)) != NULL;
}

bool cursor_skip(struct cursor *cursor, const char *literal)
{
    if (!cursor_starts(cursor, literal))
        return false;
    cursor->at += strlen(literal);
    return true;
}

bool cursor_is_space(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

void cursor_skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end && cursor_is_space(*cursor->at))
        cursor->at++;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

void cursor_skip_blank(struct cursor *cursor)
{
    while (cursor->at < cursor->end && is_blank(*cursor->at))
        cursor->at++;
}

static bool is_among(char character, const char *characters)
{
    while (*characters != '\0' && *characters != character)
        characters++;
    return *characters != '\0';
}

struct cursor cursor_take_until(struct cursor *cursor, const char *stops)
{
    struct cursor taken = *cursor;
    const char *found;

    /* A whole certificate lies before the usual stop, which is one character. */
    if (stops[0] != '\0' && stops[1] == '\0') {
        found = memchr(cursor->at, stops[0], cursor_left(cursor));
        cursor->at = found != NULL ? found : cursor->end;
    }
    while (cursor->at < cursor->end && !is_among(*cursor->at, stops))
        cursor->at++;
    taken.end = cursor->at;
    return taken;
}

void cursor_trim_end(struct cursor *cursor)
{
    while (cursor->end > cursor->at && is_blank(cursor->end[-1]))
        cursor->end--;
}
