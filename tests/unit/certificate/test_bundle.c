/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "unit/certificate/bundle_given.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bundle, .init = bundle_given_make, .fini = bundle_given_free);

Test(bundle, der_is_read_exactly)
{
    unsigned char *more = calloc(1, given.ca_length + given.crl_length + 10);
    size_t i;

    expect_bundle_holds(given.ca_der, given.ca_length, NULL, 1, 0, false);
    expect_bundle_holds(given.crl_der, given.crl_length, NULL, 0, 1, false);
    memcpy(more, given.ca_der, given.ca_length);
    expect_bundle_refused(more, given.ca_length + 3, NULL, "3 bytes follow the certificate");
    memcpy(more + given.ca_length, given.crl_der, given.crl_length);
    expect_bundle_refused(
        more, given.ca_length + given.crl_length, NULL, "bytes follow the certificate");
    memcpy(more, given.crl_der, given.crl_length);
    expect_bundle_refused(more, given.crl_length + 1, NULL, "bytes follow the CRL");
    for (i = 1; i < given.ca_length; i += 13)
        expect_bundle_refused(
            given.ca_der, i, NULL, "it is not a PEM, DER certificate, DER CRL or PKCS#12");
    for (i = 1; i < given.crl_length; i += 13)
        expect_bundle_refused(
            given.crl_der, i, NULL, "it is not a PEM, DER certificate, DER CRL or PKCS#12");
    free(more);
}

Test(bundle, a_crl_is_salvaged_from_der_with_bytes_behind_it)
{
    struct bytes file = {calloc(1, given.crl_length + 2), given.crl_length + 2};
    struct bundle bundle = {0};

    memcpy(file.data, given.crl_der, given.crl_length);
    bundle_salvage_crls(&bundle, &file);
    cr_expect_eq(bundle_crls(&bundle), 1);
    bundle_free(&bundle);
    file.length = given.crl_length - 1;
    bundle_salvage_crls(&bundle, &file);
    file.length = 0;
    bundle_salvage_crls(&bundle, &file);
    cr_expect_eq(bundle_crls(&bundle), 0);
    bundle_free(&bundle);
    free(file.data);
}

Test(bundle, what_is_no_bundle_is_refused)
{
    static const unsigned char pkcs12[] = {0x30, 0x82, 0x00, 0x07, 0x02, 0x01, 0x03, 0x30, 0x00};

    expect_bundle_text_refused("", "the file is empty");
    expect_bundle_text_refused("\n", "it is not a PEM");
    expect_bundle_text_refused("garbage", "it is not a PEM");
    expect_bundle_refused("\x30", 1, NULL, "it is not a PEM");
    expect_bundle_refused("\x30\xff\x02\x01\x03\x00\x00\x00", 8, NULL, "it is not a PEM");
    expect_bundle_refused("\x30\x03\x02\x01\x03\x00\x00\x00", 8, NULL, "it begins as PKCS#12");
    expect_bundle_refused(pkcs12, sizeof(pkcs12), NULL, "it begins as PKCS#12");
}

Test(bundle, a_trusted_certificate_is_refused)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long length;

    cr_assert_eq(PEM_write_bio_X509_AUX(bio, given.ca->certificate), 1);
    length = BIO_get_mem_data(bio, &data);
    expect_bundle_refused(data, (size_t)length, NULL, "a TRUSTED CERTIFICATE block is refused");
    BIO_free(bio);
}

Test(bundle, files_of_other_kinds_are_named)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *words;
    } cases[] = {
        {"\xFF\xFE-\0-\0-\0-\0-\0B\0", 14, "UTF-16"},
        {"-\0-\0-\0-\0-\0B\0", 12, "UTF-16"},
        {"\x1F\x8B\x08\0\0\0\0\0", 8, "gzip"},
        {"PK\x03\x04 and so on", 14, "ZIP"},
        {"\xFE\xED\xFE\xED\0\0\0\x02", 8, "Java"},
        {"\x30\x82\x01\0\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0", 16, "PKCS#7"},
        {"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0", 14, "PKCS#7"},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_bundle_refused(cases[i].bytes, cases[i].length, NULL, cases[i].words);
    expect_bundle_text_refused(
        "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", "openssl pkcs7");
}

