/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/bundle.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct bundle *bundle, const void *bytes, size_t length, const char *password,
    struct error *error)
{
    /* An exact copy, so that a sanitizer sees a read beyond. */
    struct bytes file = {.data = malloc(length != 0 ? length : 1), .length = length};
    bool good;

    memcpy(file.data, bytes, length);
    *error = (struct error){0};
    good = bundle_add(bundle, "the/file", &file, password, error);
    cr_expect_eq(ERR_peek_error(), 0, "libcrypto's error queue is not empty");
    free(file.data);
    return good;
}

static int certificates(const struct bundle *bundle)
{
    return bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;
}

static int crls(const struct bundle *bundle)
{
    return (int)bundle->crl_count;
}

static void expect_holds(const void *bytes, size_t length, const char *password,
    int certificate_count, int crl_count, bool key)
{
    struct bundle bundle = {0};
    struct error error;

    cr_expect(add(&bundle, bytes, length, password, &error), "%s", error.text);
    cr_expect_eq(certificates(&bundle), certificate_count, "%d", certificates(&bundle));
    cr_expect_eq(crls(&bundle), crl_count, "%d", crls(&bundle));
    cr_expect_eq(bundle.has_private_key, key);
    bundle_free(&bundle);
}

static void expect_refused(
    const void *bytes, size_t length, const char *password, const char *words)
{
    struct bundle bundle = {0};
    struct error error;

    cr_expect_not(
        add(&bundle, bytes, length, password, &error), "accepted; expected \"%s\"", words);
    cr_expect_eq(error.kind, ERROR_INPUT, "kind %d: %s", error.kind, error.text);
    cr_expect(strstr(error.text, "the/file: ") == error.text, "%s", error.text);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    if (password != NULL && password[0] != '\0')
        cr_expect_null(strstr(error.text, password), "the pass phrase is told: %s", error.text);
    bundle_free(&bundle);
}

static void expect_text_refused(const char *string, const char *words)
{
    expect_refused(string, strlen(string), NULL, words);
}

/* Joins strings; frees none. */
static char *concatenate(const char *const *parts)
{
    char *data = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&data, &size);

    for (; *parts != NULL; parts++)
        fputs(*parts, file);
    fclose(file);
    return data;
}
#define TOGETHER(...) concatenate((const char *const[]){__VA_ARGS__, NULL})

static void expect_together(char *joined, int certificate_count, int crl_count, bool key)
{
    expect_holds(joined, strlen(joined), NULL, certificate_count, crl_count, key);
    free(joined);
}

/* What the tests are made of. */
static struct pki *ca, *other;
static char *ca_pem, *other_pem, *key_pem, *crl_pem;
static unsigned char *ca_der, *crl_der;
static size_t ca_length, crl_length;

static void make_all(void)
{
    X509_CRL *crl;

    ca = pki_ca("CN=CA");
    other = pki_ca("CN=Other");
    crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
    ca_pem = pki_pem(ca->certificate);
    other_pem = pki_pem(other->certificate);
    key_pem = pki_key_pem(ca->key);
    crl_pem = pki_crl_pem(crl);
    ca_der = pki_der(ca->certificate, &ca_length);
    crl_der = pki_crl_der(crl, &crl_length);
    X509_CRL_free(crl);
}

static void free_all(void)
{
    pki_free(ca);
    pki_free(other);
    free(ca_pem);
    free(other_pem);
    free(key_pem);
    free(crl_pem);
    free(ca_der);
    free(crl_der);
}

TestSuite(bundle, .init = make_all, .fini = free_all);

Test(bundle, pem_may_hold_certificates_and_crls_within_any_text)
{
    char *crlf = calloc(2, strlen(ca_pem)), *at = crlf;
    const char *from;

    expect_together(strdup(ca_pem), 1, 0, false);
    expect_together(TOGETHER(ca_pem, other_pem, crl_pem, ca_pem), 3, 1, false);
    expect_together(
        TOGETHER("Bag Attributes\n  friendlyName: x\n", ca_pem, "\n\n# y\n", other_pem, "the end"),
        2, 0, false);
    expect_together(TOGETHER("0 is how this text begins\n", ca_pem), 1, 0, false);
    for (from = ca_pem; *from != '\0'; from++) {
        if (*from == '\n')
            *at++ = '\r';
        *at++ = *from;
    }
    expect_together(crlf, 1, 0, false);
    ca_pem[strlen(ca_pem) - 1] = '\0'; /* no line end at the end */
    expect_together(strdup(ca_pem), 1, 0, false);
}

