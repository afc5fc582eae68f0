/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/certificate.h"
#include "certificate/outline.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of everything a certificate has; each goes into a list of its own. */
struct amounts {
    int extensions, rdns, joined, values;
};

static void fill(X509 *certificate, void *context)
{
    const struct amounts *amounts = context;
    unsigned char *list = malloc((size_t)amounts->values * 2 + 4), *at = list + 4;
    X509_NAME *name = X509_NAME_new();
    int i;

    /* The SEQUENCE around the names is a value too. */
    for (i = 0; i < amounts->values - 1; i++, at += 2)
        memcpy(at, "\x82\x00", 2);
    list[0] = 0x30;
    list[1] = 0x82;
    list[2] = (unsigned char)((at - list - 4) >> 8);
    list[3] = (unsigned char)(at - list - 4);
    if (amounts->values > 0)
        pki_add_raw_extension(certificate, "2.5.29.17", false, list, (size_t)(at - list));
    for (i = X509_get_ext_count(certificate); i < amounts->extensions; i++) {
        char oid[24];

        (void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.%d", i);
        pki_add_raw_extension(certificate, oid, i % 2 == 0, "", 0);
    }
    for (i = 0; i < amounts->rdns + amounts->joined; i++)
        pki_name_add(name, "CN", V_ASN1_UTF8STRING, "a", 1, i >= amounts->rdns);
    X509_set_subject_name(certificate, name);
    X509_NAME_free(name);
    free(list);
}

/* The DER of a certificate with that much in it. */
static unsigned char *make(struct amounts amounts, size_t *length)
{
    struct pki *pki = pki_make(&(struct pki_spec){
        .subject = "CN=x", .no_extensions = true, .customise = fill, .context = &amounts});
    unsigned char *der = pki_der(pki->certificate, length);

    pki_free(pki);
    return der;
}

/* `words` NULL: it decodes. */
static void expect_outline(const unsigned char *der, size_t length, const char *words)
{
    struct outline outline;
    struct error error = {.kind = ERROR_NONE, .text = ""}, decoding = {.kind = ERROR_NONE};
    bool fine = outline_read(der, length, &outline, &error);
    X509 *certificate = certificate_decode(der, length, &decoding);

    cr_expect_eq(fine, words == NULL, "expected %s: %s", words, error.text);
    cr_expect_eq(certificate != NULL, words == NULL, "expected %s: %s", words, decoding.text);
    if (words != NULL) {
        cr_expect_str_eq(error.text, words);
        cr_expect_str_eq(decoding.text, words);
        cr_expect(error.kind == ERROR_INPUT && decoding.kind == ERROR_INPUT, "%s", words);
    }
    X509_free(certificate);
}

Test(outline, lists_at_their_limits_are_decoded_and_longer_ones_are_refused)
{
    static const struct {
        struct amounts amounts;
        const char *words;
    } rows[] = {
        {{0}, NULL},
        {{.extensions = 64}, NULL},
        {{.extensions = 65}, "it has 65 extensions, above the limit of 64"},
        {{.values = 5000}, NULL},
        {{.values = 5001}, "its extensions hold 5001 values, above the limit of 5000"},
        /* Its issuer has one. */
        {{.rdns = 219}, NULL},
        {{.rdns = 1, .joined = 218}, NULL},
        {{.rdns = 220}, "its subject and issuer have 221 attributes, above the limit of 220"},
        {{.rdns = 1, .joined = 219},
            "its subject and issuer have 221 attributes, above the limit of 220"},
        {{.rdns = 120, .joined = 100},
            "its subject and issuer have 221 attributes, above the limit of 220"},
        {{.extensions = 64, .rdns = 219, .values = 5000}, NULL},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length = 0;
        unsigned char *der = make(rows[i].amounts, &length);

        expect_outline(der, length, rows[i].words);
        free(der);
    }
}

Test(outline, attributes_of_subject_and_issuer_are_counted_together)
{
    X509_NAME *name = X509_NAME_new();
    int i;

    for (i = 1; i <= 220; i++) {
        struct pki *issuer, *pki;
        unsigned char *der;
        size_t length = 0;

        pki_name_add(name, "OU", V_ASN1_UTF8STRING, "a", 1, i > 50);
        if (i < 219)
            continue;
        issuer = pki_make(&(struct pki_spec){.subject_name = name, .no_extensions = true});
        pki = pki_make(&(struct pki_spec){.subject = "CN=x", .issuer = issuer});
        der = pki_der(pki->certificate, &length);
        expect_outline(der, length,
            i > 219 ? "its subject and issuer have 221 attributes, above the limit of 220" : NULL);
        free(der);
        pki_free(pki);
        pki_free(issuer);
    }
    X509_NAME_free(name);
}

struct added {
    const char *oid;
    struct der_span value;
};

static void add_value(X509 *certificate, void *context)
{
    const struct added *added = context;

    pki_add_raw_extension(certificate, added->oid, false, added->value.at, added->value.length);
}

/* A certificate with an extension of this kind that holds so many bytes, all of them zero. */
static void expect_extension(const char *oid, size_t count, const char *words)
{
    static const unsigned char bytes[16000];
    struct added added = {oid, {bytes, count}};
    size_t length = 0;
    struct pki *pki = pki_make(
        &(struct pki_spec){.no_extensions = true, .customise = add_value, .context = &added});
    unsigned char *der = pki_der(pki->certificate, &length);

    expect_outline(der, length, words);
    free(der);
    pki_free(pki);
}

/* Each two bytes of these are a value. */
Test(outline, what_stands_in_extensions_that_libcrypto_may_decode_is_counted)
{
    static const char *const kinds[] = {"2.5.29.17", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1.5",
        "2.16.840.1.113730.1.1", "1.3.6.1.4.1.11129.2.4.2"};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        expect_extension(kinds[i], 10000, NULL);
        expect_extension(
            kinds[i], 10002, "its extensions hold 5001 values, above the limit of 5000");
    }
}

