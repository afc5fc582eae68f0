#ifndef PEERCERT_FORWARDED_OPTIONS_H
#define PEERCERT_FORWARDED_OPTIONS_H

#include "forwarded.h"
#include "forwarded_forms.h"

/* Inside of the room `forwarded`. */

/* Headers that can be trusted at once at the most; an operator has one or two. */
#define FORWARDED_MAX_HEADERS 16

/* A header that is read. One that carries the chain stands right behind the one of its leaf. */
struct forwarded_header {
    char variable[64]; /* HTTP_CLIENT_CERT (RFC 3875 section 4.1.18) */
    const struct form *form;
    bool is_chain;
};

/* Writes bytes from outside to `out` (`size` bytes at the most with the NUL, 16 to 256), safe to
 * show, and cut between characters with ... at the end when they would not fit. Allocates nothing,
 * so that it cannot fail. */
void show_shortened(char *out, size_t size, const char *bytes, size_t length);

#endif
