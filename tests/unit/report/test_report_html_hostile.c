/* SPDX-License-Identifier: ISC */
#include "report/report_html.h"
#include "unit/certificate/identity_given.h"
#include "unit/pki/pki.h"
#include "unit/report/html_sample.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <openssl/asn1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"
/* RFC 5280's ub-common-name is no limit that a stranger would keep. */
#define LONG_NAME 10000
#define MANY_NAMES 100

static char evil[] = "</dd></title></style></pre>\"'><script>alert(1)</script><!--&amp;";

/* What the identity takes from a certificate. The dates are shown as they are when unreadable. */
static const size_t fields[] = {
    offsetof(struct identity, subject),
    offsetof(struct identity, issuer),
    offsetof(struct identity, serial),
    offsetof(struct identity, serial_decimal),
    offsetof(struct identity, not_before),
    offsetof(struct identity, not_after),
    offsetof(struct identity, sha256_fingerprint),
    offsetof(struct identity, spki_sha256),
    offsetof(struct identity, public_key),
    offsetof(struct identity, signature_algorithm),
    offsetof(struct identity, subject_key_id),
    offsetof(struct identity, authority_key_id),
};
static const size_t lists[] = {
    offsetof(struct identity, subject_alt_names),
    offsetof(struct identity, key_usage),
    offsetof(struct identity, extended_key_usage),
    offsetof(struct identity, unknown_extensions),
};

static void render(struct text *text, const struct identity *identity,
    const struct forwarded *forwarded, const struct verdict *verdict)
{
    const struct report report = {
        .format = REPORT_HTML, .forwarded = forwarded, .identity = identity, .warn_days = 30};

    text_clear(text);
    report_append_identity(text, &report);
    report_append_verdict(text, &report, verdict);
    cr_assert(!text->failed, "it does not fit: %zu bytes", text->length);
}

/* The elements of a page on this identity, to be freed with free(). */
static char *tags_of(struct text *text, const struct identity *identity,
    const struct forwarded *forwarded, const struct verdict *verdict)
{
    struct html_page page;
    char *tags;

    render(text, identity, forwarded, verdict);
    page = html_page_of(text);
    tags = strdup(text_string(&page.tags));
    html_page_free(&page);
    return tags;
}

/* The page with a string replaced by one with markup must have the elements that it had. */
static void expect_escaped(struct text *text, const struct identity *identity,
    const struct forwarded *forwarded, const struct verdict *verdict, const char *tags,
    const char *what)
{
    char *came = tags_of(text, identity, forwarded, verdict);

    cr_expect_not_null(strstr(text->data, "&lt;"), "%s is not shown at all", what);
    cr_expect_str_eq(came, tags, "%s changes the page:\n%s\n%s", what, tags, came);
    free(came);
}

Test(report_html_hostile, no_string_of_a_certificate_breaks_out)
{
    struct forwarded forwarded;
    struct verdict verdict;
    struct text text = {.limit = 0};
    size_t i;

    sample_forwarded(&forwarded, NULL);
    sample_verdict(&verdict, VERDICT_UNTRUSTED, NOW);
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct identity identity;
        char what[32], *tags;

        sample_identity(&identity);
        identity.not_before_known = identity.not_after_known = false;
        tags = tags_of(&text, &identity, &forwarded, &verdict);
        cr_expect_null(strstr(text.data, "&lt;"));
        *(char **)((char *)&identity + fields[i]) = evil;
        (void)snprintf(what, sizeof(what), "string %zu", i);
        expect_escaped(&text, &identity, &forwarded, &verdict, tags, what);
        free(tags);
    }
    text_free(&text);
}

Test(report_html_hostile, no_item_and_no_part_breaks_out)
{
    struct forwarded forwarded;
    struct verdict verdict;
    struct identity identity;
    struct text text = {.limit = 0};
    char *items[] = {evil}, harmless[] = "a", *harmless_items[] = {harmless}, *tags;
    struct identity_part evil_type = {evil, harmless}, evil_value = {harmless, evil},
                         part = {harmless, harmless};
    size_t i;

    sample_forwarded(&forwarded, NULL);
    sample_verdict(&verdict, VERDICT_UNTRUSTED, NOW);
    sample_identity(&identity);
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct identity_list *list = (struct identity_list *)((char *)&identity + lists[i]);

        *list = (struct identity_list){harmless_items, 1, true, false};
        tags = tags_of(&text, &identity, &forwarded, &verdict);
        list->items = items;
        expect_escaped(&text, &identity, &forwarded, &verdict, tags, "a list");
        free(tags);
    }
    sample_identity(&identity);
    identity.subject_part_count = 1;
    identity.subject_parts = &part;
    tags = tags_of(&text, &identity, &forwarded, &verdict);
    identity.subject_parts = &evil_type;
    expect_escaped(&text, &identity, &forwarded, &verdict, tags, "a part's type");
    identity.subject_parts = &evil_value;
    expect_escaped(&text, &identity, &forwarded, &verdict, tags, "a part's value");
    free(tags);
    text_free(&text);
}

