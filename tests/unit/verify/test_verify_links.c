/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_links.h"

#include <criterion/criterion.h>
#include <openssl/x509_vfy.h>
#include <string.h>

/* Link certificates of a CA that changed its key, without key identifiers: libcrypto alone takes
 * them for self-signed, so that there is no second judge. */

#define NAME "CN=Our CA,O=Acme"
#define BARE "authorityKeyIdentifier=", "subjectKeyIdentifier="

static struct pki *old, *new;

static void make_keys(void)
{
    old = pki_make(&(struct pki_spec){.subject = NAME, .ca = true, .extensions = {BARE}});
    new = pki_make(&(struct pki_spec){.subject = NAME, .ca = true, .extensions = {BARE}});
}

static void free_keys(void)
{
    pki_free(old);
    pki_free(new);
}

TestSuite(verify_links, .init = make_keys, .fini = free_keys);

/* The key of `whose` in a certificate by `by`; `spec` says what is special about it. */
static struct pki *make_link(const struct pki *whose, const struct pki *by, struct pki_spec spec)
{
    spec.subject = NAME;
    spec.issuer = by;
    spec.same_key_as = whose;
    return pki_make(&spec);
}

static struct pki *bare_link(const struct pki *whose, const struct pki *by)
{
    return make_link(whose, by, (struct pki_spec){.ca = true, .extensions = {BARE}});
}

static struct pki *bare_client(const struct pki *by)
{
    return pki_make(&(struct pki_spec){.subject = "CN=Dan", .issuer = by, .extensions = {BARE}});
}

static struct verdict judge(
    const struct pki *anchor, const struct pki *link, const struct pki *leaf)
{
    return verify_judge(
        &(struct setup){.ca = {anchor}, .chain = {link}, .without_second_judge = true},
        leaf->certificate);
}

Test(verify_links, a_link_leads_from_either_key_to_the_other)
{
    const struct pki *const pairs[][2] = {{old, new}, {new, old}};
    size_t i;

    for (i = 0; i < 2; i++) {
        const struct pki *anchor = pairs[i][0], *other = pairs[i][1];
        struct pki *link = bare_link(other, anchor), *leaf = bare_client(other);
        const struct setup sent = {.ca = {anchor}, .chain = {link}, .without_second_judge = true};
        const struct setup kept = {
            .ca = {anchor}, .intermediates = {link}, .without_second_judge = true};
        const struct setup none = {.ca = {anchor}};

        (void)verify_both(&sent, leaf, VERDICT_VALID, "sent by the client");
        (void)verify_both(&kept, leaf, VERDICT_VALID, "the operator's");
        (void)verify_both(&none, leaf, VERDICT_UNTRUSTED, "without it");
        pki_free(leaf);
        pki_free(link);
    }
}

Test(verify_links, whatever_serial_number_a_link_has)
{
    static const char *const serials[] = {"00", "01", "02", "03"};
    size_t i;

    for (i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        struct pki *link = make_link(new, old,
            (struct pki_spec){.ca = true, .serial_hex = serials[i], .extensions = {BARE}});
        struct pki *leaf = bare_client(new);
        struct verdict verdict = judge(old, link, leaf);

        verify_expect(&verdict, VERDICT_VALID, "link");
        cr_expect_eq(verdict.chain_length, 3);
        pki_free(leaf);
        pki_free(link);
    }
}

Test(verify_links, a_link_that_a_stranger_made_leads_nowhere)
{
    struct pki *stranger =
        pki_make(&(struct pki_spec){.subject = NAME, .ca = true, .extensions = {BARE}});
    struct pki *link = bare_link(new, stranger), *leaf = bare_client(new);
    struct verdict verdict = judge(old, link, leaf);

    verify_expect(&verdict, VERDICT_UNTRUSTED, "forged");
    pki_free(leaf);
    pki_free(link);
    pki_free(stranger);
}

/* What else a certificate of a CA must be, a link must be too. */
Test(verify_links, the_rules_for_a_ca_hold_for_a_link)
{
    const struct {
        const char *what;
        struct pki_spec spec;
        int code;
    } rows[] = {
        {"expired", {.ca = true, .not_before = -9 * PKI_DAY, .not_after = -1, .extensions = {BARE}},
            X509_V_ERR_CERT_HAS_EXPIRED},
        {"no CA", {.extensions = {BARE, "keyUsage=", "basicConstraints=critical,CA:FALSE"}},
            X509_V_ERR_INVALID_CA},
        {"version 1", {.version = 1}, X509_V_ERR_INVALID_CA},
        {"critical", {.ca = true, .extensions = {BARE, "1.2.3.4=critical,DER:0500"}},
            X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
        {"constraints of other names",
            {.ca = true, .extensions = {BARE, "nameConstraints=critical,excluded;DNS:."}},
            X509_V_OK},
        {"constrained",
            {.ca = true,
                .extensions = {BARE, "nameConstraints=critical,permitted;dirName:n"},
                .configuration = "[n]\nO=Other\n"},
            X509_V_ERR_PERMITTED_VIOLATION},
        {"policy",
            {.ca = true,
                .extensions = {BARE, "policyConstraints=critical,requireExplicitPolicy:0"}},
            X509_V_ERR_NO_EXPLICIT_POLICY},
    };
    struct pki *leaf = bare_client(new);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *link = make_link(new, old, rows[i].spec);
        struct verdict verdict = judge(old, link, leaf);

        verify_expect(
            &verdict, rows[i].code == X509_V_OK ? VERDICT_VALID : VERDICT_UNTRUSTED, rows[i].what);
        cr_expect_eq(verdict.error_code, rows[i].code, "%s: %d, %s", rows[i].what,
            verdict.error_code, verdict.reason);
        pki_free(link);
    }
    pki_free(leaf);
}

