/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "certificate/identity_names.h"
#include "unit/certificate/identity_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* One value as CN, and what must come out: as a whole name, and as a part. */
struct value {
    int type;
    const char *bytes;
    size_t length;
    const char *name;
    const char *part;
    bool replaced;
};
#define BYTES(string) string, sizeof(string) - 1

static const struct value values[] = {
    {V_ASN1_UTF8STRING, BYTES("Dan Example"), "CN=Dan Example", "Dan Example", false},
    {V_ASN1_UTF8STRING, BYTES("J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80"),
        "CN=J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80",
        "J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80", false},
    {V_ASN1_UTF8STRING, BYTES(""), "CN=", "", false},
    /* RFC 2253 section 2.4. */
    {V_ASN1_UTF8STRING, BYTES("a,b+c\"d\\e<f>g;h"), "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h",
        "a,b+c\"d\\\\e<f>g;h", false},
    {V_ASN1_UTF8STRING, BYTES("#a#"), "CN=\\#a#", "#a#", false},
    {V_ASN1_UTF8STRING, BYTES("  a b  "), "CN=\\  a b \\ ", "  a b  ", false},
    {V_ASN1_UTF8STRING, BYTES(" "), "CN=\\ ", " ", false},
    {V_ASN1_UTF8STRING, BYTES("a=b"), "CN=a=b", "a=b", false},
    /* What may not be shown. */
    {V_ASN1_UTF8STRING, BYTES("a\nb\rc\td"), "CN=a\\0Ab\\0Dc\\09d", "a\\0Ab\\0Dc\\09d", true},
    {V_ASN1_UTF8STRING, BYTES("a\0b"), "CN=a\\00b", "a\\00b", true},
    {V_ASN1_UTF8STRING, BYTES("\x1B[31mred"), "CN=\\1B[31mred", "\\1B[31mred", true},
    {V_ASN1_UTF8STRING, BYTES("<script>alert(1)</script>"), "CN=\\<script\\>alert(1)\\</script\\>",
        "<script>alert(1)</script>", false},
    {V_ASN1_UTF8STRING, BYTES("a\xE2\x80\xAEnad"), "CN=a\\E2\\80\\AEnad", "a\\E2\\80\\AEnad", true},
    {V_ASN1_UTF8STRING, BYTES("a\xE2\x80\x8B\xE2\x80\x8D\xEF\xBB\xBF"),
        "CN=a\\E2\\80\\8B\\E2\\80\\8D\\EF\\BB\\BF", "a\\E2\\80\\8B\\E2\\80\\8D\\EF\\BB\\BF", true},
    {V_ASN1_UTF8STRING, BYTES("\xC2\x85\x7F"), "CN=\\C2\\85\\7F", "\\C2\\85\\7F", true},
    {V_ASN1_UTF8STRING, BYTES("\xE2\x80\xA8"), "CN=\\E2\\80\\A8", "\\E2\\80\\A8", true},
    /* Malformed UTF-8: overlong, a surrogate, above U+10FFFF, cut. */
    {V_ASN1_UTF8STRING, BYTES("\xC0\xAF"), "CN=\\C0\\AF", "\\C0\\AF", true},
    {V_ASN1_UTF8STRING, BYTES("\xED\xA0\x80"), "CN=\\ED\\A0\\80", "\\ED\\A0\\80", true},
    {V_ASN1_UTF8STRING, BYTES("\xF4\x90\x80\x80"), "CN=\\F4\\90\\80\\80", "\\F4\\90\\80\\80", true},
    {V_ASN1_UTF8STRING, BYTES("a\xE2\x82"), "CN=a\\E2\\82", "a\\E2\\82", true},
    /* Other types. */
    {V_ASN1_PRINTABLESTRING, BYTES("Acme Ltd."), "CN=Acme Ltd.", "Acme Ltd.", false},
    {V_ASN1_PRINTABLESTRING, BYTES("J\xFC"), "CN=#13024AFC", "\\#13024AFC", true},
    {V_ASN1_IA5STRING, BYTES("dan@example.org"), "CN=dan@example.org", "dan@example.org", false},
    {V_ASN1_IA5STRING, BYTES("\xC3\xBC"), "CN=#1602C3BC", "\\#1602C3BC", true},
    {V_ASN1_T61STRING, BYTES("J\xFCrgen"), "CN=J\xC3\xBCrgen", "J\xC3\xBCrgen", false},
    {V_ASN1_T61STRING, BYTES("a\x9B\x31m"), "CN=a\\C2\\9B1m", "a\\C2\\9B1m", true},
    {V_ASN1_BMPSTRING, BYTES("\0J\0\xFC\x20\xAC"), "CN=J\xC3\xBC\xE2\x82\xAC",
        "J\xC3\xBC\xE2\x82\xAC", false},
    {V_ASN1_BMPSTRING, BYTES("\0a\x20\x2E\0\n"), "CN=a\\E2\\80\\AE\\0A", "a\\E2\\80\\AE\\0A", true},
    {V_ASN1_BMPSTRING, BYTES("\0a\0"), "CN=#1E03006100", "\\#1E03006100", true},
    {V_ASN1_BMPSTRING, BYTES("\xD8\x3D\xDE\x00"), "CN=#1E04D83DDE00", "\\#1E04D83DDE00", true},
    {V_ASN1_UNIVERSALSTRING, BYTES("\0\1\xF6\0"), "CN=\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", false},
    {V_ASN1_UNIVERSALSTRING, BYTES("\0\x11\0\0"), "CN=#1C0400110000", "\\#1C0400110000", true},
    {V_ASN1_UNIVERSALSTRING, BYTES("\0\0\0"), "CN=#1C03000000", "\\#1C03000000", true},
    {V_ASN1_BIT_STRING, BYTES("\x01\x03"), "CN=#0303000103", "\\#0303000103", false},
};

