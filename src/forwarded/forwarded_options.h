/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FORWARDED_OPTIONS_H
#define PEERCERT_FORWARDED_OPTIONS_H

#include "forwarded/forwarded.h"
#include "forwarded/forwarded_encodings.h"

/* Inside of the module `forwarded`. */

/* Headers that can be trusted at once at the most; an operator has one or two. */
#define FORWARDED_MAX_HEADERS 16

/* A header that is read. One that carries the chain stands right behind the one of its leaf. */
struct forwarded_header {
    char variable[64]; /* HTTP_CLIENT_CERT (RFC 3875 section 4.1.18) */
    const struct encoding *encoding;
    bool is_chain;
};

#endif
