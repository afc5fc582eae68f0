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
    return bits <= 256 ? 2 : 16;
}

static bool has_room(struct path_search *search, int cost)
{
    if (search->signatures < PATH_SIGNATURES && search->spent + cost <= PATH_COST)
        return true;
    search->exhausted = true;
    return false;
}

static enum sieve_word judge(const struct path_search *search, int below, const X509 *issuer)
{
    return sieve_judge(&search->sieve, below, search->nodes[below].certificate, issuer);
}

bool path_is_ruled_out(const struct path_search *search, int below, const X509 *issuer)
{
    return judge(search, below, issuer) == SIEVE_NO;
}

/* Finds the keys that can have signed, where that is worth it. */
static enum sieve_word look(struct path_search *search, int below, const X509 *issuer, int cost)
{
    enum sieve_word word = judge(search, below, issuer);

    if (word != SIEVE_ASK)
        return word;
    if (!has_room(search, 2 * cost))
        return SIEVE_NO;
    search->signatures++;
    search->spent += 2 * cost;
    sieve_find_keys(&search->sieve, below, search->nodes[below].certificate, issuer);
    return judge(search, below, issuer);
}

bool path_is_signed(struct path_search *search, int below, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    enum sieve_word word;
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
    word = look(search, below, issuer, cost);
    if (word == SIEVE_NO || !has_room(search, word == SIEVE_YES ? 0 : cost))
        return false;
    search->signatures++;
    if (X509_verify(search->nodes[below].certificate, key) == 1)
        return true;
    search->spent += cost;
    sieve_add_failed(&search->sieve, below, issuer);
    return false;
}