/* Whoever writes a comment into a certificate must not choose what is read out of its file. */
Test(bundle, der_that_holds_pem_text_is_der)
{
    char extension[8000], *at = extension;
    struct pki *tricky;
    unsigned char *der;
    size_t length = 0, i, size = strlen(given.other_pem);

    at +=
        snprintf(at, 100, "nsComment=DER:16:82:%02zX:%02zX:0A", (size + 1) >> 8, (size + 1) & 0xFF);
    for (i = 0; i < size; i++)
        at += snprintf(at, 4, ":%02X", (unsigned)(unsigned char)given.other_pem[i]);
    tricky =
        pki_make(&(struct pki_spec){.subject = "CN=tricky", .ca = true, .extensions = {extension}});
    der = pki_der(tricky->certificate, &length);
    cr_assert_not_null(memmem(der, length, "\n-----BEGIN CERTIFICATE-----\n", 29));
    {
        struct bundle bundle = {0};
        struct error error;

        cr_assert(add_to_bundle(&bundle, der, length, NULL, &error), "%s", error.text);
        cr_assert_eq(bundle_certificates(&bundle), 1);
        cr_expect_eq(X509_cmp(sk_X509_value(bundle.certificates, 0), tricky->certificate), 0,
            "the certificate in the comment was read instead");
        bundle_free(&bundle);
    }
    free(der);
    pki_free(tricky);
}

Test(bundle, files_add_up)
{
    struct bundle bundle = {0};
    struct error error;

    cr_expect(add_to_bundle(&bundle, given.ca_der, given.ca_length, NULL, &error));
    cr_expect(add_to_bundle(&bundle, given.other_pem, strlen(given.other_pem), NULL, &error));
    cr_expect(add_to_bundle(&bundle, given.crl_der, given.crl_length, NULL, &error));
    cr_expect_eq(bundle_certificates(&bundle), 2);
    cr_expect_eq(bundle_crls(&bundle), 1);
    cr_expect_eq(X509_cmp(sk_X509_value(bundle.certificates, 1), given.other->certificate), 0);
    bundle_free(&bundle);
    cr_expect_null(bundle.certificates);
    bundle_free(&bundle);
    bundle_free(NULL);
}

/* What failed earlier in this thread says nothing about this file. */
Test(bundle, an_older_want_of_memory_is_forgotten)
{
    alloc_watch_fail_at(1, false);
    OPENSSL_free(OPENSSL_malloc(1));
    alloc_watch_fail_at(0, false);
    cr_assert(alloc_watch_failed());
    expect_bundle_text_refused("", "the file is empty");
    expect_bundle_together(strdup(given.ca_pem), 1, 0, false);
}

Test(bundle, want_of_memory_never_shortens_der)
{
    X509_CRL *rich = pki_crl(&(struct pki_crl_spec){.issuer = given.ca,
        .revoked = (struct pki_revoked[]){{.serial = 5, .reason = 1}, {.serial = 6}},
        .revoked_count = 2,
        .delta_base_plus_one = 2,
        .number = 7,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nfullname=URI:http://x\nonlyuser=TRUE\n"});
    size_t length = 0;
    unsigned char *der = pki_crl_der(rich, &length);

    fail_bundle_allocations(given.ca_der, given.ca_length, NULL, 1, 0, 10000);
    fail_bundle_allocations(given.crl_der, given.crl_length, NULL, 0, 1, 10000);
    fail_bundle_allocations(der, length, NULL, 0, 1, 10000);
    free(der);
    X509_CRL_free(rich);
}