/* Attestations, for instance, are as long as that, and need not be DER. */
Test(outline, what_stands_in_an_extension_of_an_unknown_kind_is_not_counted)
{
    static const char *const kinds[] = {
        "1.2.3.4", "1.2.840.113741.1337.6", "2.23.133.5.4.9", "2.5.30.17", "1.3.6.1.4.1.11128.2"};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        expect_extension(kinds[i], 16000, NULL);
}

/* Whatever the value of an extension is: libcrypto reads BER too, in which these bytes may be. */
Test(outline, what_is_not_der_within_an_extension_counts_as_much_as_it_can_hold)
{
    static const char *const beginnings[] = {"\x30\x80", /* of no definite length */
        "\x30\x83",                                      /* longer than it has to be */
        "\x04\x84\xFF\xFF\xFF\xFF",                      /* longer than there is */
        "\x1F\x81\x00"};                                 /* a tag of several bytes */
    unsigned char bytes[10002] = {0};
    size_t i, length = 0;

    for (i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        struct added added = {"2.5.29.17", {bytes, 10001}};
        int above;

        memcpy(bytes, beginnings[i], strlen(beginnings[i]));
        for (above = 0; above < 2; above++, added.value.length++) {
            struct pki *pki = pki_make(&(struct pki_spec){
                .no_extensions = true, .customise = add_value, .context = &added});
            unsigned char *der = pki_der(pki->certificate, &length);

            expect_outline(der, length,
                above != 0 ? "its extensions hold 5001 values, above the limit of 5000" : NULL);
            free(der);
            pki_free(pki);
        }
    }
}

/* Of a list within a list each counts, and so does what stands in several extensions. */
Test(outline, values_are_counted_on_all_levels_of_all_extensions)
{
    struct amounts amounts = {.values = 4990};
    struct pki *issuer = pki_ca("CN=issuer");
    int more;

    for (more = 0; more < 2; more++, amounts.values++) {
        /* 10: SEQUENCE, key identifier, [1], [4], name, RDN, attribute, type, value, serial. */
        struct pki *pki = pki_make(&(struct pki_spec){.issuer = issuer,
            .no_extensions = true,
            .extensions = {"authorityKeyIdentifier=keyid:always,issuer:always"},
            .customise = fill,
            .context = &amounts});
        size_t length = 0;
        unsigned char *der = pki_der(pki->certificate, &length);

        expect_outline(der, length,
            more != 0 ? "its extensions hold 5001 values, above the limit of 5000" : NULL);
        free(der);
        pki_free(pki);
    }
    pki_free(issuer);
}

/* Replaces bytes of a certificate's DER, the first ones that are found there. */
static void replace(
    unsigned char *der, size_t length, const char *old, const char *new, size_t size)
{
    unsigned char *at = memmem(der, length, old, size);

    cr_assert_not_null(at);
    memcpy(at, new, size);
}

