/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FORWARDED_XFCC_NAMES_H
#define PEERCERT_FORWARDED_XFCC_NAMES_H

#include "forwarded/forwarded_encodings.h"

/* How a backslash is written between quotes. */
enum xfcc_escapes {
    XFCC_QUOTES,      /* as it is: \" alone is an escape */
    XFCC_BACKSLASHES, /* as \\, as in Envoy's subjects (RFC 2253) */
};

#define XFCC_HASH_LENGTH ((size_t)32) /* of SHA-256, in bytes */
/* At the most: names with a separator in a certificate, and elements with names in a header. */
#define XFCC_MOST_ODD_NAMES 16
#define XFCC_MOST_NAMED 16

/* Envoy writes the URIs and DNS names of a client's certificate without quotes into its element of
 * X-Forwarded-Client-Cert, behind the certificate: one with a comma in it looks like an element of
 * its own, with whatever the client likes. So each element with such names is held against its
 * certificate. `names` is the element, `certificates` the value of its Cert or Chain. Refused when
 * the certificate has a name with a comma, a semicolon or a double quote that does not stand in the
 * element as a value with quotes, or more than XFCC_MOST_ODD_NAMES of that kind, unless the element
 * has all names in their order, percent-encoded where need be. */
enum decoding xfcc_names_check(struct cursor names, enum xfcc_escapes escapes,
    struct cursor certificates, struct certificates *out);

/* Reads a value with or without quotes, from behind the `=`. What is escaped in it stays so.
 * `is_ambiguous` becomes true when it may end elsewhere in the other reading. false when it is not
 * quoted as it must be. */
bool xfcc_read_value(
    struct cursor *at, enum xfcc_escapes escapes, struct cursor *value, bool *is_ambiguous);

#endif