/* Shows one value, in one of the two forms. */
static char *show(int type, const char *bytes, size_t length, enum shown_form form, bool *replaced)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);
    struct shown shown = {.cut = false};
    char *taken;

    pki_must(string != NULL && ASN1_STRING_set(string, bytes, (int)length) == 1, "a string");
    cr_expect_eq(shown_value(&shown, string, form), ERROR_NONE);
    *replaced = shown.replaced;
    taken = shown_take(&shown);
    ASN1_STRING_free(string);
    return taken;
}

Test(identity_names, every_kind_of_string_is_shown_as_utf8_and_hostile_bytes_are_escaped)
{
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const struct value *value = &values[i];
        bool name_replaced, part_replaced;
        char *name = show(value->type, value->bytes, value->length, SHOWN_NAME, &name_replaced);
        char *part = show(value->type, value->bytes, value->length, SHOWN_PLAIN, &part_replaced);

        cr_expect_str_eq(
            name, value->name + 3, "value %zu: expected %s, came %s", i, value->name + 3, name);
        cr_expect_str_eq(
            part, value->part, "value %zu: expected %s, came %s", i, value->part, part);
        cr_expect_eq(name_replaced, value->replaced, "value %zu: %s", i, name);
        cr_expect_eq(part_replaced, value->replaced, "value %zu: %s", i, part);
        free(name);
        free(part);
    }
}

/* A name with one value; NULL when libcrypto takes none such. */
static X509_NAME *try_name(const struct value *value)
{
    X509_NAME *name = X509_NAME_new(), *copy = NULL;
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(
        NULL, NID_commonName, value->type, (const unsigned char *)value->bytes, (int)value->length);

    if (entry != NULL && X509_NAME_add_entry(name, entry, -1, 0) == 1)
        copy = X509_NAME_dup(name);
    X509_NAME_ENTRY_free(entry);
    X509_NAME_free(name);
    return copy;
}

