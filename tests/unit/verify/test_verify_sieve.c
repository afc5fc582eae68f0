/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"
#include "verify/verify_sieve.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <string.h>

#define KEYS 8
static const enum pki_key kinds[KEYS] = {PKI_EC_P256, PKI_EC_P384, PKI_ED25519, PKI_RSA_2048,
    PKI_RSA_1024, PKI_RSA_512, PKI_RSA_PSS_2048, PKI_EC_P256};

/* What is ruled out libcrypto refuses; what it takes is never ruled out. */
Test(verify_sieve, a_key_of_another_kind_or_size_is_ruled_out_and_the_right_one_never)
{
    static const struct sieve sieve;
    struct pki *cas[KEYS], *leaves[KEYS];
    int i, j, ruled_out = 0;

    for (i = 0; i < KEYS; i++) {
        cas[i] = pki_make(&(struct pki_spec){.ca = true, .key = kinds[i], .fresh_key = true});
        leaves[i] = pki_make(&(struct pki_spec){.issuer = cas[i]});
    }
    for (i = 0; i < KEYS; i++) {
        for (j = 0; j < KEYS; j++) {
            enum sieve_word word =
                sieve_judge(&sieve, 0, leaves[i]->certificate, cas[j]->certificate);
            bool good = X509_verify(leaves[i]->certificate, cas[j]->key) == 1;

            cr_expect_eq(good, i == j);
            cr_expect_eq(word == SIEVE_NO && good, false, "%d by %d is ruled out", i, j);
            cr_expect(word == SIEVE_NO || word == SIEVE_OPEN);
            ruled_out += word == SIEVE_NO;
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

Test(verify_sieve, an_rsa_signature_is_below_the_modulus_and_as_long)
{
    static const struct sieve sieve;
    const enum pki_key which[] = {PKI_RSA_1024, PKI_RSA_PSS_2048};
    int i;

    for (i = 0; i < 2; i++) {
        struct pki *ca = pki_make(&(struct pki_spec){.ca = true, .key = which[i]});
        struct pki *leaf = pki_make(&(struct pki_spec){.issuer = ca});
        const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(ca->certificate);
        int length = EVP_PKEY_get_size(ca->key), at;
        unsigned char bytes[300] = {0};

        /* Behind the headers of the sequence and the modulus, and its leading zero. */
        at = ASN1_STRING_length(key) - length - 5;
        memcpy(bytes + 1, ASN1_STRING_get0_data(key) + at, (size_t)length);
        set_signature(leaf->certificate, bytes + 1, length);
        cr_expect_eq(sieve_judge(&sieve, 0, leaf->certificate, ca->certificate), SIEVE_NO, "same");
        bytes[length]--;
        set_signature(leaf->certificate, bytes + 1, length);
        cr_expect_eq(
            sieve_judge(&sieve, 0, leaf->certificate, ca->certificate), SIEVE_OPEN, "less");
        set_signature(leaf->certificate, bytes, length + 1);
        cr_expect_eq(
            sieve_judge(&sieve, 0, leaf->certificate, ca->certificate), SIEVE_NO, "longer");
        set_signature(leaf->certificate, bytes + 1, length - 1);
        cr_expect_eq(sieve_judge(&sieve, 0, leaf->certificate, ca->certificate),
            i == 0 ? SIEVE_NO : SIEVE_OPEN, "shorter: by PSS a leading zero may be missing");
        pki_free(leaf);
        pki_free(ca);
    }
}

Test(verify_sieve, a_key_that_cannot_be_read_is_for_the_caller)
{
    static const struct sieve sieve;
    static char oid[] = "1.3.6.1.4.1.99999.1";
    struct pki *foreign =
        pki_make(&(struct pki_spec){.customise = pki_foreign_key, .context = oid});
    struct pki *leaf = pki_client("CN=x", NULL);
    X509 *decoded = pki_decoded(foreign);

    cr_expect_eq(sieve_judge(&sieve, 0, leaf->certificate, decoded), SIEVE_OPEN);
    X509_free(decoded);
    pki_free(foreign);
    pki_free(leaf);
    ERR_clear_error();
}

/* Where a CA was renewed with its key, one check is enough, for this certificate. */
Test(verify_sieve, a_key_that_failed_is_not_tried_again)
{
    struct sieve sieve = {.failed_count = 0};
    struct pki *ca = pki_make(&(struct pki_spec){.ca = true, .key = PKI_RSA_1024});
    struct pki *renewed = pki_make(&(struct pki_spec){.ca = true, .same_key_as = ca});
    struct pki *other =
        pki_make(&(struct pki_spec){.ca = true, .key = PKI_RSA_1024, .fresh_key = true});
    struct pki *leaf = NULL;
    enum sieve_word of_other;
    int i;

    /* Its signature is below both moduli. */
    do {
        pki_free(leaf);
        leaf = pki_make(&(struct pki_spec){.issuer = ca});
        of_other = sieve_judge(&sieve, 0, leaf->certificate, other->certificate);
    } while (of_other != SIEVE_OPEN);
    sieve_add_failed(&sieve, 0, ca->certificate);
    cr_expect_eq(sieve_judge(&sieve, 0, leaf->certificate, renewed->certificate), SIEVE_NO);
    cr_expect_eq(sieve_judge(&sieve, 1, leaf->certificate, renewed->certificate), SIEVE_OPEN);
    cr_expect_eq(sieve_judge(&sieve, 0, leaf->certificate, other->certificate), SIEVE_OPEN);
    for (i = 0; i < SIEVE_FAILED + 1; i++)
        sieve_add_failed(&sieve, 0, other->certificate);
    cr_expect_eq(sieve.failed_count, SIEVE_FAILED, "no more are kept");
    pki_free(leaf);
    pki_free(other);
    pki_free(renewed);
    pki_free(ca);
}

Test(verify_sieve, after_some_failures_on_a_curve_its_keys_tell)
{
    struct sieve sieve = {.failed_count = 0};
    struct pki *cas[6], *leaf;
    int i, below;

    for (i = 0; i < 6; i++)
        cas[i] = pki_make(&(struct pki_spec){
            .ca = true, .key = i < 4 ? PKI_EC_P256 : PKI_EC_P384, .fresh_key = true});
    leaf = pki_make(&(struct pki_spec){.issuer = cas[3]});
#define JUDGE(node, ca) sieve_judge(&sieve, node, leaf->certificate, cas[ca]->certificate)
    sieve_add_failed(&sieve, 0, cas[0]->certificate);
    cr_expect_eq(JUDGE(0, 1), SIEVE_OPEN, "one on P-256");
    cr_expect_eq(JUDGE(0, 4), SIEVE_OPEN, "none on P-384");
    sieve_add_failed(&sieve, 1, cas[2]->certificate);
    cr_expect_eq(JUDGE(0, 1), SIEVE_OPEN, "of another certificate");
    sieve_add_failed(&sieve, 0, cas[4]->certificate);
    cr_expect_eq(JUDGE(0, 5), SIEVE_ASK, "one on P-384");
    cr_expect_eq(JUDGE(0, 1), SIEVE_OPEN, "one on P-256 yet");
    sieve_add_failed(&sieve, 0, cas[1]->certificate);
    cr_expect_eq(JUDGE(0, 2), SIEVE_ASK);
    sieve_find_keys(&sieve, 0, leaf->certificate, cas[2]->certificate);
    cr_expect_eq(JUDGE(0, 2), SIEVE_NO);
    cr_expect_eq(JUDGE(0, 3), SIEVE_YES);
    cr_expect_eq(JUDGE(0, 5), SIEVE_ASK, "by its own curve");
    sieve_find_keys(&sieve, 0, leaf->certificate, cas[5]->certificate);
    cr_expect_eq(JUDGE(0, 5), SIEVE_NO);
    cr_expect_eq(JUDGE(0, 3), SIEVE_YES, "both are kept");
    /* The oldest goes when there are too many. */
    for (below = 2; below < 2 + SIEVE_KEYS; below++)
        sieve_find_keys(&sieve, below, leaf->certificate, cas[3]->certificate);
    cr_expect_eq(JUDGE(5, 3), SIEVE_YES);
    cr_expect_eq(JUDGE(2, 3), SIEVE_YES);
    cr_expect_eq(JUDGE(0, 3), SIEVE_ASK);
#undef JUDGE
    pki_free(leaf);
    for (i = 0; i < 6; i++)
        pki_free(cas[i]);
    ERR_clear_error();
}

/* Then each is checked, as if nobody had asked. */
Test(verify_sieve, where_the_keys_tell_nothing_all_stays_open)
{
    struct sieve sieve = {.failed_count = 0};
    struct pki *cas[3], *leaf;
    int i;

    for (i = 0; i < 3; i++) {
        cas[i] = pki_make(&(struct pki_spec){.ca = true, .fresh_key = true});
        if (i < 2)
            sieve_add_failed(&sieve, 0, cas[i]->certificate);
    }
    leaf = pki_make(&(struct pki_spec){.issuer = cas[2]});
    sieve.found[0].curve = ecdsa_curve(cas[2]->certificate);
    sieve.found_count = 1;
    cr_expect_eq(
        sieve_judge(&sieve, 0, leaf->certificate, cas[2]->certificate), SIEVE_OPEN, "not known");
    cr_expect_eq(
        sieve_judge(&sieve, 0, leaf->certificate, cas[1]->certificate), SIEVE_NO, "it failed");
    pki_free(leaf);
    for (i = 0; i < 3; i++)
        pki_free(cas[i]);
}