/* What cannot be counted is not decoded. */
Test(outline, lists_that_are_not_der_are_refused)
{
    static const struct {
        const char *old, *new;
        size_t size;
    } rows[] = {
        {"\x31\x0C\x30\x0A\x06\x03\x55", "\x31\x80\x30\x0A\x06\x03\x55", 7}, /* an RDN */
        {"\x31\x0C\x30\x0A\x06\x03\x55", "\x31\x0C\x30\x80\x06\x03\x55", 7}, /* an attribute */
        {"\x31\x0C\x30\x0A\x06\x03\x55", "\x30\x0C\x30\x0A\x06\x03\x55", 7}, /* no SET */
        {"\x31\x0C\x30\x0A\x06\x03\x55", "\x31\x0C\x30\x09\x06\x03\x55", 7}, /* bytes follow */
        {"\x06\x03\x55\x1D\x13\x01\x01", "\x06\x03\x55\x1D\x13\x01\x00", 7}, /* critical */
        {"\x06\x03\x55\x1D\x13\x01\x01", "\x05\x03\x55\x1D\x13\x01\x01", 7}, /* no OID */
        {"\xFF\x04\x05\x30\x03\x01\x01", "\xFF\x24\x05\x30\x03\x01\x01", 7}, /* in parts */
        {"\xFF\x04\x05\x30\x03\x01\x01", "\xFF\x04\x04\x30\x03\x01\x01", 7}, /* bytes follow */
    };
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=abc", .ca = true});
    size_t length = 0, i;
    unsigned char *der = pki_der(pki->certificate, &length);

    expect_outline(der, length, NULL);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char *copy = malloc(length);

        memcpy(copy, der, length);
        replace(copy, length, rows[i].old, rows[i].new, rows[i].size);
        expect_outline(copy, length, "it is not a DER certificate (RFC 5280 section 4.1)");
        free(copy);
    }
    free(der);
    pki_free(pki);
}

/* The length of an RDN takes a byte more than it needs. */
Test(outline, a_list_in_ber_that_libcrypto_reads_is_refused)
{
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=abc", .key = PKI_RSA_2048});
    size_t length = 0, before;
    unsigned char *der = pki_der(pki->certificate, &length), *ber = calloc(1, length + 1);
    const unsigned char *rdn = memmem(der, length, "\x31\x0C", 2), *at = ber;
    X509 *certificate;

    cr_assert(rdn != NULL && rdn[-2] == 0x30 && der[1] == 0x82 && der[5] == 0x82);
    before = (size_t)(rdn - der) + 1;
    memcpy(ber, der, before);
    ber[before] = 0x81;
    memcpy(ber + before + 1, der + before, length - before);
    ber[3]++;
    ber[7]++;
    ber[before - 2]++;
    cr_assert(ber[3] != 0 && ber[7] != 0);
    certificate = d2i_X509(NULL, &at, (long)length + 1);
    cr_expect_not_null(certificate);
    expect_outline(ber, length + 1, "it is not a DER certificate (RFC 5280 section 4.1)");
    X509_free(certificate);
    free(ber);
    free(der);
    pki_free(pki);
}

/* An algorithm of keys and its parameters. */
struct algorithm {
    const char *oid;
    int type;
    const char *parameters;
    const char *words; /* NULL: it decodes */
};

static void set_algorithm(X509 *certificate, void *context)
{
    const struct algorithm *algorithm = context;
    static const unsigned char bits[] = {2, 1};
    ASN1_STRING *parameters = NULL;

    if (algorithm->type == V_ASN1_SEQUENCE) {
        parameters = ASN1_STRING_new();
        pki_must(ASN1_STRING_set(parameters, algorithm->parameters, -1) == 1, "parameters");
    }
    pki_must(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate),
                 OBJ_txt2obj(algorithm->oid, 1), algorithm->type,
                 algorithm->type == V_ASN1_OBJECT ? (void *)OBJ_nid2obj(NID_X9_62_prime256v1)
                                                  : parameters,
                 OPENSSL_memdup(bits, sizeof(bits)), sizeof(bits)) == 1,
        algorithm->oid);
}

/* Whoever makes a curve can make it so that reading one point on it takes a tenth of a second. */
Test(outline, a_key_with_a_curve_of_its_own_is_refused_before_it_is_decoded)
{
    static const char own[] =
        "its key has a curve of its own instead of a named one (RFC 5480 section 2.1.1)";
    static struct algorithm rows[] = {
        {"1.2.840.10045.2.1", V_ASN1_SEQUENCE, "\x30\x03\x02\x01\x01", own},
        {"1.2.156.10197.1.301", V_ASN1_SEQUENCE, "\x30\x03\x02\x01\x01", own},
        /* BER that libcrypto reads as the same */
        {"1.2.840.10045.2.1", V_ASN1_SEQUENCE, "\x30\x81\x03\x02\x01\x01", own},
        {"1.2.840.10045.2.1", V_ASN1_SEQUENCE, "\x3F\x10\x03\x02\x01\x01", own},
        {"1.2.840.10045.2.1", V_ASN1_OBJECT, NULL, NULL},
        {"1.2.840.10045.2.1", V_ASN1_NULL, NULL, NULL},
        {"1.2.840.10045.2.1", V_ASN1_UNDEF, NULL, NULL},
        {"1.2.840.10040.4.1", V_ASN1_SEQUENCE, "\x30\x03\x02\x01\x01", NULL}, /* DSA */
    };
    struct pki *pki = pki_make(&(struct pki_spec){.customise = pki_explicit_curve});
    size_t length = 0, i;
    unsigned char *der = pki_der(pki->certificate, &length);

    expect_outline(der, length, own);
    free(der);
    pki_free(pki);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pki = pki_make(&(struct pki_spec){.customise = set_algorithm, .context = &rows[i]});
        der = pki_der(pki->certificate, &length);
        expect_outline(der, length, rows[i].words);
        free(der);
        pki_free(pki);
    }
}

