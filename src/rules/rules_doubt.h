/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_DOUBT_H
#define PEERCERT_RULES_DOUBT_H

#include "rules/rules_gatherer.h"

/* Names of subjectAltName that two programs may read as two names: a deny line holds for each that
 * they may be read as, an allow line for none of these. What is doubtful is noted in
 * gatherer->doubted, failed allocations in gatherer->out_of_memory. What is compared is bounded for
 * each certificate: beyond that every value of the key is doubtful. */

/* A mail address, UPN or DNS name that is odd: with `*`, several @, an empty part, a final dot,
 * spaces, control characters or punctuation that does not belong there. It may be any value that
 * stands in it. One that is not odd is passed over. */
void rules_doubt_name(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length);

/* A URI for which no pattern holds (rules_uri_is_plain), or whose host has more than a name. It may
 * be below a pattern when it is after all that is decoded, resolved and cut off. */
void rules_doubt_uri(struct rules_gatherer *gatherer, const char *name, size_t length);

/* An address: of IPv4 in the form of IPv6 it may be that, of no known length any. */
void rules_doubt_address(
    struct rules_gatherer *gatherer, const unsigned char *address, size_t length);

#endif
