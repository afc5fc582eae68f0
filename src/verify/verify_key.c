/* SPDX-License-Identifier: ISC */
#include "verify/verify_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

/* An exponent that is no number of 64 bits is not handed out. */
static bool has_bad_exponent(const EVP_PKEY *key)
{
    uint64_t exponent = 0;
    OSSL_PARAM wanted[] = {
        OSSL_PARAM_construct_uint64(OSSL_PKEY_PARAM_RSA_E, &exponent), OSSL_PARAM_construct_end()};

    return EVP_PKEY_get_params(key, wanted) != 1 || exponent < 3 || exponent % 2 == 0;
}

/* An encoded point without the sign, which is the last byte's highest bit (RFC 8032 sections 5.1.2
 * and 5.2.2). */
struct point {
    const unsigned char *bytes;
    size_t length;
};

static bool is_number(struct point point, unsigned char number)
{
    size_t i;

    for (i = 1; i + 1 < point.length; i++) {
        if (point.bytes[i] != 0)
            return false;
    }
    return point.bytes[0] == number && (point.bytes[point.length - 1] & 0x7F) == 0;
}

static bool is(struct point point, const unsigned char *bytes)
{
    return memcmp(point.bytes, bytes, point.length - 1) == 0 &&
           (point.bytes[point.length - 1] & 0x7F) == bytes[point.length - 1];
}

/* The y of the points whose order divides 8: 0, 1, -1 and two more, and 0 and 1 again with the
 * prime added, which RFC 8032 does not allow and libcrypto reads. */
static bool is_small_25519(struct point point)
{
    static const unsigned char others[][32] = {
        {0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98,
            0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D,
            0x53, 0xFC, 0x05},
        {0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67,
            0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92,
            0xAC, 0x03, 0x7A},
    };
    unsigned char near_prime[32];
    unsigned char low;

    if (point.length != 32)
        return false;
    if (is_number(point, 0) || is_number(point, 1) || is(point, others[0]) || is(point, others[1]))
        return true;
    /* 2^255 - 19 begins with 0xED: one less, itself, and one more. */
    memset(near_prime, 0xFF, sizeof(near_prime));
    near_prime[31] = 0x7F;
    for (low = 0xEC; low <= 0xEE; low++) {
        near_prime[0] = low;
        if (is(point, near_prime))
            return true;
    }
    return false;
}

/* The y of the points whose order divides 4: 0, 1 and -1. */
static bool is_small_448(struct point point)
{
    unsigned char last[57];

    if (point.length != sizeof(last))
        return false;
    if (is_number(point, 0) || is_number(point, 1))
        return true;
    /* 2^448 - 2^224 - 2 */
    memset(last, 0xFF, sizeof(last));
    last[0] = 0xFE;
    last[28] = 0xFE;
    last[56] = 0;
    return is(point, last);
}

bool key_is_bad(const X509 *certificate)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);
    struct point point = {ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits)};

    switch (key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
    case EVP_PKEY_NONE:
        return false;
    case EVP_PKEY_ED25519:
        return is_small_25519(point);
    case EVP_PKEY_ED448:
        return is_small_448(point);
    case EVP_PKEY_EC:
        return point.length <= 1; /* infinity (SEC 1 section 2.3.3) */
    case EVP_PKEY_RSA:
        return has_bad_exponent(key);
    default:
        return (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) &&
               has_bad_exponent(key);
    }
}