/* An algorithm that is not DER might be such a curve. */
Test(outline, a_key_whose_algorithm_is_not_der_is_refused)
{
    static const struct {
        const char *old, *new;
    } rows[] = {
        {"\x30\x13\x06\x07\x2A\x86\x48", "\x30\x80\x06\x07\x2A\x86\x48"},
        {"\x30\x13\x06\x07\x2A\x86\x48", "\x30\x13\x26\x07\x2A\x86\x48"},
    };
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=abc"});
    size_t length = 0, i;
    unsigned char *der = pki_der(pki->certificate, &length);

    expect_outline(der, length, NULL);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char *copy = OPENSSL_memdup(der, length);

        replace(copy, length, rows[i].old, rows[i].new, 7);
        expect_outline(copy, length, "it is not a DER certificate (RFC 5280 section 4.1)");
        OPENSSL_free(copy);
    }
    free(der);
    pki_free(pki);
}

/* An empty RDN is an error, but libcrypto finds it after it has decoded them all. */
Test(outline, empty_rdns_count_too)
{
    unsigned char der[1000] = {0x30, 0x82, 0, 0, 0x30, 0x82, 0, 0, 0x02, 0x01, 0x01, 0x30, 0x00,
        0x30, 0x82, 221 * 2 / 256, 221 * 2 % 256};
    struct outline outline;
    struct error error;
    size_t at = 17, i;

    for (i = 0; i < 221; i++, at += 2)
        der[at] = 0x31;
    for (i = 0; i < 3; i++, at += 2)
        der[at] = 0x30;
    der[2] = (unsigned char)((at - 4) / 256);
    der[3] = (unsigned char)((at - 4) % 256);
    der[6] = (unsigned char)((at - 8) / 256);
    der[7] = (unsigned char)((at - 8) % 256);
    cr_expect_not(outline_read(der, at, &outline, &error));
    cr_expect_str_eq(
        error.text, "its subject and issuer have 221 attributes, above the limit of 220");
}

Test(outline, the_lists_are_found_with_unique_identifiers_too)
{
    /* A certificate of version 2 with both identifiers, and one extension all the same. */
    static const unsigned char der[] = {0x30, 0x32, 0x30, 0x30, 0xA0, 0x03, 0x02, 0x01, 0x01, 0x02,
        0x01, 0x07, 0x30, 0x00, 0x30, 0x02, 0x31, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x06, 0x30,
        0x04, 0x06, 0x02, 0x2A, 0x03, 0x81, 0x02, 0x00, 0x01, 0x82, 0x02, 0x00, 0x02, 0xA3, 0x0C,
        0x30, 0x0A, 0x30, 0x08, 0x06, 0x02, 0x2A, 0x03, 0x04, 0x02, 0x30, 0x00};
    struct outline outline;
    struct error error = {.text = ""};
    size_t i;

    cr_assert(outline_read(der, sizeof(der), &outline, &error), "%s", error.text);
    cr_expect(outline.issuer.at == der + 16 && outline.issuer.length == 2);
    cr_expect(outline.subject.at == der + 22 && outline.subject.length == 0);
    cr_expect(outline.extensions.at == der + 42 && outline.extensions.length == 10);
    for (i = 0; i < sizeof(der); i++) {
        /* An exact copy, so that a sanitizer sees a read beyond. */
        unsigned char *copy = malloc(i + 1);

        memcpy(copy + 1, der, i);
        cr_expect_not(outline_read(copy + 1, i, &outline, &error), "%zu bytes", i);
        free(copy);
    }
}

/* It takes no memory: so a failed allocation cannot make it say that there is too much. */
Test(outline, counting_takes_no_memory_of_libcrypto)
{
    struct outline outline;
    struct error error = {.text = ""};
    size_t length = 0;
    unsigned char *der = make((struct amounts){64, 75, 75, 5000}, &length);
    unsigned long before;

    alloc_watch_fail_at(0, false);
    before = alloc_watch_count();
    cr_expect(outline_read(der, length, &outline, &error), "%s", error.text);
    cr_expect_eq(alloc_watch_count(), before);
    free(der);
}
