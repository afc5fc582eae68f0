/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"
#include "verify/verify_ecdsa.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

static struct pki *ca_of(const char *curve)
{
    struct pki *made = calloc(1, sizeof(*made));

    pki_must(made != NULL, "calloc");
    made->key = EVP_EC_gen(curve);
    pki_must(made->key != NULL, "EVP_EC_gen");
    made->certificate = X509_new();
    pki_must(made->certificate != NULL && X509_set_pubkey(made->certificate, made->key) == 1,
        "a certificate");
    return made;
}

static X509 *signed_by(const struct pki *ca, const EVP_MD *digest, long serial)
{
    X509 *certificate = X509_new();

    pki_must(certificate != NULL &&
                 ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1 &&
                 X509_set_pubkey(certificate, ca->key) == 1 &&
                 X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
                 X509_gmtime_adj(X509_getm_notAfter(certificate), 100) != NULL &&
                 X509_sign(certificate, ca->key, digest) > 0,
        "X509_sign");
    return certificate;
}

/* libcrypto is the judge: whoever it takes for the signer is among the keys. */
Test(verify_ecdsa, the_key_that_signed_is_found_on_each_curve_and_with_each_digest)
{
    static const char *const curves[] = {"P-256", "P-384", "P-521", "P-224", "secp256k1",
        "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"};
    const EVP_MD *digests[] = {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
    size_t i, j;
    int tried;

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        struct pki *ca = ca_of(curves[i]), *other = ca_of(curves[i]);
        int curve = ecdsa_curve(ca->certificate);

        cr_assert_eq(curve,
            strchr(curves[i], '-') != NULL ? EC_curve_nist2nid(curves[i]) : OBJ_sn2nid(curves[i]));
        for (j = 0; j < sizeof(digests) / sizeof(digests[0]); j++) {
            for (tried = 0; tried < 4; tried++) {
                X509 *leaf = signed_by(ca, digests[j], tried + 1);
                struct ecdsa_keys keys;

                cr_assert_eq(X509_verify(leaf, ca->key), 1);
                cr_assert(ecdsa_find_keys(leaf, curve, &keys), "%s %zu", curves[i], j);
                cr_expect(keys.count >= 2 && keys.count <= 4, "%s: %d", curves[i], keys.count);
                cr_expect(ecdsa_has_key(&keys, ca->certificate), "%s %zu", curves[i], j);
                cr_expect_not(ecdsa_has_key(&keys, other->certificate), "%s %zu", curves[i], j);
                X509_free(leaf);
            }
        }
        pki_free(ca);
        pki_free(other);
    }
    cr_expect_eq(ERR_peek_error(), 0);
}

/* A point may be encoded in three ways. */
Test(verify_ecdsa, a_key_is_known_by_its_compressed_point_too)
{
    struct pki *ca = ca_of("P-256"), *short_one = ca_of("P-256");
    X509 *leaf = signed_by(ca, EVP_sha256(), 1);
    static const char *const forms[] = {"compressed", "hybrid", "uncompressed"};
    struct ecdsa_keys keys;
    size_t i;

    cr_assert(ecdsa_find_keys(leaf, NID_X9_62_prime256v1, &keys));
    for (i = 0; i < 3; i++) {
        cr_assert_eq(EVP_PKEY_set_utf8_string_param(ca->key, "point-format", forms[i]), 1);
        cr_assert_eq(X509_set_pubkey(ca->certificate, ca->key), 1);
        cr_expect(ecdsa_has_key(&keys, ca->certificate), "%s", forms[i]);
    }
    /* Nothing is read beyond the end of a key. */
    cr_assert_eq(ASN1_BIT_STRING_set(X509_get0_pubkey_bitstr(short_one->certificate),
                     (unsigned char *)(uintptr_t)keys.x[0], 32),
        1);
    cr_expect_not(ecdsa_has_key(&keys, short_one->certificate));
    X509_free(leaf);
    pki_free(short_one);
    pki_free(ca);
}

static void set_signature(X509 *certificate, const BIGNUM *r, const BIGNUM *s)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    const ASN1_BIT_STRING *bits = NULL;
    unsigned char *der = NULL;
    int length;

    pki_must(signature != NULL && ECDSA_SIG_set0(signature, BN_dup(r), BN_dup(s)) == 1, "a sig");
    length = i2d_ECDSA_SIG(signature, &der);
    X509_get0_signature(&bits, NULL, certificate);
    pki_must(
        length > 0 && ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)bits, der, length) == 1,
        "a signature");
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
}

