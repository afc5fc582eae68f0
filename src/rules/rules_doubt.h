/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_DOUBT_H
#define PEERCERT_RULES_DOUBT_H

#include "rules/rules_gatherer.h"

/* Names that two programs may read as two names: a deny line holds for each that
 * they may be read as, an allow line for none of these. What is doubtful is noted in
 * gatherer->doubted, failed allocations in gatherer->out_of_memory. What is compared is bounded for
 * each certificate: beyond that every value of the key is doubtful. */

/* A name that cannot be read, or only in parts: it may be any value of the key. */
void rules_doubt_all(struct rules_gatherer *gatherer, enum rules_key key);

/* A mail address, UPN or DNS name that is odd: with `*`, several @, an empty part, a final dot,
 * spaces, control characters, punctuation that does not belong there, or, but in a UPN, a host with
 * letters beyond ASCII. It may be any value that stands in it. Of one that is not odd the case
 * alone is doubtful. */
void rules_doubt_name(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length);

/* A URI for which no pattern holds (rules_uri_is_plain), or whose host has more than a name. It may
 * be a value, or below a pattern, when it is after all that is decoded, resolved and cut off. */
void rules_doubt_uri(struct rules_gatherer *gatherer, const char *name, size_t length);

#endif
