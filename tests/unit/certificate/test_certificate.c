/* SPDX-License-Identifier: ISC */
#include "certificate/certificate.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

static void expect_refused(const unsigned char *der, size_t length, const char *words)
{
    struct error error = {0};
    X509 *certificate = certificate_decode(der, length, &error);

    cr_expect_null(certificate, "decoded; expected \"%s\"", words);
    cr_expect_eq(error.kind, ERROR_INPUT, "kind %d: %s", error.kind, error.text);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    cr_expect_eq(ERR_peek_error(), 0, "libcrypto's error queue is not empty");
    X509_free(certificate);
}

/* A copy with room behind it. */
static unsigned char *der_with_room(size_t room, size_t *length)
{
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=x"});
    unsigned char *der = pki_der(pki->certificate, length);
    unsigned char *more = calloc(1, *length + room);

    cr_assert_not_null(more);
    memcpy(more, der, *length);
    free(der);
    pki_free(pki);
    return more;
}

Test(certificate, each_kind_of_key_decodes_and_leaves_no_error)
{
    int kind;

    for (kind = 0; kind < PKI_KEY_KINDS; kind++) {
        struct pki *pki = pki_make(&(struct pki_spec){.key = (enum pki_key)kind});
        struct error error = {0};
        size_t length = 0;
        unsigned char *der = pki_der(pki->certificate, &length);
        X509 *certificate = certificate_decode(der, length, &error);

        cr_assert_not_null(certificate, "kind %d: %s", kind, error.text);
        cr_expect_eq(X509_cmp(certificate, pki->certificate), 0);
        cr_expect_eq(ERR_peek_error(), 0);
        X509_free(certificate);
        free(der);
        pki_free(pki);
    }
}

Test(certificate, bytes_after_the_certificate_are_refused)
{
    size_t length = 0;
    unsigned char *der = der_with_room(65536, &length);

    expect_refused(der, length + 1, "1 byte follows the certificate");
    expect_refused(der, length + 500, "500 bytes follow the certificate");
    memcpy(der + length, der, length);
    expect_refused(der, 2 * length, "bytes follow the certificate");
    expect_refused(der, CERTIFICATE_MAX_DER, "bytes follow the certificate");
    expect_refused(der, CERTIFICATE_MAX_DER + 1, "outside of the limit of 65536");
    free(der);
}

/* Its length of the signature takes a byte more than it needs, or its last byte has bits that
 * belong to none: its hash would be that of the certificate in DER. */
Test(certificate, a_signature_that_is_not_in_der_is_refused)
{
    struct pki *pki = pki_make(&(struct pki_spec){.key = PKI_ED25519});
    size_t length = 0, at;
    unsigned char *der = pki_der(pki->certificate, &length);
    unsigned char *ber = calloc(1, length + 1);

    at = length - 67; /* 03 41 00 and 64 bytes */
    cr_assert(ber != NULL && der[at] == 0x03 && der[at + 1] == 0x41 && der[1] == 0x82);
    memcpy(ber, der, at + 1);
    ber[at + 1] = 0x81;
    memcpy(ber + at + 2, der + at + 1, length - at - 1);
    ber[3]++;
    cr_assert_neq(ber[3], 0);
    expect_refused(ber, length + 1, "not encoded in DER");
    der[at + 2] = 3;
    der[length - 1] |= 1;
    expect_refused(der, length, "not encoded in DER");
    free(ber);
    free(der);
    pki_free(pki);
}

/* libcrypto 3.0 does not take a length in long form when no byte follows it, 3.5 does. */
static bool takes_long_length_at_end(void)
{
    static const unsigned char bytes[] = {5, 0x81, 0};
    const unsigned char *at = bytes;
    ASN1_NULL *null = d2i_ASN1_NULL(NULL, &at, sizeof(bytes));
    bool taken = null != NULL;

    ERR_clear_error();
    ASN1_NULL_free(null);
    return taken;
}

/* The algorithm stands outside of what is signed too. What is DER decodes to itself, what is none
 * is refused. */
