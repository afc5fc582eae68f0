/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"
#include "verify/verify_sieve.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define KEYS 8
static const enum pki_key kinds[KEYS] = {PKI_EC_P256, PKI_EC_P384, PKI_ED25519, PKI_RSA_2048,
    PKI_RSA_1024, PKI_RSA_512, PKI_RSA_PSS_2048, PKI_EC_P256};

/* What is ruled out libcrypto refuses; what it takes is never ruled out. */
Test(verify_sieve, a_key_of_another_kind_or_size_is_ruled_out_and_the_right_one_never)
{
    struct pki *cas[KEYS], *leaves[KEYS];
    int i, j, ruled_out = 0;

    for (i = 0; i < KEYS; i++) {
        cas[i] = pki_make(&(struct pki_spec){.ca = true, .key = kinds[i], .fresh_key = true});
        leaves[i] = pki_make(&(struct pki_spec){.issuer = cas[i]});
    }
    for (i = 0; i < KEYS; i++) {
        for (j = 0; j < KEYS; j++) {
            bool other = sieve_is_other_kind(leaves[i]->certificate, cas[j]->certificate);
            bool good = X509_verify(leaves[i]->certificate, cas[j]->key) == 1;

            cr_expect_eq(good, i == j);
            cr_expect_not(other && good, "%d by %d is ruled out", i, j);
            ruled_out += other;
        }
    }
    /* All pairs but each with itself, the two of P-256, and EC keys of another curve: r and s may
     * have any size; an RSA key may be one by PSS, but not the other way round. */
    cr_expect_geq(ruled_out, KEYS * KEYS - KEYS - 2 - 4 - 2, "%d", ruled_out);
    for (i = 0; i < KEYS; i++) {
        pki_free(cas[i]);
        pki_free(leaves[i]);
    }
    ERR_clear_error();
}

static void set_signature(X509 *certificate, const unsigned char *bytes, int length)
{
    const ASN1_BIT_STRING *bits = NULL;

    X509_get0_signature(&bits, NULL, certificate);
    pki_must(ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)bits,
                 (unsigned char *)(uintptr_t)bytes, length) == 1,
        "a signature");
}

Test(verify_sieve, an_rsa_signature_is_as_long_as_the_modulus)
{
    const enum pki_key which[] = {PKI_RSA_1024, PKI_RSA_PSS_2048};
    static const unsigned char bytes[300];
    int i;

    for (i = 0; i < 2; i++) {
        struct pki *ca = pki_make(&(struct pki_spec){.ca = true, .key = which[i]});
        struct pki *leaf = pki_make(&(struct pki_spec){.issuer = ca});
        int length = EVP_PKEY_get_size(ca->key);

        set_signature(leaf->certificate, bytes, length);
        cr_expect_not(sieve_is_other_kind(leaf->certificate, ca->certificate));
        set_signature(leaf->certificate, bytes, length + 1);
        cr_expect(sieve_is_other_kind(leaf->certificate, ca->certificate), "longer");
        set_signature(leaf->certificate, bytes, length - 1);
        cr_expect_eq(sieve_is_other_kind(leaf->certificate, ca->certificate), i == 0,
            "shorter: by PSS a leading zero may be missing");
        pki_free(leaf);
        pki_free(ca);
    }
}

Test(verify_sieve, a_key_that_cannot_be_read_is_for_the_caller)
{
    static char oid[] = "1.3.6.1.4.1.99999.1";
    struct pki *foreign =
        pki_make(&(struct pki_spec){.customise = pki_foreign_key, .context = oid});
    struct pki *leaf = pki_client("CN=x", NULL);
    X509 *decoded = pki_decoded(foreign);

    cr_expect_not(sieve_is_other_kind(leaf->certificate, decoded));
    X509_free(decoded);
    pki_free(foreign);
    pki_free(leaf);
    ERR_clear_error();
}

/* Keys of rsaEncryption sign by PSS, too (RFC 4055 section 1.2). */
Test(verify_sieve, a_signature_by_pss_may_be_of_any_rsa_key)
{
    struct pki *rsa = pki_make(&(struct pki_spec){.ca = true, .key = PKI_RSA_2048});
    struct pki *pss = pki_make(&(struct pki_spec){.ca = true, .key = PKI_RSA_PSS_2048});
    struct pki *ec = pki_make(&(struct pki_spec){.ca = true, .key = PKI_EC_P256});
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = rsa});
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;

    pki_must(EVP_DigestSignInit(context, &padding, EVP_sha256(), NULL, rsa->key) == 1 &&
                 EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1 &&
                 X509_sign_ctx(leaf->certificate, context) > 0,
        "a signature by PSS");
    cr_expect_eq(X509_verify(leaf->certificate, rsa->key), 1);
    cr_expect_not(sieve_is_other_kind(leaf->certificate, rsa->certificate));
    cr_expect_not(sieve_is_other_kind(leaf->certificate, pss->certificate));
    cr_expect(sieve_is_other_kind(leaf->certificate, ec->certificate));
    EVP_MD_CTX_free(context);
    pki_free(leaf);
    pki_free(ec);
    pki_free(pss);
    pki_free(rsa);
}

Test(verify_sieve, an_algorithm_that_is_not_known_is_for_libcrypto_to_refuse)
{
    struct pki *ca = pki_ca("CN=CA"), *leaf = pki_make(&(struct pki_spec){.issuer = ca});
    const X509_ALGOR *algorithm = NULL;

    X509_get0_signature(NULL, &algorithm, leaf->certificate);
    pki_must(X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm,
                 OBJ_txt2obj("1.3.6.1.4.1.99999.2", 1), V_ASN1_UNDEF, NULL) == 1,
        "an algorithm");
    cr_expect_not(sieve_is_other_kind(leaf->certificate, ca->certificate));
    pki_free(leaf);
    pki_free(ca);
}

/* Where a CA was renewed with its key, one check is enough, for this certificate. */
Test(verify_sieve, a_key_that_failed_is_not_tried_again)
{
    struct sieve sieve = {.failed_count = 0};
    struct pki *ca = pki_make(&(struct pki_spec){.ca = true});
    struct pki *renewed = pki_make(&(struct pki_spec){.ca = true, .same_key_as = ca});
    struct pki *other = pki_make(&(struct pki_spec){.ca = true, .fresh_key = true});
    X509_ALGOR *algorithm = NULL;
    int i;

    cr_expect_not(sieve_has_failed(&sieve, 0, ca->certificate));
    sieve_add_failed(&sieve, 0, ca->certificate);
    cr_expect(sieve_has_failed(&sieve, 0, renewed->certificate));
    cr_expect_not(sieve_has_failed(&sieve, 1, renewed->certificate));
    cr_expect_not(sieve_has_failed(&sieve, 0, other->certificate));
    pki_must(X509_PUBKEY_get0_param(
                 NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(renewed->certificate)) == 1 &&
                 X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss), V_ASN1_UNDEF, NULL) == 1,
        "an algorithm");
    cr_expect_not(sieve_has_failed(&sieve, 0, renewed->certificate), "of another algorithm");
    for (i = 0; i < SIEVE_FAILED + 1; i++)
        sieve_add_failed(&sieve, 1, ca->certificate);
    cr_expect_eq(sieve.failed_count, SIEVE_FAILED, "no more are kept");
    pki_free(other);
    pki_free(renewed);
    pki_free(ca);
}
