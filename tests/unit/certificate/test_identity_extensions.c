/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "unit/certificate/identity_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* Compares with words that a NULL ends. */
static void expect_list(
    const struct identity_list *list, const char *const *wanted, const char *what)
{
    size_t i;

    for (i = 0; wanted[i] != NULL; i++) {
        cr_assert_lt(
            i, list->count, "%s: %zu items, '%s' is missing", what, list->count, wanted[i]);
        cr_expect_str_eq(
            list->items[i], wanted[i], "%s: expected %s, came %s", what, wanted[i], list->items[i]);
    }
    cr_expect_eq(list->count, i, "%s: %zu items instead of %zu", what, list->count, i);
}

Test(identity_extensions, alternative_names_come_in_their_order_with_criticality)
{
    static const char *const wanted[] = {"DNS:example.org", "email:dan@example.org", NULL};
    struct identity *identity = identity_given(&(struct pki_spec){
        .extensions = {"subjectAltName=critical,DNS:example.org,email:dan@example.org"}});

    expect_list(&identity->subject_alt_names, wanted, "SANs");
    cr_expect(identity->subject_alt_names.present);
    cr_expect(identity->subject_alt_names.critical);
    identity_free(identity);
}

Test(identity_extensions, netscapes_type_is_shown)
{
    static const char *const wanted[] = {"client", "email", NULL};
    struct identity *identity =
        identity_given(&(struct pki_spec){.extensions = {"nsCertType=client,email"}});

    expect_list(&identity->netscape_cert_type, wanted, "nsCertType");
    cr_expect(identity->netscape_cert_type.present);
    identity_free(identity);
}

struct raw {
    const char *oid;
    const char *bytes;
    size_t length;
    int times;
};
#define BYTES(string) string, sizeof(string) - 1

static void add_raw(X509 *certificate, void *context)
{
    const struct raw *raw = context;
    int i;

    for (i = 0; i < raw->times; i++)
        pki_add_raw_extension(certificate, raw->oid, false, raw->bytes, raw->length);
}

static struct identity *read_raw(struct raw raw)
{
    return identity_given(
        &(struct pki_spec){.no_extensions = true, .customise = add_raw, .context = &raw});
}

Test(identity_extensions, an_extension_that_cannot_be_read_to_its_end_is_unreadable)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *shown;
    } names[] = {
        {BYTES("\x30\x0C\x82\x0A"
               "a\0b\n\x1B[1m\xC3\xBC"),
            "DNS:a\\00b\\0A\\1B[1m\\C3\\BC"},
        {BYTES("\x30\x02\x82\x00"), "DNS:"},
        {BYTES("\x30\x00"), NULL},
        {BYTES("\x30\x02\xA4\x00"), "unreadable"},
        {BYTES("\x30\x03\x82\x05"
               "a"),
            "unreadable"},
        {BYTES("\x05\x00"), "unreadable"},
        {BYTES(""), "unreadable"},
        {BYTES("\x30\x03\x82\x01"
               "a\x00"),
            "unreadable"},
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct identity *identity =
            read_raw((struct raw){"2.5.29.17", names[i].bytes, names[i].length, 1});
        const char *const wanted[] = {names[i].shown, NULL};
        char what[16];

        (void)snprintf(what, sizeof(what), "case %zu", i);
        cr_expect(identity->subject_alt_names.present, "%s", what);
        expect_list(&identity->subject_alt_names, wanted, what);
        identity_free(identity);
    }
}

Test(identity_extensions, more_names_than_the_limit_are_counted)
{
    static const int counts[] = {IDENTITY_MAX_NAMES, IDENTITY_MAX_NAMES + 1, 1000};
    size_t i;

    for (i = 0; i < 3; i++) {
        char *line = malloc(32 + 16 * (size_t)counts[i]), *at = line;
        struct identity *identity;
        char more[32];
        int j;

        at += sprintf(at, "subjectAltName=DNS:n0");
        for (j = 1; j < counts[i]; j++)
            at += sprintf(at, ",DNS:n%d", j);
        identity = identity_given(&(struct pki_spec){.extensions = {line}});
        if (counts[i] == IDENTITY_MAX_NAMES) {
            cr_expect_eq(identity->subject_alt_names.count, IDENTITY_MAX_NAMES);
            cr_expect_str_eq(identity->subject_alt_names.items[IDENTITY_MAX_NAMES - 1], "DNS:n127");
        } else {
            (void)snprintf(more, sizeof(more), "... and %d more", counts[i] - IDENTITY_MAX_NAMES);
            cr_expect_eq(identity->subject_alt_names.count, IDENTITY_MAX_NAMES + 1);
            cr_expect_str_eq(identity->subject_alt_names.items[IDENTITY_MAX_NAMES], more);
        }
        identity_free(identity);
        free(line);
    }
}