Test(bundle, a_private_key_is_noted_and_passed_over)
{
    expect_together(TOGETHER(key_pem, ca_pem), 1, 0, true);
    expect_together(TOGETHER(ca_pem, key_pem, other_pem), 2, 0, true);
    expect_together(strdup(key_pem), 0, 0, true);
    /* Never decoded: what is in it does not matter. */
    expect_together(
        TOGETHER(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
            ca_pem),
        1, 0, true);
}

Test(bundle, der_is_read_exactly)
{
    unsigned char *more = calloc(1, ca_length + crl_length + 10);
    size_t i;

    expect_holds(ca_der, ca_length, NULL, 1, 0, false);
    expect_holds(crl_der, crl_length, NULL, 0, 1, false);
    memcpy(more, ca_der, ca_length);
    expect_refused(more, ca_length + 3, NULL, "3 bytes follow the certificate");
    memcpy(more + ca_length, crl_der, crl_length);
    expect_refused(more, ca_length + crl_length, NULL, "bytes follow the certificate");
    memcpy(more, crl_der, crl_length);
    expect_refused(more, crl_length + 1, NULL, "bytes follow the CRL");
    for (i = 1; i < ca_length; i += 13)
        expect_refused(ca_der, i, NULL, "it is no PEM, DER certificate, DER CRL or PKCS#12");
    for (i = 1; i < crl_length; i += 13)
        expect_refused(crl_der, i, NULL, "it is no PEM, DER certificate, DER CRL or PKCS#12");
    free(more);
}

Test(bundle, what_is_no_bundle_is_refused)
{
    static const unsigned char pkcs12[] = {0x30, 0x82, 0x00, 0x07, 0x02, 0x01, 0x03, 0x30, 0x00};

    expect_text_refused("", "the file is empty");
    expect_text_refused("\n", "it is no PEM");
    expect_text_refused("garbage", "it is no PEM");
    expect_refused("\x30", 1, NULL, "it is no PEM");
    expect_refused("\x30\xff\x02\x01\x03\x00\x00\x00", 8, NULL, "it is no PEM");
    expect_refused("\x30\x03\x02\x01\x03\x00\x00\x00", 8, NULL, "it is no PEM");
    expect_refused(pkcs12, sizeof(pkcs12), NULL, "it is no PEM");
}

Test(bundle, blocks_of_another_kind_are_refused)
{
    static const char *const labels[] = {"CERTIFICATE REQUEST", "PKCS7", "PUBLIC KEY", "X",
        "ATTRIBUTE CERTIFICATE", "CERTIFICATE ", "certificate", "PRIVATE KEY X", "CMS"};
    char words[200], *joined;
    size_t i;

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        (void)snprintf(words, sizeof(words), "-----BEGIN %s-----\nMAA=\n-----END %s-----\n",
            labels[i], labels[i]);
        joined = TOGETHER(ca_pem, words);
        expect_text_refused(joined, "neither certificate nor CRL");
        free(joined);
    }
}

Test(bundle, a_trusted_certificate_is_refused)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long length;

    cr_assert_eq(PEM_write_bio_X509_AUX(bio, ca->certificate), 1);
    length = BIO_get_mem_data(bio, &data);
    expect_refused(data, (size_t)length, NULL, "a TRUSTED CERTIFICATE block is refused");
    BIO_free(bio);
}

/* libcrypto passes over a line that it does not take for the beginning of a block: the operator
 * would have fewer anchors, or no CRL, without a word. */
Test(bundle, a_block_whose_first_line_is_damaged_is_not_passed_over)
{
    static const char *const damages[] = {"----BEGIN CERTIFICATE-----\n",
        "-BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE----\n",
        "x-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE----- x\n",
        "-----BEGIN CERTIFICATE-----\r-x\n"};
    const char *rest = strchr(ca_pem, '\n') + 1;
    char *joined;
    size_t i;

    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        joined = TOGETHER(other_pem, damages[i], rest);
        expect_text_refused(joined, "a PEM block in it is broken");
        free(joined);
        joined = TOGETHER(damages[i], rest, other_pem);
        expect_text_refused(joined, "a PEM block in it is broken");
        free(joined);
        joined = TOGETHER(damages[i], rest);
        expect_text_refused(joined, "a PEM block in it is broken");
        free(joined);
    }
}

