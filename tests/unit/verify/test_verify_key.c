/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_key.h"

#include <criterion/criterion.h>
#include <openssl/objects.h>
#include <string.h>

/* RSA exponents: test_verify_rules.c. */

struct raw_key {
    const char *algorithm, *curve;
    const unsigned char *bytes;
    int length;
};

/* Puts these bytes in the place of the key. */
static void set_key(X509 *certificate, void *context)
{
    const struct raw_key *raw = context;
    unsigned char *bytes = OPENSSL_memdup(raw->bytes, (size_t)raw->length);
    bool has_curve = raw->curve != NULL;

    pki_must(
        bytes != NULL &&
            X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate),
                OBJ_txt2obj(raw->algorithm, 0), has_curve ? V_ASN1_OBJECT : V_ASN1_UNDEF,
                has_curve ? (void *)OBJ_txt2obj(raw->curve, 0) : NULL, bytes, raw->length) == 1,
        "a key");
}

static void expect(struct raw_key *raw, bool bad, const char *what)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = root, .customise = set_key, .context = raw});
    X509 *decoded = pki_decoded(leaf);

    cr_expect_eq(key_is_bad(decoded), bad, "%s", what);
    if (bad && X509_get0_pubkey(decoded) != NULL) {
        struct verdict verdict = verify_judge(&(struct setup){.ca = {root}}, decoded);

        verify_expect(&verdict, VERDICT_UNTRUSTED, what);
        cr_expect_not_null(strstr(verdict.reason, "anybody signs"), "%s", verdict.reason);
    }
    X509_free(decoded);
    pki_free(leaf);
    pki_free(root);
}

Test(verify_key, the_point_at_infinity_is_bad)
{
    static const unsigned char infinity[] = {0};

    expect(&(struct raw_key){"id-ecPublicKey", "prime256v1", infinity, 1}, true, "P-256");
    expect(&(struct raw_key){"id-ecPublicKey", "secp384r1", infinity, 1}, true, "P-384");
}

/* A number, little end first, with the sign of the other coordinate. */
static void expect_edwards(
    const char *curve, int length, unsigned char low, unsigned char rest, bool bad)
{
    unsigned char bytes[57];
    int sign;

    for (sign = 0; sign < 2; sign++) {
        memset(bytes, rest, (size_t)length);
        bytes[0] = low;
        bytes[length - 1] &= 0x7F;
        if (length == 57) {
            bytes[28] = (unsigned char)(rest != 0 ? 0xFE : 0);
            bytes[56] = 0;
        }
        bytes[length - 1] |= (unsigned char)(sign != 0 ? 0x80 : 0);
        expect(&(struct raw_key){curve, NULL, bytes, length}, bad, curve);
    }
}

Test(verify_key, points_of_small_order_are_bad)
{
    static const unsigned char eighth[] = {0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45,
        0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39,
        0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05};
    unsigned char negative[32], near[32] = {1};
    unsigned borrow = 0;
    int i;

    expect_edwards("ED25519", 32, 0, 0, true);
    expect_edwards("ED25519", 32, 1, 0, true);
    expect_edwards("ED25519", 32, 3, 0, false);
    expect_edwards("ED25519", 32, 0xEC, 0xFF, true);
    expect_edwards("ED25519", 32, 0xED, 0xFF, true);
    expect_edwards("ED25519", 32, 0xEE, 0xFF, true);
    expect_edwards("ED25519", 32, 0xEB, 0xFF, false);
    expect_edwards("ED448", 57, 0, 0, true);
    expect_edwards("ED448", 57, 1, 0, true);
    expect_edwards("ED448", 57, 2, 0, false);
    expect_edwards("ED448", 57, 0xFE, 0xFF, true);
    expect_edwards("ED448", 57, 0xFD, 0xFF, false);
    /* 1 but for one byte, wherever it is. */
    for (i = 1; i < 32; i++) {
        near[i] = 1;
        expect(&(struct raw_key){"ED25519", NULL, near, 32}, false, "a number near it");
        near[i] = 0;
    }
    expect(&(struct raw_key){"ED25519", NULL, eighth, 32}, true, "of order 8");
    /* The prime less it: 2^255 - 19 - y. */
    for (i = 0; i < 32; i++) {
        unsigned minuend = i == 0 ? 0xED : i == 31 ? 0x7F : 0xFF;
        unsigned difference = 0x100 + minuend - eighth[i] - borrow;

        negative[i] = (unsigned char)difference;
        borrow = difference < 0x100 ? 1 : 0;
    }
    expect(&(struct raw_key){"ED25519", NULL, negative, 32}, true, "of order 8, the other");
}

Test(verify_key, usual_keys_are_not_bad)
{
    int kind;

    for (kind = 0; kind < PKI_KEY_KINDS; kind++) {
        struct pki *one =
            pki_make(&(struct pki_spec){.subject = "CN=x", .key = (enum pki_key)kind});

        cr_expect_not(key_is_bad(one->certificate), "kind %d", kind);
        pki_free(one);
    }
}

/* It is told as one that cannot be read. */
Test(verify_key, a_key_of_an_unknown_kind_is_not_bad)
{
    static const unsigned char zeros[32] = {0};

    expect(&(struct raw_key){"1.3.6.1.4.1.99999.1", NULL, zeros, 32}, false, "unknown");
}
