/* SPDX-License-Identifier: ISC */
#include "certificate/bundle_pkcs12.h"
#include "unit/certificate/bundle_given.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
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
        expect_bundle_refused(p12, length - 1, "secret", "it begins as PKCS#12");
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
    expect_bundle_refused(der, (size_t)length, NULL, "without a pass phrase");
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_X509_free(others);
}

/* The bytes that a MAC is made of: the OCTET STRING in the ContentInfo of a PFX. */
static const unsigned char *find_content(const unsigned char *der, long length, long *content)
{
    const unsigned char *at = der;
    const int steps[] = {V_ASN1_INTEGER, V_ASN1_SEQUENCE, V_ASN1_OBJECT, 0, V_ASN1_OCTET_STRING};
    int tag = 0, class = 0;
    size_t i;

    (void)ASN1_get_object(&at, content, &tag, &class, length);
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        (void)ASN1_get_object(&at, content, &tag, &class, length - (at - der));
        cr_assert_eq(tag, steps[i], "step %zu", i);
        if (tag == V_ASN1_INTEGER || tag == V_ASN1_OBJECT)
            at += *content;
    }
    return at;
}

/* A MacData with PBMAC1 (RFC 9579): PBKDF2 of 2048 rounds, HMAC with SHA-256. */
static const unsigned char mac_data[] =
    "\x30\x79\x30\x6d\x30\x49\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e\x30\x3c"
    "\x30\x2c\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c\x30\x1f"
    "\x04\x08saltsalt\x02\x02\x08\x00\x02\x01\x20"
    "\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00"
    "\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00"
    "\x04\x20................................\x04\x08saltsalt";
#define MAC_AT 81 /* where the dots stand */

/* A PKCS#12 without a MAC gets one of this kind. Free with OPENSSL_free. */
static unsigned char *add_pbmac1(const unsigned char *der, long length, size_t *result)
{
    const size_t added = sizeof(mac_data) - 1;
    unsigned char *made = OPENSSL_malloc((size_t)length + added + 8), *end = made;
    unsigned char key[32];
    const unsigned char *body = der, *content;
    long inner = 0, size = 0;
    unsigned int mac_length = 0;
    int tag = 0, class = 0;

    content = find_content(der, length, &size);
    (void)ASN1_get_object(&body, &inner, &tag, &class, length);
    cr_assert_eq(PKCS5_PBKDF2_HMAC("secret", 6, (const unsigned char *)"saltsalt", 8, 2048,
                     EVP_sha256(), sizeof(key), key),
        1);
    ASN1_put_object(&end, 1, (int)((size_t)inner + added), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(end, body, (size_t)inner);
    memcpy(end + inner, mac_data, added);
    cr_assert_not_null(HMAC(
        EVP_sha256(), key, sizeof(key), content, (size_t)size, end + inner + MAC_AT, &mac_length));
    *result = (size_t)(end - made) + (size_t)inner + added;
    return made;
}

/* What OpenSSL cannot read is named, with or without a pass phrase. */
Test(bundle_pkcs12, pkcs12_with_pbmac1_is_read_where_openssl_can_and_named_where_not)
{
    const bool can = OPENSSL_version_major() > 3 || OPENSSL_version_minor() >= 4;
    unsigned char *der = NULL, *made;
    size_t length = 0;
    PKCS12 *p12 = PKCS12_create(
        "secret", "test", given.ca->key, given.ca->certificate, NULL, 0, NID_aes_256_cbc, 0, -1, 0);
    long plain = i2d_PKCS12(p12, &der);

    cr_assert_gt(plain, 0);
    made = add_pbmac1(der, plain, &length);
    if (can) {
        expect_bundle_holds(made, length, "secret", 1, 0, true);
        expect_bundle_refused(made, length, "wrong", "the pass phrase does not open this PKCS#12");
    } else {
        expect_bundle_refused(
            made, length, "secret", "PBMAC1 (RFC 9579), which OpenSSL reads from");
        expect_bundle_refused(made, length, NULL, "PBMAC1 (RFC 9579), which OpenSSL reads from");
    }
    OPENSSL_free(made);
    OPENSSL_free(der);
    PKCS12_free(p12);
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
    expect_bundle_refused(more, length + 1, "secret", "it begins as PKCS#12");
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
