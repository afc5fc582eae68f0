/* SPDX-License-Identifier: ISC */
#include "certificate/identity_general_name.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void expect_shown(const GENERAL_NAME *name, const char *wanted)
{
    struct shown shown = {.cut = false};
    char *string;

    cr_expect_eq(shown_general_name(&shown, name), ERROR_NONE);
    string = shown_take(&shown);
    cr_expect_str_eq(string, wanted, "expected %s, came %s", wanted, string);
    free(string);
}

/* The alternative names of a certificate with this extension, in their order. */
static void expect_names(const struct pki_spec *spec, const char *const *wanted)
{
    struct pki *pki = pki_make(spec);
    GENERAL_NAMES *names = X509_get_ext_d2i(pki->certificate, NID_subject_alt_name, NULL, NULL);
    int i;

    for (i = 0; wanted[i] != NULL; i++) {
        cr_assert_lt(i, sk_GENERAL_NAME_num(names));
        expect_shown(sk_GENERAL_NAME_value(names, i), wanted[i]);
    }
    cr_expect_eq(sk_GENERAL_NAME_num(names), i);
    GENERAL_NAMES_free(names);
    pki_free(pki);
}

Test(identity_general_name, alternative_names_of_every_kind_are_shown)
{
    static const char *const wanted[] = {"DNS:example.org", "email:dan@example.org",
        "URI:https://example.org/a?b", "IP:192.0.2.1", "IP:2001:db8::1", "RID:2.999.3",
        "dirName:CN=Dan,O=Acme", "UPN:dan@example.org", "otherName:1.2.3", NULL};
    const struct pki_spec spec = {
        .extensions = {"subjectAltName=DNS:example.org,email:dan@example.org,"
                       "URI:https://example.org/a?b,IP:192.0.2.1,IP:2001:db8::1,RID:2.999.3,"
                       "dirName:d,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:dan@example.org,"
                       "otherName:1.2.3;UTF8:a"},
        .configuration = "[d]\nO=Acme\nCN=Dan\n"};

    expect_names(&spec, wanted);
}

/* XMPP, services by DNS and Kerberos name clients in ways of their own. */
Test(identity_general_name, other_names_that_are_known_are_shown)
{
    static const char *const wanted[] = {"XmppAddr:dan@example.org",
        "SRVName:_xmpp-client.example.org", "Kerberos:dan/ad\\@min@EXAMPLE.ORG",
        "otherName:1.3.6.1.5.2.2", NULL};
    const struct pki_spec spec = {
        .extensions = {"subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:dan@example.org,"
                       "otherName:1.3.6.1.5.5.7.8.7;IA5:_xmpp-client.example.org,"
                       "otherName:1.3.6.1.5.2.2;SEQUENCE:principal,"
                       "otherName:1.3.6.1.5.2.2;SEQUENCE:broken"},
        .configuration = "[principal]\nrealm=EXP:0,GeneralString:EXAMPLE.ORG\n"
                         "name=EXP:1,SEQUENCE:name\n[name]\ntype=EXP:0,INTEGER:1\n"
                         "strings=EXP:1,SEQUENCE:strings\n[strings]\n"
                         "1=GeneralString:dan\n2=GeneralString:ad@min\n"
                         "[broken]\nrealm=EXP:0,GeneralString:EXAMPLE.ORG\n"};

    expect_names(&spec, wanted);
}

#define BYTES(string) string, sizeof(string) - 1

Test(identity_general_name, hostile_bytes_are_escaped)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *shown;
    } names[] = {
        {BYTES("\x82\x0A"
               "a\0b\n\x1B[1m\xC3\xBC"),
            "DNS:a\\00b\\0A\\1B[1m\\C3\\BC"},
        {BYTES("\x81\x05"
               "a\\0Ab"),
            "email:a\\\\0Ab"},
        {BYTES("\x86\x08<script>"), "URI:<script>"},
        {BYTES("\x87\x03\x01\x02\x03"), "IP:010203"},
        {BYTES("\x87\x00"), "IP:"},
        {BYTES("\x82\x00"), "DNS:"},
        {BYTES("\xA4\x02\x30\x00"), "dirName:"},
        {BYTES("\xA3\x00"), "x400Address"},
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const unsigned char *at = (const unsigned char *)names[i].bytes;
        GENERAL_NAME *name = d2i_GENERAL_NAME(NULL, &at, (long)names[i].length);

        cr_assert_not_null(name, "name %zu", i);
        expect_shown(name, names[i].shown);
        GENERAL_NAME_free(name);
    }
}