/* The text with each line behind a mark; freed by the caller. */
static char *marked(const char *text, const char *mark)
{
    char *all = calloc(1, (strlen(mark) + 1) * strlen(text) + 1), *at = all;

    for (; *text != '\0'; text++) {
        if (at == all || at[-1] == '\n')
            at = stpcpy(at, mark);
        *at++ = *text;
    }
    return all;
}

/* As every other reader of PEM has it; otherwise a CA that was taken out this way stays trusted. */
Test(bundle, a_block_that_is_commented_out_is_passed_over)
{
    char *whole = marked(ca_pem, "# "), *close = marked(ca_pem, "#"),
         *slashes = marked(ca_pem, "// ");
    char *all = TOGETHER(other_pem, whole, close, "#", ca_pem, slashes, crl_pem);

    expect_together(all, 1, 1, false);
    free(whole);
    free(close);
    free(slashes);
    expect_together(TOGETHER("a -----BEGIN CERTIFICATE----- stands here\n", ca_pem), 1, 0, false);
}

Test(bundle, blocks_may_be_joined_and_indented)
{
    char *indented = marked(ca_pem, " \t"), *joined = TOGETHER(ca_pem, other_pem);

    expect_together(TOGETHER("\xEF\xBB\xBF", ca_pem), 1, 0, false);
    expect_together(TOGETHER(indented, other_pem), 2, 0, false);
    memmove(joined + strlen(ca_pem) - 1, joined + strlen(ca_pem), strlen(other_pem) + 1);
    expect_together(TOGETHER(joined, crl_pem), 2, 1, false);
    free(indented);
    free(joined);
}

Test(bundle, the_line_of_a_broken_block_is_named)
{
    char *cut = strdup(ca_pem), *joined;

    cut[strlen(cut) - strlen("-----END CERTIFICATE-----\n")] = '\0';
    joined = TOGETHER("one\r\ntwo\rthree\n", cut, other_pem);
    expect_text_refused(joined, "line 4: the END line of the block that begins here is missing");
    free(joined);
    joined = TOGETHER("\n\n-----BEGIN CERTIFICATE----\n", ca_pem);
    expect_text_refused(joined, "line 3: its BEGIN line is cut off or damaged");
    free(joined);
    joined = TOGETHER("-----END CERTIFICATE-----\n", ca_pem);
    expect_text_refused(joined, "line 1: this END line has no BEGIN line");
    free(joined);
    free(cut);
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
        expect_refused(cases[i].bytes, cases[i].length, NULL, cases[i].words);
    expect_text_refused("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", "openssl pkcs7");
}

Test(bundle, a_broken_block_spoils_the_file_wherever_it_is_cut)
{
    size_t length = strlen(ca_pem), end = length - strlen("-----END CERTIFICATE-----\n"), i;
    char *joined = TOGETHER(other_pem, ca_pem);
    size_t first = strlen(other_pem);

    for (i = strlen("-----BEGIN "); i < length - 2; i++)
        expect_refused(joined, first + i, NULL, i < end ? "broken" : "");
    /* A byte of the base64 text that is none, and one that is another. */
    joined[first + 200] = '!';
    expect_text_refused(joined, "broken");
    memcpy(joined + first + 100, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 38);
    joined[first + 200] = 'A';
    joined[first + 100] = joined[first + 110] = 'A';
    free(joined);
    joined = TOGETHER("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", ca_pem);
    expect_text_refused(joined, "it is not a DER certificate");
    free(joined);
    joined = TOGETHER("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", ca_pem);
    expect_text_refused(joined, "it is not a DER CRL");
    free(joined);
}