/* libcrypto decodes no name whose characters it cannot convert; all others come in an identity. */
Test(identity_names, the_names_of_a_certificate_are_shown_in_both_forms)
{
    size_t i, seen = 0;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const struct value *value = &values[i];
        X509_NAME *copy = try_name(value);
        struct identity *identity;
        char *alone;

        if (copy != NULL) {
            seen++;
            identity = identity_given(&(struct pki_spec){.subject_name = copy});
            alone = identity_name(copy, NULL);
            cr_expect_str_eq(identity->subject, value->name, "value %zu: expected %s, came %s", i,
                value->name, identity->subject);
            cr_expect_str_eq(identity->issuer, value->name);
            cr_expect_str_eq(alone, value->name);
            cr_assert_eq(identity->subject_part_count, 1);
            cr_expect_str_eq(identity->subject_parts[0].type, "CN");
            cr_expect_str_eq(identity->subject_parts[0].value, value->part);
            cr_expect_eq(identity->subject_replaced, value->replaced, "value %zu", i);
            free(alone);
            identity_free(identity);
        }
        X509_NAME_free(copy);
    }
    cr_expect_gt(seen, 20);
}

/* All of the table, and what each could be mistaken for. */
Test(identity_names, names_that_differ_never_look_the_same)
{
    static const char *const lookalikes[] = {"\\0A", "\\E2\\80\\AE", "#13024AFC", "\\#13024AFC",
        "a\\,b", "\\23", "a,O=b", "a+O=b", "a", "\\", "\\\\", "a...", "...", "a\nb", "a\\0Ab"};
    const size_t count = sizeof(values) / sizeof(values[0]);
    const size_t all = count + sizeof(lookalikes) / sizeof(lookalikes[0]);
    char *shown[64][2] = {{NULL}};
    bool replaced;
    size_t i, j;
    int form;

    cr_assert_leq(all, 64);
    for (i = 0; i < all; i++) {
        bool given = i < count;

        for (form = 0; form < 2; form++)
            shown[i][form] = show(given ? values[i].type : V_ASN1_UTF8STRING,
                given ? values[i].bytes : lookalikes[i - count],
                given ? values[i].length : strlen(lookalikes[i - count]),
                form ? SHOWN_NAME : SHOWN_PLAIN, &replaced);
        for (j = 0; j < i; j++) {
            for (form = 0; form < 2; form++)
                cr_expect_str_neq(
                    shown[i][form], shown[j][form], "%zu and %zu: %s", i, j, shown[i][form]);
        }
    }
    for (i = 0; i < all; i++) {
        free(shown[i][0]);
        free(shown[i][1]);
    }
}

Test(identity_names, a_name_is_written_last_part_first_and_joined_parts_with_a_plus)
{
    static const struct {
        const char *subject, *shown;
    } names[] = {
        {"CN=Dan,OU=Ops,O=Acme,C=GB", "CN=Dan,OU=Ops,O=Acme,C=GB"},
        {"CN=Dan+UID=7,O=Acme", "UID=7+CN=Dan,O=Acme"},
        {"O=Acme,CN=Dan+UID=7,C=GB", "O=Acme,UID=7+CN=Dan,C=GB"},
        {"CN=Dan,DC=example,DC=org", "CN=Dan,DC=example,DC=org"},
        {"2.999.1=u,CN=Dan", "2.999.1=u,CN=Dan"},
        {"emailAddress=dan@example.org,CN=Dan", "emailAddress=dan@example.org,CN=Dan"},
        {"", ""},
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct identity *identity = identity_given(&(struct pki_spec){.subject = names[i].subject});

        cr_expect_str_eq(identity->subject, names[i].shown, "%s: expected %s, came %s",
            names[i].subject, names[i].shown, identity->subject);
        identity_free(identity);
    }
}

Test(identity_names, an_empty_subject_has_no_parts)
{
    struct pki *ca = pki_ca("CN=CA");
    struct identity *identity = identity_given(&(struct pki_spec){.subject = "", .issuer = ca});

    cr_expect_str_eq(identity->subject, "");
    cr_expect_eq(identity->subject_part_count, 0);
    cr_expect_not(identity->subject_replaced);
    cr_expect_str_eq(identity->issuer, "CN=CA");
    identity_free(identity);
    pki_free(ca);
}

