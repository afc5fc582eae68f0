/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_ECDSA_H
#define PEERCERT_VERIFY_ECDSA_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* An ECDSA signature tells which public keys can have made it (SEC 1 section 4.1.6): four at the
 * most, for the price of some checks. Where a CA has many certificates with different keys, that
 * tells which of them are worth a check, however many there are. It is no check: whoever is found
 * so must be checked. */

/* Coordinates of P-521 have so many bytes. */
#define ECDSA_MOST_BYTES 66

struct ecdsa_keys {
    int count;
    size_t length;                        /* of a coordinate */
    unsigned char x[4][ECDSA_MOST_BYTES]; /* of the points */
};

/* The NID of the named curve of a certificate's key; NID_undef when it has none. */
int ecdsa_curve(const X509 *certificate);

/* The keys on this curve that can have signed a certificate. false when that cannot be told: the
 * curve is none over a prime field and of cofactor 1, or the signature is none by ECDSA with a
 * digest that is known. When memory fails, what is told is not to be relied on (alloc_watch). */
bool ecdsa_find_keys(const X509 *certificate, int curve, struct ecdsa_keys *keys);

/* Whether the key of an issuer, on that curve, may be one of them. */
bool ecdsa_has_key(const struct ecdsa_keys *keys, const X509 *issuer);

#endif