/* Whoever writes a comment into a certificate must not choose what is read out of its file. */
Test(bundle, der_that_holds_pem_text_is_der)
{
    char extension[8000], *at = extension;
    struct pki *tricky;
    unsigned char *der;
    size_t length = 0, i, size = strlen(other_pem);

    at +=
        snprintf(at, 100, "nsComment=DER:16:82:%02zX:%02zX:0A", (size + 1) >> 8, (size + 1) & 0xFF);
    for (i = 0; i < size; i++)
        at += snprintf(at, 4, ":%02X", (unsigned)(unsigned char)other_pem[i]);
    tricky =
        pki_make(&(struct pki_spec){.subject = "CN=tricky", .ca = true, .extensions = {extension}});
    der = pki_der(tricky->certificate, &length);
    cr_assert_not_null(memmem(der, length, "\n-----BEGIN CERTIFICATE-----\n", 29));
    {
        struct bundle bundle = {0};
        struct error error;

        cr_assert(add(&bundle, der, length, NULL, &error), "%s", error.text);
        cr_assert_eq(certificates(&bundle), 1);
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

    cr_expect(add(&bundle, ca_der, ca_length, NULL, &error));
    cr_expect(add(&bundle, other_pem, strlen(other_pem), NULL, &error));
    cr_expect(add(&bundle, crl_der, crl_length, NULL, &error));
    cr_expect_eq(certificates(&bundle), 2);
    cr_expect_eq(crls(&bundle), 1);
    cr_expect_eq(X509_cmp(sk_X509_value(bundle.certificates, 1), other->certificate), 0);
    bundle_free(&bundle);
    cr_expect_null(bundle.certificates);
    bundle_free(&bundle);
    bundle_free(NULL);
}

static void expect_no_legacy(void)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "RC2-40-CBC", NULL);

    cr_expect_null(cipher, "the default context has the legacy provider's ciphers");
    cr_expect_not(OSSL_PROVIDER_available(NULL, "legacy"));
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
}

Test(bundle, pkcs12_of_new_and_old_tools_is_read_and_the_legacy_provider_does_not_stay)
{
    X509 *chain[] = {other->certificate, NULL};
    size_t length = 0;
    int legacy;

    for (legacy = 0; legacy < 2; legacy++) {
        unsigned char *p12 = pki_p12(ca, chain, "secret", legacy, &length);

        expect_holds(p12, length, "secret", 2, 0, true);
        expect_no_legacy();
        expect_refused(p12, length, "wrong", "the pass phrase does not open this PKCS#12");
        expect_refused(p12, length, "", "the pass phrase does not open this PKCS#12");
        expect_refused(p12, length, NULL, "this PKCS#12 needs a pass phrase");
        expect_refused(p12, length - 1, "secret", "it is no PEM");
        free(p12);
        p12 = pki_p12(NULL, chain, "secret", legacy, &length);
        expect_holds(p12, length, "secret", 1, 0, false);
        expect_no_legacy();
        free(p12);
        p12 = pki_p12(ca, NULL, "", legacy, &length);
        expect_holds(p12, length, NULL, 1, 0, true);
        expect_holds(p12, length, "", 1, 0, true);
        free(p12);
    }
}

/* `openssl pkcs12 -export -nomac`; the owner of the key comes first wherever it stands. */
Test(bundle, pkcs12_without_a_mac_is_read)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    struct bundle bundle = {0};
    struct error error;
    unsigned char *der = NULL;
    PKCS12 *p12;
    int length;

    cr_assert_gt(sk_X509_push(others, other->certificate), 0);
    p12 = PKCS12_create(
        "secret", "test", ca->key, ca->certificate, others, 0, NID_aes_256_cbc, 0, -1, 0);
    cr_assert_not_null(p12);
    length = i2d_PKCS12(p12, &der);
    cr_assert_gt(length, 0);
    cr_expect(add(&bundle, der, (size_t)length, "secret", &error), "%s", error.text);
    cr_expect_eq(certificates(&bundle), 2);
    cr_expect_eq(X509_cmp(sk_X509_value(bundle.certificates, 0), ca->certificate), 0);
    cr_expect(bundle.has_private_key);
    bundle_free(&bundle);
    expect_refused(der, (size_t)length, "wrong", "cannot be decrypted");
    expect_refused(der, (size_t)length, NULL, "cannot be decrypted");
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_X509_free(others);
}

Test(bundle, what_comes_out_of_an_old_pkcs12_outlives_its_library_context)
{
    struct bundle bundle = {0};
    struct error error;
    size_t length = 0;
    unsigned char *p12 = pki_p12(ca, NULL, "secret", true, &length);

    cr_assert(add(&bundle, p12, length, "secret", &error), "%s", error.text);
    cr_expect_eq(X509_verify(sk_X509_value(bundle.certificates, 0),
                     X509_get0_pubkey(sk_X509_value(bundle.certificates, 0))),
        1);
    bundle_free(&bundle);
    free(p12);
}

