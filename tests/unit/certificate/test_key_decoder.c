/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/certificate.h"
#include "certificate/key_decoder.h"
#include "certificate/outline.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static const char *const key_names[PKI_KEY_KINDS] = {
    "EC P-256", "EC P-384", "Ed25519", "RSA 2048", "RSA 1024", "RSA 512", "RSA-PSS 2048"};

static void start(void)
{
    key_decoder_start();
    cr_assert(key_decoder_is_on(), "it should be on with OpenSSL as it comes");
}

static X509 *read_certificate(const unsigned char *der, size_t length, bool ours, size_t *used)
{
    const unsigned char *at = der;
    struct error error;
    struct outline outline;
    X509 *certificate;

    (void)outline_read(der, length, &outline, &error);
    certificate =
        ours ? key_decoder_read(&at, (long)length, outline.key) : d2i_X509(NULL, &at, (long)length);

    ERR_clear_error();
    *used = (size_t)(at - der);
    return certificate;
}

/* The same bytes are taken, or refused, both ways, with the same key in them. */
static void expect_same(const unsigned char *der, size_t length, const char *what, size_t number)
{
    size_t used = 0, expected = 0;
    X509 *mine = read_certificate(der, length, true, &used);
    X509 *its = read_certificate(der, length, false, &expected);

    cr_assert_eq(mine == NULL, its == NULL, "%s %zu: decoded %d, by libcrypto %d", what, number,
        mine != NULL, its != NULL);
    cr_assert_eq(
        used, expected, "%s %zu: %zu bytes, by libcrypto %zu", what, number, used, expected);
    if (mine != NULL) {
        EVP_PKEY *my_key = X509_get0_pubkey(mine), *its_key = X509_get0_pubkey(its);

        cr_assert_eq(X509_cmp(mine, its), 0, "%s %zu", what, number);
        cr_assert_eq(my_key == NULL, its_key == NULL, "%s %zu: a key", what, number);
        cr_assert(my_key == NULL || EVP_PKEY_eq(my_key, its_key) == 1, "%s %zu: another key", what,
            number);
        cr_assert_eq(
            X509_get_extension_flags(mine), X509_get_extension_flags(its), "%s %zu", what, number);
    }
    ERR_clear_error();
    X509_free(mine);
    X509_free(its);
}

static bool is_by_us(const X509 *certificate)
{
    const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(X509_get0_pubkey(certificate));

    return provider != NULL && strcmp(OSSL_PROVIDER_get0_name(provider), "default") != 0;
}

Test(key_decoder, usual_keys_are_decoded_without_the_long_search_and_are_the_same)
{
    struct pki *ca = pki_ca("CN=CA");
    int kind;

    start();
    for (kind = 0; kind < PKI_KEY_KINDS; kind++) {
        struct pki *client = pki_make(
            &(struct pki_spec){.issuer = ca, .key = (enum pki_key)kind, .fresh_key = true});
        size_t length = 0, used = 0;
        unsigned char *der = pki_der(client->certificate, &length);
        X509 *mine = read_certificate(der, length, true, &used);

        cr_assert_not_null(mine, "%s", key_names[kind]);
        cr_expect_eq(is_by_us(mine), kind != PKI_RSA_PSS_2048, "%s", key_names[kind]);
        expect_same(der, length, key_names[kind], 0);
        X509_free(mine);
        free(der);
        pki_free(client);
    }
    pki_free(ca);
}

static void set_key(X509 *certificate, void *key)
{
    pki_must(X509_set_pubkey(certificate, key) == 1, "X509_set_pubkey");
}

Test(key_decoder, another_key_goes_the_long_way)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    struct pki *ca = pki_ca("CN=CA");
    struct pki *client =
        pki_make(&(struct pki_spec){.issuer = ca, .customise = set_key, .context = key});
    size_t length = 0, used = 0;
    unsigned char *der = pki_der(client->certificate, &length);
    X509 *mine;

    start();
    mine = read_certificate(der, length, true, &used);
    cr_assert_not_null(mine);
    cr_expect_not(is_by_us(mine));
    expect_same(der, length, "X25519", 0);
    X509_free(mine);
    free(der);
    pki_free(client);
    pki_free(ca);
    EVP_PKEY_free(key);
}

