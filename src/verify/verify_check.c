/* SPDX-License-Identifier: ISC */
#include "verify/verify_check.h"
#include "verify/verify_key.h"

#include <openssl/evp.h>

/* What a check that fails costs; by measure, not exact. */
static int cost_of(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key), times = (bits + 4095) / 4096;

    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
        return bits <= 3072 ? 1 : 2 * times * times;
    return bits <= 256 ? 3 : 16;
}

static bool has_room(struct path_search *search, int cost)
{
    if (search->signatures < PATH_SIGNATURES && search->spent + cost <= PATH_COST)
        return true;
    search->exhausted = true;
    return false;
}

bool path_is_signed(struct path_search *search, int below, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    X509 *certificate = search->nodes[below].certificate;
    int cost;

    if (key == NULL) {
        search->unknown_key = true;
        return false;
    }
    if (key_is_bad(issuer)) {
        search->bad_key = true;
        return false;
    }
    cost = cost_of(key);
    if (sieve_is_other_kind(certificate, issuer) ||
        (!search->exhausted && sieve_has_failed(&search->sieve, below, issuer)) ||
        !has_room(search, cost))
        return false;
    search->signatures++;
    if (X509_verify(certificate, key) == 1)
        return true;
    search->spent += cost;
    sieve_add_failed(&search->sieve, below, issuer);
    return false;
}