Test(identity_extensions, key_usages_have_the_names_of_rfc_5280)
{
    static const char *const all[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
        "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly",
        "decipherOnly", NULL};
    static const char *const beyond[] = {"digitalSignature", "bit 9", "bit 15", NULL};
    static const char *const none[] = {NULL};
    struct identity *identity = identity_given(&(struct pki_spec){
        .extensions = {"keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,"
                       "keyAgreement,keyCertSign,cRLSign,encipherOnly,decipherOnly"}});

    expect_list(&identity->key_usage, all, "all");
    cr_expect_not(identity->key_usage.critical);
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.15", BYTES("\x03\x03\x00\x80\x41"), 1});
    expect_list(&identity->key_usage, beyond, "unknown bits");
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.15", BYTES("\x03\x01\x00"), 1});
    expect_list(&identity->key_usage, none, "none");
    cr_expect(identity->key_usage.present);
    identity_free(identity);
}

Test(identity_extensions, extended_key_usages_come_by_name_or_as_dotted_numbers)
{
    static const char *const wanted[] = {
        "clientAuth", "serverAuth", "emailProtection", "anyExtendedKeyUsage", "1.2.3.4.5", NULL};
    struct identity *identity = identity_given(&(struct pki_spec){
        .extensions = {"extendedKeyUsage=critical,clientAuth,serverAuth,emailProtection,"
                       "anyExtendedKeyUsage,1.2.3.4.5"}});

    expect_list(&identity->extended_key_usage, wanted, "extended key usages");
    cr_expect(identity->extended_key_usage.critical);
    identity_free(identity);
}

Test(identity_extensions, an_extension_that_is_there_twice_is_unreadable)
{
    static const char *const unreadable[] = {"unreadable", NULL};
    struct identity *identity = read_raw((struct raw){"2.5.29.17",
        BYTES("\x30\x03\x82\x01"
              "a"),
        2});

    expect_list(&identity->subject_alt_names, unreadable, "SANs");
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.15", BYTES("\x03\x02\x07\x80"), 2});
    expect_list(&identity->key_usage, unreadable, "key usages");
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.37", BYTES("\x30\x04\x06\x02\x2A\x03"), 2});
    expect_list(&identity->extended_key_usage, unreadable, "extended key usages");
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.14", BYTES("\x04\x01\xAB"), 2});
    cr_expect_str_eq(identity->subject_key_id, "unreadable");
    identity_free(identity);
}

Test(identity_extensions, what_libcrypto_does_not_know_is_listed_with_its_criticality)
{
    static const char *const wanted[] = {"1.2.3.4", "1.2.3.5", NULL};
    struct identity *identity = identity_given(
        &(struct pki_spec){.extensions = {"1.2.3.4=DER:0500", "1.2.3.5=critical,DER:0500"}});

    expect_list(&identity->unknown_extensions, wanted, "unknown extensions");
    cr_expect(identity->unknown_extensions.critical);
    identity_free(identity);
    identity = identity_given(&(struct pki_spec){.extensions = {"1.2.3.4=DER:0500"}});
    cr_expect(identity->unknown_extensions.present);
    cr_expect_not(identity->unknown_extensions.critical);
    identity_free(identity);
    identity = identity_given(&(struct pki_spec){.subject = "CN=none"});
    cr_expect_not(identity->unknown_extensions.present);
    cr_expect_eq(identity->unknown_extensions.count, 0);
    identity_free(identity);
}

Test(identity_extensions, key_identifiers_are_hexadecimal_with_colons)
{
    struct pki *ca = pki_ca("CN=CA");
    struct identity *of_ca = identity_of(ca->certificate);
    struct identity *identity = identity_given(&(struct pki_spec){.issuer = ca});

    cr_expect_eq(strlen(of_ca->subject_key_id), 59);
    cr_expect_eq(of_ca->subject_key_id[2], ':');
    cr_expect_str_eq(identity->authority_key_id, of_ca->subject_key_id);
    identity_free(of_ca);
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.14", BYTES("\x04\x02\xAB\x01"), 1});
    cr_expect_str_eq(identity->subject_key_id, "AB:01");
    cr_expect_null(identity->authority_key_id);
    identity_free(identity);
    identity = read_raw((struct raw){"2.5.29.35", BYTES("\x05\x00"), 1});
    cr_expect_str_eq(identity->authority_key_id, "unreadable");
    identity_free(identity);
    pki_free(ca);
}
