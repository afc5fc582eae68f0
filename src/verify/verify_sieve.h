/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_SIEVE_H
#define PEERCERT_VERIFY_SIEVE_H

#include <openssl/x509.h>
#include <stdbool.h>

/* Which of many issuers of one name are worth a signature check. */

#define SIEVE_FAILED 64

/* For one search; zero it. Certificates are told apart by their numbers in the search. */
struct sieve {
    struct {
        int below; /* the certificate that this issuer did not sign */
        const X509 *issuer;
    } failed[SIEVE_FAILED];
    int failed_count;
};

/* Whether an issuer's key is of another kind or size than the signature of a certificate needs (RFC
 * 8017 sections 8.1.2 and 8.2.2). libcrypto would refuse it, too. */
bool sieve_is_other_kind(const X509 *certificate, const X509 *issuer);

/* Whether the issuer's key has failed before: of several certificates with one key one is tried. */
bool sieve_has_failed(const struct sieve *sieve, int below, const X509 *issuer);

/* Remembers that an issuer did not sign a certificate. Beyond SIEVE_FAILED nothing is remembered.
 */
void sieve_add_failed(struct sieve *sieve, int below, const X509 *issuer);

#endif
