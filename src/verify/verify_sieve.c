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

bool sieve_is_other_kind(const X509 *certificate, const X509 *issuer)
{
    const EVP_PKEY *key = X509_get0_pubkey(issuer);
    int kind, digest = NID_undef, wanted = NID_undef;

    if (key == NULL)
        return false;
    kind = EVP_PKEY_get_base_id(key);
    (void)OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, &wanted);
    switch (wanted) {
    case NID_rsaEncryption:
        return kind != EVP_PKEY_RSA || !fits_modulus(certificate, issuer, true);
    case NID_rsassaPss:
        return (kind != EVP_PKEY_RSA && kind != EVP_PKEY_RSA_PSS) ||
               !fits_modulus(certificate, issuer, false);
    case NID_X9_62_id_ecPublicKey:
    case NID_ED25519:
    case NID_ED448:
        return kind != wanted;
    default:
        return false;
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

bool sieve_has_failed(const struct sieve *sieve, int below, const X509 *issuer)
{
    int i;

    for (i = 0; i < sieve->failed_count; i++) {
        if (sieve->failed[i].below == below && has_same_key(sieve->failed[i].issuer, issuer))
            return true;
    }
    return false;
}

void sieve_add_failed(struct sieve *sieve, int below, const X509 *issuer)
{
    if (sieve->failed_count == SIEVE_FAILED)
        return;
    sieve->failed[sieve->failed_count].below = below;
    sieve->failed[sieve->failed_count].issuer = issuer;
    sieve->failed_count++;
}
