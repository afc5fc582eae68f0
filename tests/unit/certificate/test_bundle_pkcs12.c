/* SPDX-License-Identifier: ISC */
#include "certificate/bundle_pkcs12.h"
#include "unit/certificate/bundle_given.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bundle_pkcs12, .init = bundle_given_make, .fini = bundle_given_free);

static void expect_no_legacy(void)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "RC2-40-CBC", NULL);

    cr_expect_null(cipher, "the default context has the legacy provider's ciphers");
    cr_expect_not(OSSL_PROVIDER_available(NULL, "legacy"));
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
}

Test(bundle_pkcs12, pkcs12_of_new_and_old_tools_is_read_and_the_legacy_provider_does_not_stay)
{
    X509 *chain[] = {given.other->certificate, NULL};
    size_t length = 0;
    int legacy;

    for (legacy = 0; legacy < 2; legacy++) {
        unsigned char *p12 = pki_p12(given.ca, chain, "secret", legacy, &length);

        expect_bundle_holds(p12, length, "secret", 2, 0, true);
        expect_no_legacy();
        expect_bundle_refused(p12, length, "wrong", "the pass phrase does not open this PKCS#12");
        expect_bundle_refused(p12, length, "", "the pass phrase does not open this PKCS#12");
        expect_bundle_refused(p12, length, NULL, "this PKCS#12 needs a pass phrase");
        expect_bundle_refused(p12, length - 1, "secret", "it is no PEM");
        free(p12);
        p12 = pki_p12(NULL, chain, "secret", legacy, &length);
        expect_bundle_holds(p12, length, "secret", 1, 0, false);
        expect_no_legacy();
        free(p12);
        p12 = pki_p12(given.ca, NULL, "", legacy, &length);
        expect_bundle_holds(p12, length, NULL, 1, 0, true);
        expect_bundle_holds(p12, length, "", 1, 0, true);
        free(p12);
    }
}

/* `openssl pkcs12 -export -nomac`; the owner of the key comes first wherever it stands. */
Test(bundle_pkcs12, pkcs12_without_a_mac_is_read)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    struct bundle bundle = {0};
    struct error error;
    unsigned char *der = NULL;
    PKCS12 *p12;
    int length;

    cr_assert_gt(sk_X509_push(others, given.other->certificate), 0);
    p12 = PKCS12_create("secret", "test", given.ca->key, given.ca->certificate, others, 0,
        NID_aes_256_cbc, 0, -1, 0);
    cr_assert_not_null(p12);
    length = i2d_PKCS12(p12, &der);
    cr_assert_gt(length, 0);
    cr_expect(add_to_bundle(&bundle, der, (size_t)length, "secret", &error), "%s", error.text);
    cr_expect_eq(bundle_certificates(&bundle), 2);
    cr_expect_eq(X509_cmp(sk_X509_value(bundle.certificates, 0), given.ca->certificate), 0);
    cr_expect(bundle.has_private_key);
    bundle_free(&bundle);
    expect_bundle_refused(der, (size_t)length, "wrong", "cannot be decrypted");
    expect_bundle_refused(der, (size_t)length, NULL, "cannot be decrypted");
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_X509_free(others);
}

Test(bundle_pkcs12, what_comes_out_of_an_old_pkcs12_outlives_its_library_context)
{
    struct bundle bundle = {0};
    struct error error;
    size_t length = 0;
    unsigned char *p12 = pki_p12(given.ca, NULL, "secret", true, &length);

    cr_assert(add_to_bundle(&bundle, p12, length, "secret", &error), "%s", error.text);
    cr_expect_eq(X509_verify(sk_X509_value(bundle.certificates, 0),
                     X509_get0_pubkey(sk_X509_value(bundle.certificates, 0))),
        1);
    bundle_free(&bundle);
    free(p12);
}

Test(bundle_pkcs12, bytes_after_a_pkcs12_are_refused)
{
    size_t length = 0;
    unsigned char *p12 = pki_p12(given.ca, NULL, "secret", false, &length);
    unsigned char *more = calloc(1, length + 1);

    memcpy(more, p12, length);
    expect_bundle_refused(more, length + 1, "secret", "it is no PEM");
    free(more);
    free(p12);
}

Test(bundle_pkcs12, want_of_memory_never_shortens_a_pkcs12)
{
    X509 *chain[] = {given.other->certificate, NULL};
    size_t length = 0;
    unsigned char *p12 = pki_p12(given.ca, chain, "secret", false, &length);

    fail_bundle_allocations(p12, length, "secret", 2, 0, 60);
    free(p12);
    p12 = pki_p12(NULL, chain, "secret", false, &length);
    fail_bundle_allocations(p12, length, "secret", 1, 0, 30);
    free(p12);
}
