/* SPDX-License-Identifier: ISC */
#include "certificate/certificate.h"
#include "certificate/certificate_fault.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The words are found, and are those of certificate_decode. */
static void expect_told(const unsigned char *der, size_t length, const char *words)
{
    struct error error = {0}, decoding = {0};
    struct outline outline;

    cr_assert(outline_read(der, length, &outline, &error), "%s", error.text);
    cr_expect(certificate_find_bad_name(&outline, &error), "expected \"%s\"", words);
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    cr_expect_null(certificate_decode(der, length, &decoding));
    cr_expect_str_eq(decoding.text, error.text);
}

/* libcrypto reads no name that is not well-formed; the words say which attribute it is. */
Test(certificate_fault, a_name_that_is_not_well_formed_is_told_with_its_attribute)
{
    static const struct {
        const char *type;
        unsigned char tag, first;
        const char *words;
    } rows[] = {{"O", 0x0C, 0xF6, "the attribute O in its subject is a UTF8String that is not"},
        {"1.2.3.4", 0x0C, 0xFF, "the attribute 1.2.3.4 in its subject"},
        {"OU", 0x1E, 'A', "the attribute OU in its subject is a BMPString"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        X509_NAME *name = X509_NAME_new();
        struct pki *pki;
        unsigned char *der, *at;
        size_t length;

        pki_name_add(name, rows[i].type, V_ASN1_UTF8STRING, "Example", 7, false);
        pki = pki_make(&(struct pki_spec){.subject_name = name});
        der = pki_der(pki->certificate, &length);
        /* The issuer is the same name and comes first. */
        at = memmem(der, length, "Example", 7);
        at = memmem(at + 7, length - (size_t)(at + 7 - der), "Example", 7);
        cr_assert_not_null(at);
        at[-2] = rows[i].tag;
        at[0] = rows[i].first;
        expect_told(der, length, rows[i].words);
        free(der);
        pki_free(pki);
        X509_NAME_free(name);
    }
}

Test(certificate_fault, names_without_a_fault_tell_of_none)
{
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=J\xC3\xB6rg,O=Acme"});
    struct error error = {0};
    struct outline outline;
    size_t length = 0;
    unsigned char *der = pki_der(pki->certificate, &length);

    cr_assert(outline_read(der, length, &outline, &error), "%s", error.text);
    cr_expect_not(certificate_find_bad_name(&outline, &error), "%s", error.text);
    free(der);
    pki_free(pki);
}