/* The anchor's own constraints; a link is self-issued and so not counted (RFC 5280 section
 * 6.1.4 l). */
Test(verify_links, what_the_anchor_demands_counts_through_a_link)
{
    const struct {
        const char *what, *extension;
        int pathlen_plus_one, code;
    } rows[] = {
        {"names", "nameConstraints=critical,excluded;email:.", 0, X509_V_OK},
        {"excluded", "nameConstraints=critical,permitted;dirName:n", 0,
            X509_V_ERR_PERMITTED_VIOLATION},
        {"path length 0", NULL, 1, X509_V_OK},
    };
    struct pki *leaf = bare_client(new);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *anchor = pki_make(&(struct pki_spec){.subject = NAME,
            .ca = true,
            .pathlen_plus_one = rows[i].pathlen_plus_one,
            .configuration = "[n]\nO=Other\n",
            .extensions = {BARE, rows[i].extension}});
        struct pki *link = bare_link(new, anchor);
        struct verdict verdict = judge(anchor, link, leaf);

        cr_expect_eq(verdict.error_code, rows[i].code, "%s: %d, %s", rows[i].what,
            verdict.error_code, verdict.reason);
        verify_expect(
            &verdict, rows[i].code == X509_V_OK ? VERDICT_VALID : VERDICT_UNTRUSTED, rows[i].what);
        pki_free(link);
        pki_free(anchor);
    }
    pki_free(leaf);
}

Test(verify_links, a_revoked_link_leads_nowhere)
{
    struct pki *link = bare_link(new, old), *leaf = bare_client(new);
    struct pki_revoked line = {.certificate = link->certificate};
    X509_CRL *by_old = pki_crl(&(struct pki_crl_spec){.issuer = old,
        .revoked = &line,
        .revoked_count = 1,
        .extensions = {"authorityKeyIdentifier="}});
    X509_CRL *empty = pki_crl(&(struct pki_crl_spec){
        .issuer = old, .number = 2, .extensions = {"authorityKeyIdentifier="}});
    X509_CRL *by_new =
        pki_crl(&(struct pki_crl_spec){.issuer = new, .extensions = {"authorityKeyIdentifier="}});
    struct setup setup = {
        .ca = {old}, .chain = {link}, .crls = {by_old, by_new}, .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "the link is revoked");
    setup.crls[0] = empty;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "it is not");
    X509_CRL_free(by_old);
    X509_CRL_free(empty);
    X509_CRL_free(by_new);
    pki_free(leaf);
    pki_free(link);
}

/* libcrypto takes it for self-signed when it has no subjectKeyIdentifier. */
Test(verify_links, a_client_with_the_name_and_the_key_identifier_of_its_ca_is_no_link)
{
    struct pki *ca = pki_ca(NAME);
    const struct pki_spec specs[] = {
        {.subject = NAME, .issuer = ca, .extensions = {"subjectKeyIdentifier="}},
        {.subject = NAME, .issuer = ca, .extensions = {BARE}},
        {.subject = NAME, .issuer = ca, .same_key_as = ca, .extensions = {"subjectKeyIdentifier="}},
    };
    const enum verdict_status wanted[] = {VERDICT_VALID, VERDICT_UNTRUSTED, VERDICT_UNTRUSTED};
    X509_CRL *crl;
    struct pki_revoked line = {0};
    size_t i;

    for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct pki *leaf = pki_make(&specs[i]);
        struct verdict verdict = judge(ca, NULL, leaf);

        verify_expect(&verdict, wanted[i], "of the CA's name");
        cr_expect_eq(
            verdict.cause, wanted[i] == VERDICT_VALID ? CAUSE_OF_CODE : CAUSE_NAMED_LIKE_CA);
        line.certificate = leaf->certificate;
        crl = pki_crl(&(struct pki_crl_spec){.issuer = ca, .revoked = &line, .revoked_count = 1});
        verdict =
            verify_judge(&(struct setup){.ca = {ca}, .crls = {crl}, .without_second_judge = true},
                leaf->certificate);
        verify_expect(
            &verdict, wanted[i] == VERDICT_VALID ? VERDICT_REVOKED : wanted[i], "revoked");
        X509_CRL_free(crl);
        pki_free(leaf);
    }
    pki_free(ca);
}

/* It is no link: the store of libcrypto holds it. */
Test(verify_links, an_anchor_that_signed_itself_stays_as_it_is)
{
    struct pki *leaf = bare_client(old);
    const struct path path = {.certificates = {leaf->certificate, old->certificate}, .length = 2};
    struct path shown = path;

    cr_expect(links_replace(&shown));
    cr_expect_eq(shown.certificates[0], leaf->certificate);
    cr_expect_eq(shown.certificates[1], old->certificate);
    links_free(&shown, &path);
    pki_free(leaf);
}
