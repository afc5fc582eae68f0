/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_SIEVE_H
#define PEERCERT_VERIFY_SIEVE_H

#include "verify/verify_ecdsa.h"

/* Which of many issuers of one name are worth a signature check. Those that are ruled out,
 * libcrypto would refuse, too; so they cost nothing of what a search may cost. */

#define SIEVE_FAILED 64
#define SIEVE_KEYS 4

/* For one search; zero it. Certificates are told apart by their numbers in the search. */
struct sieve {
    struct {
        int below; /* the certificate that this issuer did not sign */
        const X509 *issuer;
    } failed[SIEVE_FAILED];
    int failed_count;
    struct {
        int below, curve;
        bool known; /* otherwise nothing can be told */
        struct ecdsa_keys keys;
    } found[SIEVE_KEYS]; /* the last ones */
    int found_count;
};

enum sieve_word {
    SIEVE_NO,   /* its key did not sign that */
    SIEVE_OPEN, /* it may have */
    SIEVE_ASK,  /* it may have, and several others on its curve have not: sieve_find_keys tells */
    SIEVE_YES,  /* it has, but for a check */
};

/* What can be told of an issuer's key by its kind and size, by what the same key did before, and by
 * the keys that were found. */
enum sieve_word sieve_judge(
    const struct sieve *sieve, int below, const X509 *certificate, const X509 *issuer);

/* Finds which keys on the curve of an issuer's can have signed a certificate, for the price of two
 * checks. */
void sieve_find_keys(struct sieve *sieve, int below, const X509 *certificate, const X509 *issuer);

/* Remembers that an issuer did not sign a certificate. */
void sieve_add_failed(struct sieve *sieve, int below, const X509 *issuer);

#endif
