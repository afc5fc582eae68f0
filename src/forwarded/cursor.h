/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CURSOR_H
#define PEERCERT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>

/* A place in bytes that somebody else sent, and where they end: what every decoder of forwarded
 * certificates reads with, so that the bounds are checked here alone. Borrows the bytes, which need
 * not end with a NUL and may hold some. */
struct cursor {
    const char *at;
    const char *end;
};

/* A cursor at the beginning of `length` bytes. */
struct cursor cursor_over(const char *bytes, size_t length);

/* The number of bytes that are left. */
size_t cursor_left(const struct cursor *cursor);

/* True when the bytes that are left begin with the literal. */
bool cursor_starts(const struct cursor *cursor, const char *literal);

/* True when the literal stands anywhere in what is left. */
bool cursor_contains(const struct cursor *cursor, const char *literal);

/* Moves past the literal when it comes next; otherwise stays and returns false. */
bool cursor_skip(struct cursor *cursor, const char *literal);

/* White space of RFC 7468 section 3 (space, tab, CR, LF, VT, FF). */
bool cursor_is_space(char character);

/* Moves past such white space. */
void cursor_skip_space(struct cursor *cursor);

/* Moves past spaces and tabs (OWS, RFC 9110 section 5.6.3). */
void cursor_skip_blank(struct cursor *cursor);

/* Moves up to the first character that is among `stops`, or to the end, and returns what was
 * passed.
 */
struct cursor cursor_take_until(struct cursor *cursor, const char *stops);

/* Takes spaces and tabs from the end. */
void cursor_trim_end(struct cursor *cursor);

#endif