/* Zero, the order and more, below zero: no key makes these. */
Test(verify_ecdsa, what_is_no_signature_has_no_keys)
{
    struct pki *ca = ca_of("P-256");
    X509 *leaf = signed_by(ca, EVP_sha256(), 1);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    const BIGNUM *order = EC_GROUP_get0_order(group);
    BIGNUM *zero = BN_new(), *below = BN_dup(order);
    const ASN1_BIT_STRING *bits = NULL;
    unsigned char no_der[] = {5}, negative[] = {0x30, 6, 2, 1, 0xFF, 2, 1, 1};
    struct ecdsa_keys keys;
    size_t i;

    BN_zero(zero);
    BN_sub_word(below, 1);
    {
        const struct {
            const BIGNUM *r, *s;
        } rows[] = {{zero, BN_value_one()}, {BN_value_one(), zero}, {order, BN_value_one()},
            {BN_value_one(), order}};

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            set_signature(leaf, rows[i].r, rows[i].s);
            cr_expect(ecdsa_find_keys(leaf, NID_X9_62_prime256v1, &keys), "row %zu", i);
            cr_expect_eq(keys.count, 0, "row %zu: %d", i, keys.count);
            cr_expect_not(ecdsa_has_key(&keys, ca->certificate));
        }
    }
    X509_get0_signature(&bits, NULL, leaf);
    pki_must(ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)bits, no_der, 1), "a signature");
    cr_expect(ecdsa_find_keys(leaf, NID_X9_62_prime256v1, &keys));
    cr_expect_eq(keys.count, 0, "no DER");
    pki_must(ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)bits, negative, 8), "a signature");
    cr_expect(ecdsa_find_keys(leaf, NID_X9_62_prime256v1, &keys));
    cr_expect_eq(keys.count, 0, "below zero");
    BN_free(zero);
    BN_free(below);
    EC_GROUP_free(group);
    X509_free(leaf);
    pki_free(ca);
    ERR_clear_error();
}

/* An r that is less than the prime is above the order stands for two points; whether there is a
 * point at all depends on it. libcrypto takes each key that is found for the signer. */
Test(verify_ecdsa, a_small_r_stands_for_two_points)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    struct pki *ca = ca_of("P-256");
    X509 *leaf = signed_by(ca, EVP_sha256(), 1);
    BIGNUM *r = BN_new(), *s = BN_new();
    int counts[5] = {0}, number;

    for (number = 1; number <= 60; number++) {
        struct ecdsa_keys keys;
        int i;

        BN_set_word(r, (BN_ULONG)number);
        BN_set_word(s, 12345);
        set_signature(leaf, r, s);
        cr_assert(ecdsa_find_keys(leaf, NID_X9_62_prime256v1, &keys));
        cr_assert(keys.count % 2 == 0 && keys.count <= 4, "%d: %d", number, keys.count);
        counts[keys.count]++;
        for (i = 0; i < keys.count; i++) {
            int sign, good = 0;

            for (sign = 2; sign <= 3; sign++) {
                unsigned char point[33];
                EVP_PKEY *key = NULL;
                OSSL_PARAM parameters[3] = {
                    OSSL_PARAM_construct_utf8_string("group", (char[]){"P-256"}, 0),
                    OSSL_PARAM_construct_octet_string("pub", point, sizeof(point)),
                    OSSL_PARAM_construct_end()};
                EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

                point[0] = (unsigned char)sign;
                memcpy(point + 1, keys.x[i], 32);
                pki_must(EVP_PKEY_fromdata_init(context) == 1 &&
                             EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1,
                    "a key");
                good += X509_verify(leaf, key) == 1;
                EVP_PKEY_free(key);
                EVP_PKEY_CTX_free(context);
            }
            cr_expect_eq(good, 1, "r %d, key %d: %d", number, i, good);
        }
    }
    cr_expect(counts[0] > 0 && counts[2] > 0 && counts[4] > 0, "none %d, two %d, four %d",
        counts[0], counts[2], counts[4]);
    BN_free(r);
    BN_free(s);
    X509_free(leaf);
    pki_free(ca);
    EC_GROUP_free(group);
    ERR_clear_error();
}

Test(verify_ecdsa, where_nothing_can_be_told_that_is_said)
{
    struct pki *ca = ca_of("P-256"), *rsa = pki_make(&(struct pki_spec){.key = PKI_RSA_2048});
    struct pki *binary = ca_of("sect283r1"),
               *foreign = pki_make(&(struct pki_spec){.customise = pki_explicit_curve});
    X509 *leaf = signed_by(ca, EVP_sha256(), 1), *of_binary = signed_by(binary, EVP_sha256(), 1);
    struct ecdsa_keys keys;

    cr_expect_eq(ecdsa_curve(rsa->certificate), NID_undef);
    cr_expect_eq(ecdsa_curve(foreign->certificate), NID_undef, "a curve that is spelled out");
    cr_expect_not(ecdsa_find_keys(leaf, NID_undef, &keys));
    cr_expect_not(ecdsa_find_keys(leaf, NID_rsaEncryption, &keys), "no curve");
    cr_expect_not(ecdsa_find_keys(of_binary, NID_sect283r1, &keys), "no prime field");
    cr_expect_not(ecdsa_find_keys(rsa->certificate, NID_X9_62_prime256v1, &keys), "RSA signed it");
    cr_expect(ecdsa_find_keys(leaf, NID_secp384r1, &keys), "another curve is none of a kind");
    cr_expect_not(ecdsa_has_key(&keys, ca->certificate));
    X509_free(leaf);
    X509_free(of_binary);
    pki_free(ca);
    pki_free(rsa);
    pki_free(binary);
    pki_free(foreign);
    ERR_clear_error();
}