Test(key_decoder, every_kind_of_client_under_every_kind_of_ca_is_judged_the_same)
{
    int above, below;

    start();
    for (above = 0; above < PKI_KEY_KINDS; above++) {
        struct pki *ca = pki_make(&(struct pki_spec){
            .subject = "CN=CA", .ca = true, .key = (enum pki_key)above, .digest = "sha256"});
        const struct setup setup = {.ca = {ca}};

        for (below = 0; below < PKI_KEY_KINDS; below++) {
            struct pki *client =
                pki_make(&(struct pki_spec){.issuer = ca, .key = (enum pki_key)below});
            size_t length = 0, used = 0;
            unsigned char *der = pki_der(client->certificate, &length);
            X509 *mine = read_certificate(der, length, true, &used);
            X509 *its = read_certificate(der, length, false, &used);
            struct verdict one = verify_judge(&setup, mine), other = verify_judge(&setup, its);

            cr_expect_eq(one.status, other.status, "%s under %s: %s, else %s", key_names[below],
                key_names[above], verdict_status_name(one.status),
                verdict_status_name(other.status));
            cr_expect_eq(one.error_code, other.error_code, "%s under %s", key_names[below],
                key_names[above]);
            cr_expect_str_eq(one.reason, other.reason);
            X509_free(mine);
            X509_free(its);
            free(der);
            pki_free(client);
        }
        pki_free(ca);
    }
}

struct signing {
    const struct pki *client;
    EVP_PKEY *key;     /* that signs */
    EVP_PKEY *checked; /* as the issuer's certificate has it */
    const char *words;
    bool pss;
    int verified;
};

/* What a digest and a key can sign is verified both ways. */
static void expect_verified(EVP_MD *digest, void *context)
{
    struct signing *signing = context;
    X509 *certificate = X509_dup(signing->client->certificate), *mine, *its;
    EVP_MD_CTX *signer = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;
    unsigned char *der;
    size_t length = 0, used = 0;

    if (EVP_DigestSignInit(signer, &key, digest, NULL, signing->key) == 1 &&
        (!signing->pss || EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) == 1) &&
        X509_sign_ctx(certificate, signer) > 0) {
        der = pki_der(certificate, &length);
        mine = read_certificate(der, length, true, &used);
        its = read_certificate(der, length, false, &used);
        cr_assert(is_by_us(mine));
        cr_expect_eq(X509_verify(mine, signing->checked), X509_verify(its, signing->key),
            "%s with %s", signing->words, digest != NULL ? EVP_MD_get0_name(digest) : "none");
        signing->verified += X509_verify(its, signing->key) == 1;
        X509_free(mine);
        X509_free(its);
        free(der);
    }
    ERR_clear_error();
    EVP_MD_CTX_free(signer);
    X509_free(certificate);
}

static EVP_PKEY *make_key(const char *type)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    pki_must(EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_generate(context, &key) == 1, "a key");
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *make_dsa(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL), *again;
    EVP_PKEY *parameters = NULL, *key = NULL;

    pki_must(EVP_PKEY_paramgen_init(context) == 1 &&
                 EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 1024) == 1 &&
                 EVP_PKEY_paramgen(context, &parameters) == 1,
        "DSA parameters");
    again = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
    pki_must(EVP_PKEY_keygen_init(again) == 1 && EVP_PKEY_keygen(again, &key) == 1, "a DSA key");
    EVP_PKEY_CTX_free(again);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(parameters);
    return key;
}

/* The number of digests with which a CA with this key signed something that was verified. */
static int verify_all(EVP_PKEY *key, const char *words, bool pss)
{
    struct pki *ca = pki_make(&(struct pki_spec){.customise = set_key, .context = key});
    struct signing signing = {
        .client = pki_client("CN=Dan", ca), .key = key, .words = words, .pss = pss};
    size_t length = 0, used = 0;
    unsigned char *der = pki_der(ca->certificate, &length);
    X509 *issuer = read_certificate(der, length, true, &used);

    signing.checked = X509_get0_pubkey(issuer);
    if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
        expect_verified(NULL, &signing);
    else
        EVP_MD_do_all_provided(NULL, expect_verified, &signing);
    X509_free(issuer);
    free(der);
    pki_free((struct pki *)(uintptr_t)signing.client);
    pki_free(ca);
    EVP_PKEY_free(key);
    return signing.verified;
}