Test(identity_names, the_parts_stand_in_the_certificates_own_order)
{
    struct identity *identity =
        identity_given(&(struct pki_spec){.subject = "CN=Dan,OU=B,OU=A,2.999=x,C=GB"});
    static const char *const wanted[][2] = {
        {"C", "GB"}, {"2.999", "x"}, {"OU", "A"}, {"OU", "B"}, {"CN", "Dan"}};
    size_t i;

    cr_assert_eq(identity->subject_part_count, 5);
    for (i = 0; i < 5; i++) {
        cr_expect_str_eq(identity->subject_parts[i].type, wanted[i][0]);
        cr_expect_str_eq(identity->subject_parts[i].value, wanted[i][1]);
    }
    identity_free(identity);
}

static void expect_cut(const char *shown, const char *what)
{
    size_t length = strlen(shown);

    cr_expect_leq(length, IDENTITY_MAX_NAME_BYTES, "%s: %zu bytes", what, length);
    cr_expect_gt(length, IDENTITY_MAX_NAME_BYTES - 16, "%s: %zu bytes", what, length);
    cr_expect_str_eq(shown + length - 3, "...", "%s", what);
}

Test(identity_names, huge_names_are_cut_between_two_characters)
{
    static const struct {
        const char *unit;
        size_t size; /* as it is shown */
    } units[] = {{"a", 1}, {"\xE2\x82\xAC", 3}, {"\n", 3}, {"\xE2\x80\xAE", 9}, {",", 2}};
    size_t i, j, size = 20000;
    char *bytes = malloc(size * 3 + 1);

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        X509_NAME *name = X509_NAME_new();
        size_t length = strlen(units[i].unit), shown;
        char *string;

        for (j = 0; j < size; j++)
            memcpy(bytes + j * length, units[i].unit, length);
        pki_name_add(name, "CN", V_ASN1_UTF8STRING, bytes, size * length, false);
        string = identity_name(name, NULL);
        expect_cut(string, units[i].unit);
        shown = strlen(string) - strlen("CN=") - strlen("...");
        cr_expect_eq(shown % units[i].size, 0, "cut inside of a character: %s", string + shown);
        free(string);
        X509_NAME_free(name);
    }
    free(bytes);
}

Test(identity_names, a_name_of_many_parts_is_cut)
{
    X509_NAME *name = X509_NAME_new();
    char *string;
    int i;

    for (i = 0; i < 4000; i++)
        pki_name_add(name, "OU", V_ASN1_UTF8STRING, "abcdef", 6, i % 2);
    string = identity_name(name, NULL);
    expect_cut(string, "4000 parts");
    free(string);
    X509_NAME_free(name);
}

Test(identity_names, a_string_is_cut_to_a_buffer_between_two_characters_or_escapes)
{
    static const struct {
        const char *shown;
        size_t size;
        const char *wanted;
    } cuts[] = {
        {"", 8, ""},
        {"CN=Dan1", 8, "CN=Dan1"},
        {"CN=Dan12", 8, "CN=D..."},
        {"ab\xE2\x82\xAC\xE2\x82\xAC", 8, "ab..."},
        {"a\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 8, "a\xE2\x82\xAC..."},
        {"ab\\0A\\0A\\0A", 8, "ab..."},
        {"a\\0A\\0A\\0A", 8, "a\\0A..."},
        {"abc\\,defgh", 8, "abc..."},
        {"ab\\,defgh", 8, "ab\\,..."},
        {"abc\\\\\\\\\\", 8, "abc..."},
        {"ab\\\\0Aabc", 8, "ab\\\\..."},
    };
    size_t i;

    for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        char buffer[16] = "xxxxxxxxxxxxxxx";

        identity_cut(buffer, cuts[i].size, cuts[i].shown);
        cr_expect_str_eq(buffer, cuts[i].wanted, "%s: expected %s, came %s", cuts[i].shown,
            cuts[i].wanted, buffer);
    }
}
