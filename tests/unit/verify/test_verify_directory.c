/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_directory.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* One organisation, or two parts of one RDN when the second is not NULL. */
static X509_NAME *name_of(int type, const char *value, size_t length, const char *joined)
{
    X509_NAME *name = X509_NAME_new();

    pki_must(name != NULL, "a name");
    pki_name_add(name, "O", type, value, length, false);
    if (joined != NULL)
        pki_name_add(name, "OU", V_ASN1_UTF8STRING, joined, strlen(joined), true);
    return name;
}

static bool may(int type, const char *base, int its_type, const char *name)
{
    X509_NAME *one = name_of(type, base, strlen(base), NULL);
    X509_NAME *other = name_of(its_type, name, strlen(name), NULL);
    bool result = directory_may_hold(one, other);

    cr_expect_eq(directory_may_hold(other, one), result, "%s and %s turned round", base, name);
    X509_NAME_free(one);
    X509_NAME_free(other);
    return result;
}

Test(verify_directory, values_that_another_comparison_may_find_alike)
{
    static const char *const rows[][2] = {
        {"\xC3\x84rger", "\xC3\xA4rger"},  /* A and a with diaeresis */
        {"\xC3\x84rger", "A\xCC\x88rger"}, /* the same in two parts */
        {"\xC3\x84rger", "a\xCC\x88RGER"},
        {"Kelvin", "\xE2\x84\xAA"
                   "elvin"}, /* the Kelvin sign */
        {"Acme", "\xEF\xBC\xA1"
                 "cme"},          /* of full width */
        {"Acme", "Ac\xC2\xADme"}, /* a soft hyphen */
        {"Acme", "Acme\xC2\xAD"},
        {"Acme", "\xC2\xA0"
                 "Acme"}, /* a space that does not break */
        {"Acme", " \xC2\xAD Acme"},
        {"Acme Ltd", "Acme \xC2\xA0 Ltd"},
        {"Acme", "Ac\x01me"},
        {"Acme", "Acme\x7F"},
        {"Stra\xC3\x9F"
         "e",
            "STRASSE"},
        {"Acme", "acME"},
        {"AZ \xC3\x84", "az \xC3\xA4"},
        {"Acme  Ltd", " acme ltd "},
        {"", ""},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect(may(V_ASN1_UTF8STRING, rows[i][0], V_ASN1_UTF8STRING, rows[i][1]), "%s and %s",
            rows[i][0], rows[i][1]);
    cr_expect(may(V_ASN1_UTF8STRING, "\xC3\x84rger", V_ASN1_T61STRING, "\xE4rger"));
    cr_expect(may(V_ASN1_UTF8STRING, "Acme", V_ASN1_T61STRING,
        "\xC8"
        "acme"));
}

Test(verify_directory, values_that_none_finds_alike)
{
    static const char *const rows[][2] = {
        {"Acme", "Acmes"},
        {"Acme", "Bcme"},
        {"Acme", ""},
        {"Acme", "   "},
        {"Acme Ltd", "AcmeLtd"},
        {"\xC3\x84rzte GmbH", "\xC3\x84pfel GmbH"},
        {"\xC3\x84rger", "\xC3\x84rgern"},
        {"M\xC3\xBCller", "Maier"},
        {"Z\xC3\xBCrich", "Basel"},
        {"Acme", "M\xC3\xBCller"},
        {"ab", "acd\xC3\xA4"},
        {"A@", "A`"},
        {"A[", "A{"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_not(may(V_ASN1_UTF8STRING, rows[i][0], V_ASN1_UTF8STRING, rows[i][1]),
            "%s and %s", rows[i][0], rows[i][1]);
    cr_expect_not(may(V_ASN1_PRINTABLESTRING, "Acme", V_ASN1_UTF8STRING, "Other"));
}

static bool may_wide(int type, const char *wide, size_t length, const char *other)
{
    X509_NAME *one = name_of(type, wide, length, NULL);
    X509_NAME *two = name_of(V_ASN1_UTF8STRING, other, strlen(other), NULL);
    bool result = directory_may_hold(one, two);

    X509_NAME_free(one);
    X509_NAME_free(two);
    return result;
}

Test(verify_directory, wide_characters_are_read)
{
    cr_expect(may_wide(V_ASN1_BMPSTRING, "\0A\0c\0m\0e", 8, "acme"));
    cr_expect(may_wide(V_ASN1_BMPSTRING, "\0\xC4\0r\0g\0e\0r", 10, "\xC3\xA4rger"));
    cr_expect_not(may_wide(V_ASN1_BMPSTRING, "\0A\0c\0m\0e", 8, "other"));
    cr_expect(may_wide(V_ASN1_UNIVERSALSTRING, "\0\0\0A\0\0\0\xC4", 8, "a\xC3\xA4"));
    cr_expect_not(may_wide(V_ASN1_UNIVERSALSTRING, "\0\0\0A\0\0\0b", 8, "other"));
}

Test(verify_directory, names_are_compared_part_by_part)
{
    static const char acme[] = "\xC3\x84"
                               "cme",
                      other[] = "Other";
    X509_NAME *base = name_of(V_ASN1_UTF8STRING, acme, strlen(acme), NULL);
    X509_NAME *below = name_of(V_ASN1_UTF8STRING, acme, strlen(acme), NULL);
    X509_NAME *joined = name_of(V_ASN1_UTF8STRING, acme, strlen(acme), "Unit");
    X509_NAME *turned = name_of(V_ASN1_UTF8STRING, acme, strlen(acme), "Team");
    X509_NAME *same = name_of(V_ASN1_UTF8STRING,
        "\xC3\xA4"
        "cme",
        5, "UNIT");
    X509_NAME *unlike = name_of(V_ASN1_UTF8STRING, other, strlen(other), NULL);
    X509_NAME *type = X509_NAME_new(), *none = X509_NAME_new();

    pki_name_add(below, "CN", V_ASN1_UTF8STRING, "x", 1, false);
    pki_name_add(unlike, "O", V_ASN1_UTF8STRING, acme, strlen(acme), false);
    pki_name_add(type, "OU", V_ASN1_UTF8STRING, acme, strlen(acme), false);
    cr_expect(directory_may_hold(base, below));
    cr_expect_not(directory_may_hold(below, base), "shorter than the base");
    cr_expect_not(directory_may_hold(base, unlike), "its first part counts first");
    cr_expect_not(directory_may_hold(base, type), "another type");
    cr_expect_not(directory_may_hold(base, joined), "two parts in one");
    cr_expect_not(directory_may_hold(joined, turned), "one of two differs");
    cr_expect(directory_may_hold(joined, same), "neither differs");
    cr_expect_not(directory_may_hold(base, none));
    X509_NAME_free(none);
    X509_NAME_free(type);
    X509_NAME_free(unlike);
    X509_NAME_free(same);
    X509_NAME_free(turned);
    X509_NAME_free(joined);
    X509_NAME_free(below);
    X509_NAME_free(base);
}

/* The same name as the client's subject and among its alternative names. */
static void judge(const char *kind, const char *name, enum verdict_status wanted)
{
    char constraint[200], alternative[200];
    struct pki *root, *leaf, *other;

    (void)snprintf(
        constraint, sizeof(constraint), "[nc]\n%s;dirName=dn\n[dn]\nO=\xC3\x84rger\n", kind);
    root = pki_make(&(struct pki_spec){.subject = "CN=Root",
        .ca = true,
        .extensions = {"nameConstraints=critical,@nc"},
        .configuration = constraint});
    (void)snprintf(alternative, sizeof(alternative), "O=%s", name);
    leaf = pki_client(alternative, root);
    (void)verify_both(&(struct setup){.ca = {root}}, leaf, wanted, alternative);
    (void)snprintf(alternative, sizeof(alternative), "[san]\ndirName=dn\n[dn]\nO=%s\n", name);
    other = pki_make(&(struct pki_spec){.subject = "",
        .issuer = root,
        .extensions = {"subjectAltName=critical,@san"},
        .configuration = alternative});
    (void)verify_both(&(struct setup){.ca = {root}}, other, wanted, alternative);
    pki_free(other);
    pki_free(leaf);
    pki_free(root);
}

Test(verify_directory, an_excluded_name_is_not_evaded_and_a_permitted_one_no_wider)
{
    judge("excluded", "\xC3\x84rger", VERDICT_UNTRUSTED);
    judge("excluded", "\xC3\xA4rger", VERDICT_UNTRUSTED);
    judge("excluded", "Other", VERDICT_VALID);
    judge("permitted", "\xC3\xA4rger", VERDICT_UNTRUSTED);
    judge("permitted", "Other", VERDICT_UNTRUSTED);
}

/* A subject without parts is no name, and an excluded name without parts is all of them. */
Test(verify_directory, what_has_no_subject_is_in_no_subtree_of_names)
{
    struct pki *root = pki_make(&(struct pki_spec){.subject = "CN=Root",
        .ca = true,
        .extensions = {"nameConstraints=critical,@nc"},
        .configuration = "[nc]\nexcluded;dirName=dn\n[dn]\n"});
    struct pki *named = pki_client("CN=x", root);
    struct pki *nameless = pki_make(&(struct pki_spec){
        .subject = "", .issuer = root, .extensions = {"subjectAltName=critical,DNS:x"}});

    (void)verify_both(&(struct setup){.ca = {root}}, named, VERDICT_UNTRUSTED, "a subject");
    (void)verify_both(&(struct setup){.ca = {root}}, nameless, VERDICT_VALID, "none");
    pki_free(nameless);
    pki_free(named);
    pki_free(root);
}
