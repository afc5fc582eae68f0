/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "rules/rules_dn.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(rules_dn, a_name_is_read_last_part_first_whatever_its_case_and_spaces)
{
    static const struct {
        const char *text, *shown; /* NULL: refused */
    } rows[] = {
        {"CN=Dan,OU=Ops,O=Acme", "CN=Dan,OU=Ops,O=Acme"},
        {"cn=Dan, ou=Ops , O=Acme", "CN=Dan,OU=Ops,O=Acme"},
        {"2.5.4.3=Dan", "CN=Dan"},
        {"CN=a\\,b", "CN=a\\,b"},
        {"CN=J\\C3\\B6rg", "CN=J\xc3\xb6rg"},
        {"CN=a\\0Ab", "CN=a\\0Ab"},
        {"CN=#0C0344616E", "CN=Dan"},
        {"CN=Dan+UID=7", "UID=7+CN=Dan"},
        {"Dan", NULL},
        {"CN=a\\", NULL},
        {"CN=a\\zz", NULL},
        {"NoSuchType=a", NULL},
        {"CN=a,", NULL},
        {"=a", NULL},
        {"CN=#0C", NULL},
        {"CN=a\\FF", NULL},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        X509_NAME *name = rules_dn_read(rows[i].text, &error);
        char *shown = name != NULL ? identity_name(name, NULL) : NULL;

        if (rows[i].shown == NULL) {
            cr_expect_null(name, "%s was read", rows[i].text);
            cr_expect_eq(error.kind, ERROR_INPUT, "%s: %d", rows[i].text, error.kind);
        } else {
            cr_assert_not_null(shown, "%s: %s", rows[i].text, error.text);
            cr_expect(X509_NAME_entry_count(name) > 0);
            cr_expect_str_eq(shown, rows[i].shown, "%s: %s", rows[i].text, shown);
        }
        free(shown);
        X509_NAME_free(name);
    }
}

/* The longest type that is looked for has 63 bytes. */
Test(rules_dn, a_type_that_is_too_long_is_none)
{
    char text[128];
    size_t length;

    for (length = 62; length <= 66; length++) {
        struct error error = {0};

        memset(text, 'a', length);
        (void)snprintf(text + length, sizeof(text) - length, "=b");
        cr_expect_null(rules_dn_read(text, &error));
        cr_expect_eq(strstr(error.text, "is not an attribute type") != NULL, length < 64,
            "%zu bytes: %s", length, error.text);
    }
}

/* RFC 5280 section 7.1: case and inner spaces do not count. */
Test(rules_dn, one_part_of_a_certificates_name_is_equal_to_the_same_part_alone)
{
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=Night  Auditor,O=Acme"});
    X509_NAME *subject = X509_get_subject_name(pki->certificate);
    struct error error = {0};
    X509_NAME *part = rules_dn_of_entry(X509_NAME_get_entry(subject, 1), &error);
    X509_NAME *same = rules_dn_single(NID_commonName, " night auditor", &error);
    X509_NAME *other = rules_dn_single(NID_organizationName, "night auditor", &error);

    cr_assert(part != NULL && same != NULL && other != NULL, "%s", error.text);
    cr_expect_eq(X509_NAME_cmp(part, same), 0);
    cr_expect_neq(X509_NAME_cmp(part, other), 0);
    X509_NAME_free(part);
    X509_NAME_free(same);
    X509_NAME_free(other);
    pki_free(pki);
}

/* Digits look the same in every type of string. */
Test(rules_dn, a_numeric_string_is_equal_to_the_same_digits_of_another_type)
{
    struct error error = {0};
    X509_NAME *name = X509_NAME_new(), *copy, *part, *single, *whole, *multi, *again;

    pki_name_add(name, "O", V_ASN1_UTF8STRING, "Acme", 4, false);
    pki_name_add(name, "CN", V_ASN1_NUMERICSTRING, "12 34", 5, false);
    cr_expect_not(rules_dn_is_comparable(name));
    copy = rules_dn_copy(name, &error);
    cr_expect(rules_dn_is_comparable(copy));
    whole = rules_dn_read("CN=12 34,O=ACME", &error);
    cr_expect_eq(X509_NAME_cmp(copy, whole), 0);
    part = rules_dn_of_entry(X509_NAME_get_entry(name, 1), &error);
    single = rules_dn_single(NID_commonName, "12 34", &error);
    cr_expect_eq(X509_NAME_cmp(part, single), 0);
    pki_name_add(name, "UID", V_ASN1_NUMERICSTRING, "7", 1, true);
    multi = rules_dn_copy(name, &error);
    again = rules_dn_read("UID=7+CN=12 34,O=Acme", &error);
    cr_expect_eq(X509_NAME_cmp(multi, again), 0);
    cr_expect_neq(X509_NAME_cmp(multi, copy), 0);
    X509_NAME_free(name);
    X509_NAME_free(copy);
    X509_NAME_free(part);
    X509_NAME_free(single);
    X509_NAME_free(whole);
    X509_NAME_free(multi);
    X509_NAME_free(again);
}