Test(report_html_hostile, nothing_of_the_front_server_or_the_verdict_breaks_out)
{
    struct forwarded forwarded;
    struct verdict verdict;
    struct identity identity;
    struct text text = {.limit = 0};
    char *tags;

    sample_identity(&identity);
    sample_forwarded(&forwarded, "a");
    sample_verdict(&verdict, VERDICT_UNTRUSTED, NOW);
    verdict.chain_length = 1;
    tags = tags_of(&text, &identity, &forwarded, &verdict);
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "%s", evil);
    expect_escaped(&text, &identity, &forwarded, &verdict, tags, "the reason");
    verdict.reason[0] = '\0';
    (void)snprintf(verdict.anchor, sizeof(verdict.anchor), "%s", evil);
    expect_escaped(&text, &identity, &forwarded, &verdict, tags, "the anchor");
    verdict.anchor[0] = '\0';
    (void)snprintf(forwarded.front_verify, sizeof(forwarded.front_verify), "%s", evil);
    expect_escaped(&text, &identity, &forwarded, &verdict, tags, "what the front said");
    forwarded.front_verify[0] = 'a';
    forwarded.front_verify[1] = '\0';
    (void)snprintf(forwarded.source, sizeof(forwarded.source), "%.63s", evil);
    expect_escaped(&text, &identity, &forwarded, &verdict, tags, "the source");
    free(tags);
    text_free(&text);
}

/* A page on a real certificate, read; the certificate goes with it. */
static struct html_page page_of(const struct pki_spec *spec, struct text *text)
{
    struct pki *pki = pki_make(spec);
    struct identity *identity = identity_of(pki->certificate);
    struct forwarded forwarded;
    struct verdict verdict;
    struct html_page page;

    sample_forwarded(&forwarded, "SUCCESS");
    forwarded.leaf.data = pki_der(pki->certificate, &forwarded.leaf.length);
    sample_verdict(&verdict, VERDICT_VALID, NOW);
    render(text, identity, &forwarded, &verdict);
    page = html_page_of(text);
    free(forwarded.leaf.data);
    identity_free(identity);
    pki_free(pki);
    return page;
}

Test(report_html_hostile, an_ordinary_certificate_makes_a_page_below_eight_kilobytes)
{
    struct pki *ca = pki_make(
        &(struct pki_spec){.subject = "CN=Acme CA,O=Acme,C=GB", .ca = true, .key = PKI_RSA_2048});
    struct text text = {.limit = 0};
    struct html_page page =
        page_of(&(struct pki_spec){.subject = "CN=Dan Example,OU=Ops,O=Acme,C=GB",
                    .issuer = ca,
                    .key = PKI_RSA_2048,
                    .extensions = {"subjectAltName=email:dan@example.org,DNS:dan.example.org"}},
            &text);

    cr_expect_lt(text.length, 8192, "%zu bytes", text.length);
    cr_expect_gt(text.length, 4096);
    html_page_free(&page);
    text_free(&text);
    pki_free(ca);
}

Test(report_html_hostile, names_of_ten_kilobytes_are_shown_whole_on_a_whole_page)
{
    static const struct {
        int type;
        const char *unit; /* repeated */
        size_t length;
    } rows[] = {
        {V_ASN1_UTF8STRING, "x", 1},
        {V_ASN1_UTF8STRING, "<", 1},
        {V_ASN1_UTF8STRING, "\"&'", 3},
        {V_ASN1_UTF8STRING, "a\n", 2},
        {V_ASN1_UTF8STRING, "\xe2\x80\xae", 3},
        {V_ASN1_UTF8STRING, "\xe2\x80\x8b<", 4},
        {V_ASN1_T61STRING, "\x9b!", 2},
        {V_ASN1_BMPSTRING, " \x2e\0!", 4},
    };
    size_t i, at;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text name = {.limit = 0}, text = {.limit = 0};
        X509_NAME *subject = X509_NAME_new();
        struct html_page page;

        for (at = 0; at < LONG_NAME; at += rows[i].length)
            text_append(&name, rows[i].unit, rows[i].length);
        pki_name_add(subject, "CN", rows[i].type, name.data, name.length, false);
        page = page_of(&(struct pki_spec){.subject_name = subject}, &text);
        if (i == 0)
            cr_expect_not_null(strstr(page.content.data, name.data));
        html_page_free(&page);
        X509_NAME_free(subject);
        text_free(&name);
        text_free(&text);
    }
}

Test(report_html_hostile, a_hundred_names_are_behind_a_summary)
{
    struct text names = {.limit = 0}, text = {.limit = 0};
    struct html_page page;
    char last[32];
    size_t i;

    text_append_string(&names, "subjectAltName=DNS:host0.example.org");
    for (i = 1; i < MANY_NAMES; i++)
        text_printf(&names, ",DNS:host%zu.example.org", i);
    page = page_of(&(struct pki_spec){.extensions = {names.data}}, &text);
    cr_expect_not_null(strstr(text.data, "<summary>100 entries</summary>"));
    (void)snprintf(last, sizeof(last), "DNS:host%d.example.org", MANY_NAMES - 1);
    cr_expect_not_null(strstr(page.content.data, last), "%s", page.content.data);
    html_page_free(&page);
    text_free(&names);
    text_free(&text);
}

Test(report_html_hostile, the_worst_certificate_of_64_kilobytes_still_fits)
{
    struct text name = {.limit = 0}, text = {.limit = 0};
    X509_NAME *subject = X509_NAME_new();
    struct html_page page;
    int i;

    while (name.length < 600)
        text_append(&name, "\x9b!", 2);
    for (i = 0; i < 100; i++)
        pki_name_add(subject, "OU", V_ASN1_T61STRING, name.data, name.length, false);
    page = page_of(&(struct pki_spec){.subject_name = subject}, &text);
    html_page_free(&page);
    X509_NAME_free(subject);
    text_free(&name);
    text_free(&text);
}