Test(bundle, bytes_after_a_pkcs12_are_refused)
{
    size_t length = 0;
    unsigned char *p12 = pki_p12(ca, NULL, "secret", false, &length);
    unsigned char *more = calloc(1, length + 1);

    memcpy(more, p12, length);
    expect_refused(more, length + 1, "secret", "it is no PEM");
    free(more);
    free(p12);
}

/* What failed earlier in this thread says nothing about this file. */
Test(bundle, an_older_want_of_memory_is_forgotten)
{
    alloc_watch_fail_at(1, false);
    OPENSSL_free(OPENSSL_malloc(1));
    alloc_watch_fail_at(0, false);
    cr_assert(alloc_watch_failed());
    expect_text_refused("", "the file is empty");
    expect_together(strdup(ca_pem), 1, 0, false);
}

/* Each allocation fails once by turns, then all from there on; of very many, about `points` spread
 * evenly. */
static void torture(const void *bytes, size_t length, const char *password, int certificate_count,
    int crl_count, unsigned long points)
{
    unsigned long nth, count;
    struct bundle bundle = {0};
    struct error error;
    int and_after;

    cr_assert(add(&bundle, bytes, length, password, &error), "%s", error.text);
    bundle_free(&bundle);
    alloc_watch_fail_at(0, false);
    cr_assert(add(&bundle, bytes, length, password, &error), "%s", error.text);
    count = alloc_watch_count();
    bundle_free(&bundle);
    cr_assert_gt(count, 5);
    for (and_after = 0; and_after < 2; and_after++) {
        for (nth = 1; nth <= count; nth += 1 + count / points) {
            struct bytes file = {.length = length};
            bool good, reached;

            file.data = malloc(length);
            memcpy(file.data, bytes, length);
            error = (struct error){0};
            alloc_watch_fail_at(nth, and_after);
            good = bundle_add(&bundle, "f", &file, password, &error);
            reached = alloc_watch_count() >= nth;
            alloc_watch_fail_at(0, false);
            /* Whether what libcrypto made of it is whole, nobody knows. */
            cr_expect_not(
                good && reached, "allocation %lu of %lu: its failure was passed over", nth, count);
            if (good)
                cr_expect(certificates(&bundle) == certificate_count && crls(&bundle) == crl_count,
                    "allocation %lu: %d certificates, %d CRLs", nth, certificates(&bundle),
                    crls(&bundle));
            else
                cr_expect_eq(error.kind, ERROR_MEMORY, "allocation %lu of %lu%s: %s", nth, count,
                    and_after ? " and all after" : "", error.text);
            cr_expect_eq(ERR_peek_error(), 0);
            bundle_free(&bundle);
            free(file.data);
        }
    }
}

Test(bundle, want_of_memory_never_shortens_a_pem_bundle)
{
    char *joined = TOGETHER(ca_pem, key_pem, other_pem, crl_pem);

    torture(joined, strlen(joined), NULL, 2, 1, 10000);
    free(joined);
}

Test(bundle, want_of_memory_never_shortens_der)
{
    X509_CRL *rich = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = (struct pki_revoked[]){{.serial = 5, .reason = 1}, {.serial = 6}},
        .revoked_count = 2,
        .delta_base_plus_one = 2,
        .number = 7,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nfullname=URI:http://x\nonlyuser=TRUE\n"});
    size_t length = 0;
    unsigned char *der = pki_crl_der(rich, &length);

    torture(ca_der, ca_length, NULL, 1, 0, 10000);
    torture(crl_der, crl_length, NULL, 0, 1, 10000);
    torture(der, length, NULL, 0, 1, 10000);
    free(der);
    X509_CRL_free(rich);
}

Test(bundle, want_of_memory_never_shortens_a_pkcs12)
{
    X509 *chain[] = {other->certificate, NULL};
    size_t length = 0;
    unsigned char *p12 = pki_p12(ca, chain, "secret", false, &length);

    torture(p12, length, "secret", 2, 0, 60);
    free(p12);
    p12 = pki_p12(NULL, chain, "secret", false, &length);
    torture(p12, length, "secret", 1, 0, 30);
    free(p12);
}
