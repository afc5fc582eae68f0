/* SPDX-License-Identifier: ISC */
#include "verify/verify_sieve.h"
#include "certificate/der.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

/* An RSA signature is a number below the modulus; by PKCS #1 version 1.5 it is as long, too (RFC
 * 8017 section 8.2.2). */
static bool fits_modulus(const X509 *certificate, const X509 *issuer, bool as_long)
{
    const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(issuer), *signature = NULL;
    struct der_span bytes = {ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key)};
    struct der_span fields, modulus;
    size_t length;

    if (!der_take(&bytes, DER_SEQUENCE, &fields) || !der_take(&fields, DER_INTEGER, &modulus))
        return true;
    for (; modulus.length > 0 && modulus.at[0] == 0; modulus.at++)
        modulus.length--;
    X509_get0_signature(&signature, NULL, certificate);
    length = (size_t)ASN1_STRING_length(signature);
    if (length != modulus.length)
        return !as_long && length < modulus.length;
    return memcmp(ASN1_STRING_get0_data(signature), modulus.at, length) < 0;
}

/* Whether a key is of the kind and size that a signature needs. */
static bool fits(const X509 *certificate, const X509 *issuer)
{
    const EVP_PKEY *key = X509_get0_pubkey(issuer);
    int kind, digest = NID_undef, wanted = NID_undef;

    if (key == NULL)
        return true;
    kind = EVP_PKEY_get_base_id(key);
    (void)OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, &wanted);
    switch (wanted) {
    case NID_rsaEncryption:
        return kind == EVP_PKEY_RSA && fits_modulus(certificate, issuer, true);
    case NID_rsassaPss:
        return (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS) &&
               fits_modulus(certificate, issuer, false);
    case NID_X9_62_id_ecPublicKey:
    case NID_ED25519:
    case NID_ED448:
        return kind == wanted;
    default:
        return true;
    }
}

static bool has_same_key(const X509 *one, const X509 *other)
{
    const ASN1_BIT_STRING *a = X509_get0_pubkey_bitstr(one), *b = X509_get0_pubkey_bitstr(other);
    X509_ALGOR *its = NULL, *others = NULL;

    return ASN1_STRING_cmp(a, b) == 0 &&
           X509_PUBKEY_get0_param(NULL, NULL, NULL, &its, X509_get_X509_PUBKEY(one)) == 1 &&
           X509_PUBKEY_get0_param(NULL, NULL, NULL, &others, X509_get_X509_PUBKEY(other)) == 1 &&
           X509_ALGOR_cmp(its, others) == 0;
}

/* Keys are asked for when they cost less than the checks that they spare: a check on P-256, of
 * which libcrypto has code of its own, is cheap. */
static bool is_worth_asking(int curve, int failed)
{
    return failed >= (curve == NID_X9_62_prime256v1 ? 2 : 1);
}

static int find_found(const struct sieve *sieve, int below, int curve)
{
    int i;

    for (i = 0; i < SIEVE_KEYS && i < sieve->found_count; i++) {
        if (sieve->found[i].below == below && sieve->found[i].curve == curve)
            return i;
    }
    return -1;
}

enum sieve_word sieve_judge(
    const struct sieve *sieve, int below, const X509 *certificate, const X509 *issuer)
{
    int curve = NID_undef, failed = 0, i;

    if (!fits(certificate, issuer))
        return SIEVE_NO;
    if (sieve->failed_count == 0)
        return SIEVE_OPEN;
    curve = ecdsa_curve(issuer);
    i = curve != NID_undef ? find_found(sieve, below, curve) : -1;
    if (i >= 0 && sieve->found[i].known)
        return ecdsa_has_key(&sieve->found[i].keys, issuer) ? SIEVE_YES : SIEVE_NO;
    for (i = 0; i < sieve->failed_count; i++) {
        if (sieve->failed[i].below != below)
            continue;
        if (has_same_key(sieve->failed[i].issuer, issuer))
            return SIEVE_NO;
        if (curve != NID_undef && ecdsa_curve(sieve->failed[i].issuer) == curve)
            failed++;
    }
    return curve != NID_undef && find_found(sieve, below, curve) < 0 &&
                   is_worth_asking(curve, failed)
               ? SIEVE_ASK
               : SIEVE_OPEN;
}

void sieve_find_keys(struct sieve *sieve, int below, const X509 *certificate, const X509 *issuer)
{
    int at = sieve->found_count++ % SIEVE_KEYS;

    sieve->found[at].below = below;
    sieve->found[at].curve = ecdsa_curve(issuer);
    sieve->found[at].known =
        ecdsa_find_keys(certificate, sieve->found[at].curve, &sieve->found[at].keys);
}

void sieve_add_failed(struct sieve *sieve, int below, const X509 *issuer)
{
    if (sieve->failed_count == SIEVE_FAILED)
        return;
    sieve->failed[sieve->failed_count].below = below;
    sieve->failed[sieve->failed_count].issuer = issuer;
    sieve->failed_count++;
}
