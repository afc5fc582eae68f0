/* SPDX-License-Identifier: ISC */
#include "verify/verify_sieve.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

/* A signature by PKCS #1 version 1.5 is as long as the modulus (RFC 8017 section 8.2.2); one by PSS
 * may lack zeros that it begins with. */
static bool has_other_size(const X509 *certificate, const EVP_PKEY *key, bool may_be_shorter)
{
    const ASN1_BIT_STRING *signature = NULL;
    int length;

    X509_get0_signature(&signature, NULL, certificate);
    length = ASN1_STRING_length(signature);
    return may_be_shorter ? length > EVP_PKEY_get_size(key) : length != EVP_PKEY_get_size(key);
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
        return kind != EVP_PKEY_RSA || has_other_size(certificate, key, false);
    case NID_rsassaPss:
        return (kind != EVP_PKEY_RSA && kind != EVP_PKEY_RSA_PSS) ||
               has_other_size(certificate, key, true);
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

    if (ASN1_STRING_cmp(a, b) != 0)
        return false;
    /* These cannot fail. A key of RSA-PSS may be restricted. */
    (void)X509_PUBKEY_get0_param(NULL, NULL, NULL, &its, X509_get_X509_PUBKEY(one));
    (void)X509_PUBKEY_get0_param(NULL, NULL, NULL, &others, X509_get_X509_PUBKEY(other));
    return X509_ALGOR_cmp(its, others) == 0;
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