Test(key_decoder, what_any_digest_and_key_signed_is_verified)
{
    start();
    cr_expect_geq(verify_all(make_key("RSA"), "RSA", false), 11);
    cr_expect_geq(verify_all(make_key("RSA"), "PSS", true), 7);
    cr_expect_geq(verify_all(make_key("RSA-PSS"), "RSA-PSS", true), 7);
    cr_expect_geq(verify_all(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), "EC", false), 5);
    cr_expect_geq(verify_all(make_dsa(), "DSA", false), 2);
    cr_expect_eq(verify_all(make_key("ED25519"), "Ed25519", false), 1);
    cr_expect_eq(verify_all(make_key("ED448"), "Ed448", false), 1);
}

Test(key_decoder, what_is_cut_or_changed_is_taken_or_refused_as_libcrypto_does)
{
    struct pki *ca = pki_ca("CN=CA"), *client = pki_client("CN=Dan", ca);
    size_t length = 0, i;
    unsigned char *der = pki_der(client->certificate, &length);

    start();
    for (i = 0; i < length; i++)
        expect_same(der, i, "cut at", i);
    for (i = 0; i < 8 * length; i += 3) {
        der[i / 8] ^= (unsigned char)(1U << i % 8);
        expect_same(der, length, "changed bit", i);
        der[i / 8] ^= (unsigned char)(1U << i % 8);
    }
    free(der);
    pki_free(client);
    pki_free(ca);
}

Test(key_decoder, want_of_memory_is_told_as_such_or_changes_nothing)
{
    struct pki *ca = pki_ca("CN=CA"), *client = pki_client("CN=Dan", ca);
    size_t length = 0;
    unsigned char *der = pki_der(client->certificate, &length);
    unsigned long nth, count, failed = 0;
    int and_after;

    start();
    X509_free(certificate_decode(der, length, &(struct error){.kind = ERROR_NONE}));
    alloc_watch_fail_at(0, false);
    X509_free(certificate_decode(der, length, &(struct error){.kind = ERROR_NONE}));
    count = alloc_watch_count();
    cr_assert_gt(count, 10);
    for (and_after = 0; and_after < 2; and_after++) {
        for (nth = 1; nth <= count; nth++) {
            struct error error = {.kind = ERROR_NONE};
            X509 *certificate;

            alloc_watch_fail_at(nth, and_after != 0);
            certificate = certificate_decode(der, length, &error);
            alloc_watch_fail_at(0, false);
            failed += certificate == NULL;
            cr_assert(certificate != NULL || error.kind == ERROR_MEMORY, "allocation %lu: %s", nth,
                error.text);
            cr_assert(certificate == NULL || X509_cmp(certificate, client->certificate) == 0);
            cr_assert(certificate == NULL || EVP_PKEY_eq(X509_get0_pubkey(certificate),
                                                 X509_get0_pubkey(client->certificate)) == 1,
                "allocation %lu", nth);
            X509_free(certificate);
        }
    }
    cr_expect_gt(failed, 0);
    free(der);
    pki_free(client);
    pki_free(ca);
}

Test(key_decoder, with_another_provider_at_work_it_stays_off)
{
    OSSL_PROVIDER *null = OSSL_PROVIDER_load(NULL, "null");
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");

    pki_must(null != NULL && standard != NULL, "the null and the default provider");
    key_decoder_start();
    cr_expect_not(key_decoder_is_on());
    (void)OSSL_PROVIDER_unload(standard);
    (void)OSSL_PROVIDER_unload(null);
}

Test(key_decoder, it_can_be_stopped_and_begun_again)
{
    start();
    key_decoder_stop();
    cr_expect_not(key_decoder_is_on());
    start();
    key_decoder_stop();
}