Test(certificate, an_algorithm_that_is_not_in_der_is_refused)
{
    const struct {
        const char *what;
        unsigned char bytes[12];
        size_t length;
        const char *refusal;
    } cases[] = {
        {"as it was", {0x30, 5, 6, 3, 0x2B, 0x65, 0x70}, 7, NULL},
        {"NULL", {0x30, 7, 6, 3, 0x2B, 0x65, 0x70, 5, 0}, 9, NULL},
        {"a number", {0x30, 8, 6, 3, 0x2B, 0x65, 0x70, 2, 1, 0}, 10, NULL},
        {"a sequence", {0x30, 7, 6, 3, 0x2B, 0x65, 0x70, 0x30, 0}, 9, NULL},
        {"long length", {0x30, 0x81, 5, 6, 3, 0x2B, 0x65, 0x70}, 8, "not encoded in DER"},
        {"long length of the OID", {0x30, 6, 6, 0x81, 3, 0x2B, 0x65, 0x70}, 8,
            "not encoded in DER"},
        {"long length of NULL", {0x30, 8, 6, 3, 0x2B, 0x65, 0x70, 5, 0x81, 0}, 10,
            takes_long_length_at_end() ? "it is not encoded in DER throughout"
                                       : "it is not a DER certificate"},
        {"long length of a number", {0x30, 9, 6, 3, 0x2B, 0x65, 0x70, 2, 0x81, 1, 0}, 11,
            "not encoded in DER"},
    };
    struct pki *pki = pki_make(&(struct pki_spec){.key = PKI_ED25519});
    struct error error = {0};
    size_t length = 0, at, i;
    unsigned char *der = pki_der(pki->certificate, &length), made[1024];

    at = length - 74; /* 30 05 06 03 and 3 bytes, before 67 of the signature */
    cr_assert(length + 5 <= sizeof(made) && memcmp(der + at, cases[0].bytes, 7) == 0);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t whole = length - 7 + cases[i].length;
        X509 *certificate;

        memcpy(made, der, at);
        memcpy(made + at, cases[i].bytes, cases[i].length);
        memcpy(made + at + cases[i].length, der + at + 7, 67);
        made[2] = (unsigned char)((whole - 4) >> 8);
        made[3] = (unsigned char)((whole - 4) & 0xFF);
        if (cases[i].refusal != NULL) {
            expect_refused(made, whole, cases[i].refusal);
            continue;
        }
        certificate = certificate_decode(made, whole, &error);
        cr_expect_not_null(certificate, "%s: %s", cases[i].what, error.text);
        X509_free(certificate);
    }
    free(der);
    pki_free(pki);
}

Test(certificate, every_shorter_prefix_is_refused)
{
    size_t length = 0, i;
    unsigned char *der = der_with_room(0, &length);

    expect_refused(der, 0, "outside of the limit");
    for (i = 1; i < length; i++) {
        /* An exact copy, so that a sanitizer sees a read beyond. */
        unsigned char *prefix = malloc(i);

        memcpy(prefix, der, i);
        expect_refused(prefix, i, "it is not a DER certificate");
        free(prefix);
    }
    free(der);
}

Test(certificate, what_is_no_certificate_is_refused)
{
    static const unsigned char garbage[] = {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x00};
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=x", .ca = true});
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = pki});
    unsigned char *der;
    size_t length = 0;
    char *pem = pki_pem(pki->certificate);

    expect_refused(garbage, sizeof(garbage), "it is not a DER certificate");
    expect_refused((const unsigned char *)pem, strlen(pem), "it is not a DER certificate");
    der = pki_crl_der(crl, &length);
    expect_refused(der, length, "it is not a DER certificate");
    free(der);
    free(pem);
    X509_CRL_free(crl);
    pki_free(pki);
}

/* A public key with a modulus of that many bits that nobody could have made a signature with. */
static void put_large_key(X509 *certificate, void *context)
{
    const int *bits = context;
    BIGNUM *n = BN_new(), *e = BN_new();
    RSA *rsa = NULL;
    EVP_PKEY *key = EVP_PKEY_new();

    pki_must(n != NULL && e != NULL && key != NULL && BN_set_word(e, 65537) == 1 &&
                 BN_set_bit(n, *bits - 1) == 1 && BN_set_bit(n, 0) == 1,
        "a large number");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    rsa = RSA_new();
    pki_must(
        rsa != NULL && RSA_set0_key(rsa, n, e, NULL) == 1 && EVP_PKEY_assign_RSA(key, rsa) == 1,
        "a large key");
#pragma GCC diagnostic pop
    pki_must(X509_set_pubkey(certificate, key) == 1, "X509_set_pubkey");
    EVP_PKEY_free(key);
}

Test(certificate, a_key_above_the_limit_is_refused_and_one_at_it_is_not)
{
    static const int bits[] = {CERTIFICATE_MAX_KEY_BITS, CERTIFICATE_MAX_KEY_BITS + 8};
    size_t i, length = 0;

    for (i = 0; i < 2; i++) {
        int copy = bits[i];
        struct pki *issuer = pki_ca("CN=issuer");
        struct pki *pki = pki_make(&(struct pki_spec){
            .subject = "CN=large", .issuer = issuer, .customise = put_large_key, .context = &copy});
        unsigned char *der = pki_der(pki->certificate, &length);
        struct error error = {0};
        X509 *certificate = certificate_decode(der, length, &error);

        if (i == 0)
            cr_expect_not_null(certificate, "%s", error.text);
        else
            expect_refused(der, length, "its key of 16392 bits is above the limit of 16384");
        X509_free(certificate);
        free(der);
        pki_free(pki);
        pki_free(issuer);
    }
}
