/* SPDX-License-Identifier: ISC */
#include "report/report_html.h"
#include "unit/pki/pki.h"
#include "unit/report/html_page.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

/* A report on the sample certificate; `bytes` stands for its DER. */
struct sample {
    struct identity identity;
    struct forwarded forwarded;
    struct verdict verdict;
    struct report report;
    unsigned char bytes[100];
};

static void sample_new(struct sample *sample, enum verdict_status status, const char *moment)
{
    *sample = (struct sample){.report = {.format = REPORT_HTML,
                                  .forwarded = &sample->forwarded,
                                  .identity = &sample->identity,
                                  .warn_days = 30}};
    sample_identity(&sample->identity);
    sample_forwarded(&sample->forwarded, "SUCCESS");
    sample->forwarded.leaf = (struct bytes){sample->bytes, sizeof(sample->bytes)};
    sample_verdict(&sample->verdict, status, moment);
    (void)snprintf(sample->verdict.reason, sizeof(sample->verdict.reason), "it is so");
}

static void render(const struct sample *sample, struct text *text)
{
    text_clear(text);
    report_append_identity(text, &sample->report);
    report_append_verdict(text, &sample->report, &sample->verdict);
    cr_assert(!text->failed);
}

/* The page that was rendered, which must be as html_page.h says. Free with html_page_free. */
static struct html_page read_page(const struct text *text)
{
    struct html_page page;

    html_page_read(&page, text->data, text->length);
    cr_assert_str_empty(page.problem, "%s in:\n%s", page.problem, text->data);
    return page;
}

static void expect_in(const struct text *text, const char *wanted)
{
    cr_expect_not_null(
        strstr(text_string(text), wanted), "expected: %s\nin:\n%s", wanted, text_string(text));
}

static void expect_not_in(const struct text *text, const char *unwanted)
{
    cr_expect_null(
        strstr(text_string(text), unwanted), "not: %s\nin:\n%s", unwanted, text_string(text));
}

Test(report_html, the_head_allows_this_one_style_and_nothing_else)
{
    unsigned char digest[EVP_MAX_MD_SIZE], base64[64];
    struct text wanted = {.limit = 0};
    const char *fields = report_fields(REPORT_HTML);

    pki_must(EVP_Digest(report_html_style, strlen(report_html_style), digest, NULL, EVP_sha256(),
                 NULL) == 1,
        "EVP_Digest");
    (void)EVP_EncodeBlock(base64, digest, 32);
    text_printf(&wanted,
        "Content-Security-Policy: default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n",
        (const char *)base64);
    cr_expect_str_eq(report_content_type(REPORT_HTML), "text/html; charset=utf-8");
    cr_expect_str_eq(fields, wanted.data, "expected:\n%s\ncame:\n%s", wanted.data, fields);
    text_free(&wanted);
}

Test(report_html, the_page_holds_that_style_once_and_no_outside_resource)
{
    struct sample sample;
    struct text text = {.limit = 0}, wanted = {.limit = 0};
    const char *style, *link;

    sample_new(&sample, VERDICT_VALID, NOW);
    render(&sample, &text);
    text_printf(&wanted, "<style>%s</style>", report_html_style);
    style = strstr(text.data, wanted.data);
    cr_assert_not_null(style);
    cr_expect_null(strstr(style + 1, "<style"));
    for (link = strstr(text.data, "href="); link != NULL; link = strstr(link + 1, "href="))
        cr_expect_eq(strncmp(link, "href=\"?format=", 14), 0, "%.40s", link);
    expect_not_in(&text, "src=");
    expect_not_in(&text, "url(");
    expect_not_in(&text, "@import");
    expect_not_in(&text, "<script");
    text_free(&text);
    text_free(&wanted);
}

Test(report_html, each_status_is_told_in_words_with_a_symbol_on_a_whole_page)
{
    static const struct {
        enum verdict_status status;
        const char *heading;
    } rows[] = {
        {VERDICT_VALID, "<span aria-hidden=\"true\">\xe2\x9c\x93</span> The certificate is valid"},
        {VERDICT_EXPIRED, "<span aria-hidden=\"true\">!</span> The certificate not current: "},
        {VERDICT_NOT_YET_VALID,
            "<span aria-hidden=\"true\">!</span> The certificate not current: not valid until "},
        {VERDICT_REVOKED, "<span aria-hidden=\"true\">\xe2\x9c\x97</span> The certificate is not "
                          "valid: it is so"},
        {VERDICT_UNTRUSTED, "<span aria-hidden=\"true\">\xe2\x9c\x97</span> The certificate is not "
                            "valid: it is so"},
        {VERDICT_WRONG_PURPOSE, "<span aria-hidden=\"true\">\xe2\x9c\x97</span> The certificate is "
                                "not valid: it is so"},
        {VERDICT_REVOCATION_UNKNOWN,
            "<span aria-hidden=\"true\">?</span> The certificate is not valid: it is so"},
        {VERDICT_NOT_JUDGED, "<span aria-hidden=\"true\">?</span> The certificate is not valid: it "
                             "could not be judged"},
    };
    struct text text = {.limit = 0};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char status[64];
        struct sample sample;
        struct html_page page;

        sample_new(&sample, rows[i].status, NOW);
        render(&sample, &text);
        page = read_page(&text);
        cr_expect_eq(page.headings, 1);
        expect_in(&text, rows[i].heading);
        (void)snprintf(status, sizeof(status), "<dt>Status</dt><dd>%s</dd>",
            verdict_status_name(rows[i].status));
        expect_in(&text, status);
        html_page_free(&page);
    }
    text_free(&text);
}

Test(report_html, who_it_is_comes_before_the_verdict_and_gives_no_verdict)
{
    struct sample sample;
    struct text text = {.limit = 0};

    sample_new(&sample, VERDICT_VALID, NOW);
    report_append_identity(&text, &sample.report);
    expect_in(&text, "<h1>Client cert received</h1>");
    expect_in(&text, "<dt>Common name</dt><dd>Dan Example</dd>\n"
                     "<dt>Organisational unit</dt><dd>Ops</dd>\n"
                     "<dt>Organisation</dt><dd>Acme</dd>\n"
                     "<dt>Country</dt><dd>GB</dd>\n");
    expect_in(&text, "<dt>Issued by</dt><dd>CN=Acme CA,O=Acme</dd>\n");
    expect_in(&text, "<dt>Valid until</dt><dd><time datetime=\"2027-11-23T17:57:38Z\">23 November "
                     "2027, 17:57:38 UTC</time></dd>\n");
    expect_not_in(&text, "valid</h2>");
    expect_not_in(&text, "id=\"verdict\"");
    /* The sentence that it is to come is hidden by what stands behind it. */
    cr_expect_str_eq(strstr(text.data, "<p class=\"wait\">") != NULL
                         ? strstr(strstr(text.data, "<p class=\"wait\">"), "</p>")
                         : "",
        "</p>\n");
    cr_expect_not_null(strstr(report_html_style, "\n.wait:has(+.v){display:none}\n"));
    text_free(&text);
}

Test(report_html, the_details_are_all_there)
{
    static const char *const wanted[] = {
        "<dt>Whole name</dt><dd>CN=Dan Example,OU=Ops,O=Acme,C=GB</dd>",
        "<dt>Serial number</dt><dd><code>1001</code></dd>",
        "<dt>the same, decimal</dt><dd><code>4097</code></dd>",
        "<dt>SHA-256 fingerprint</dt><dd><code>0011 2233 4455 6677 8899 aabb ccdd eeff 0011 2233 "
        "4455 6677 8899 aabb ccdd eeff</code></dd>",
        "<dt>SHA-256 of the key</dt><dd><code>ffee ddcc bbaa 9988 ",
        "<dt>Key</dt><dd>EC prime256v1 256 bits</dd>",
        "<dt>Signature</dt><dd>ecdsa-with-SHA256</dd>",
        "<dt>Version</dt><dd>3</dd>",
        "<dt>Alternative names</dt><dd>DNS:dan.example</dd><dd>URI:http://x, "
        "DNS:admin.example</dd>",
        "<dt>Key usage (critical)</dt><dd>digitalSignature</dd><dd>keyAgreement</dd>",
        "<dt>Extended key usage</dt><dd>clientAuth</dd>",
        "<dt>Unknown extensions</dt><dd>1.2.3.4</dd>",
        "<dt>Subject key ID</dt><dd><code>AB:CD</code></dd>",
        "<dt>Authority key ID</dt><dd><code>01:23</code></dd>",
        "<dt>Source</dt><dd>SSL_CLIENT_CERT (PEM)</dd>",
        "<dt>Front server said</dt><dd>SUCCESS</dd>",
        "<dt>Checked at</dt><dd><time datetime=\"2026-11-24T17:57:38Z\">24 November 2026, 17:57:38 "
        "UTC</time></dd>",
        "<dt>Chain</dt><dd>2 certificates, up to CN=Acme CA,O=Acme</dd>",
        "<dt>Revocation</dt><dd>not checked, no CRL is configured</dd>",
        "byte by byte.</p>",
    };
    struct sample sample;
    struct text text = {.limit = 0};
    size_t i;

    sample_new(&sample, VERDICT_VALID, NOW);
    sample.verdict.chain_length = 2;
    (void)snprintf(sample.verdict.anchor, sizeof(sample.verdict.anchor), "CN=Acme CA,O=Acme");
    render(&sample, &text);
    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        expect_in(&text, wanted[i]);
    sample.verdict.status = VERDICT_UNTRUSTED;
    sample.verdict.error_code = 20;
    sample.verdict.error_depth = 1;
    render(&sample, &text);
    expect_in(&text, "<dt>Error</dt><dd>X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY (20) at depth "
                     "1</dd>");
    text_free(&text);
}

Test(report_html, a_bar_and_words_show_the_life_of_the_certificate)
{
    static const struct {
        const char *moment;
        enum verdict_status status;
        const char *bar, *words;
    } rows[] = {
        {"2026-11-23T17:57:38Z", VERDICT_VALID, "<rect width=\"1000\"",
            "<p>365 days left of 365 days</p>"},
        {"2027-05-25T05:57:38Z", VERDICT_VALID, "<rect width=\"500\"",
            "<p>182 days left of 365 days</p>"},
        {"2027-11-23T17:57:38Z", VERDICT_VALID, "<rect width=\"0\"",
            "<p>less than a minute left of 365 days</p>"},
        {"2027-11-26T17:57:38Z", VERDICT_EXPIRED, "<rect width=\"0\"",
            "<p>Its life has been over for 3 days</p>"},
        {"2026-11-22T17:57:38Z", VERDICT_NOT_YET_VALID, "<rect width=\"1000\"",
            "<p>Its life begins in 1 day</p>"},
    };
    struct text text = {.limit = 0};
    struct sample sample;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_new(&sample, rows[i].status, rows[i].moment);
        render(&sample, &text);
        expect_in(&text, rows[i].bar);
        expect_in(&text, rows[i].words);
    }
    sample.identity.not_after_known = false;
    render(&sample, &text);
    expect_not_in(&text, "<svg");
    sample.identity.not_after_known = true;
    sample.identity.not_after_time = sample.identity.not_before_time;
    render(&sample, &text);
    expect_not_in(&text, "<svg");
    text_free(&text);
}

Test(report_html, a_warning_stands_beside_the_verdict)
{
    struct text text = {.limit = 0};
    struct sample sample;

    sample_new(&sample, VERDICT_VALID, "2027-11-20T17:57:38Z");
    render(&sample, &text);
    expect_in(&text, "<p><strong>Warning:</strong> it expires in 3 days</p>");
    sample_new(&sample, VERDICT_VALID, NOW);
    render(&sample, &text);
    expect_not_in(&text, "Warning");
    text_free(&text);
}

Test(report_html, the_certificate_and_a_command_can_be_copied)
{
    struct pki *client = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    char *pem = pki_pem(client->certificate);
    struct text text = {.limit = 0};
    struct sample sample;
    size_t length;

    for (length = 0; length < 2; length++) {
        sample_new(&sample, VERDICT_VALID, NOW);
        sample.forwarded.leaf.data = pki_der(client->certificate, &sample.forwarded.leaf.length);
        sample.report.address = length == 0 ? "https://example.org/peercert" : NULL;
        render(&sample, &text);
        expect_in(&text, pem);
        if (length == 0)
            expect_in(&text, "<pre>curl --cert client.cer --key client.key "
                             "https://example.org/peercert</pre>");
        else
            expect_not_in(&text, "curl");
        free(sample.forwarded.leaf.data);
    }
    free(pem);
    pki_free(client);
    text_free(&text);
}

Test(report_html, without_a_certificate_the_page_says_how_to_import_one)
{
    struct sample sample;
    struct text text = {.limit = 0};
    struct html_page page;

    sample_new(&sample, VERDICT_ABSENT, NOW);
    sample.report.identity = NULL;
    sample.forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
    render(&sample, &text);
    page = read_page(&text);
    cr_expect_eq(page.headings, 1);
    html_page_free(&page);
    expect_in(&text, "<h1>No valid client certificate was sent</h1>");
    expect_in(&text, "</span> No certificate</h2>");
    expect_in(&text, "<dt>Status</dt><dd>absent</dd>");
    expect_in(&text, "<dt>Firefox</dt><dd>");
    expect_not_in(&text, "Front server");
    expect_not_in(&text, "under way");

    sample.forwarded.has_front_verify = true;
    (void)snprintf(sample.forwarded.front_verify, sizeof(sample.forwarded.front_verify),
        "FAILED:<b>reason(10)");
    render(&sample, &text);
    page = read_page(&text);
    html_page_free(&page);
    expect_in(&text, "</span> The front server refused it: the certificate has expired</h2>");
    text_free(&text);
}

Test(report_html, what_cannot_be_read_or_judged_has_a_page_too)
{
    struct sample sample;
    struct text text = {.limit = 0};
    struct html_page page;
    int status;

    sample_new(&sample, VERDICT_MALFORMED, NOW);
    sample.report.identity = NULL;
    sample.forwarded.status = FORWARDED_MALFORMED;
    (void)snprintf(sample.verdict.reason, sizeof(sample.verdict.reason), "<it> & that");
    render(&sample, &text);
    page = read_page(&text);
    html_page_free(&page);
    expect_in(&text, "<h1>No valid client certificate was sent</h1>");
    expect_in(&text, "</span> What was forwarded cannot be read: &lt;it&gt; &amp; that</h2>");
    expect_in(&text, "<dt>Source</dt><dd>SSL_CLIENT_CERT (PEM)</dd>");
    expect_not_in(&text, "Firefox");
    /* A verdict without its certificate is none, whatever it says. */
    for (status = VERDICT_UNTRUSTED; status <= VERDICT_VALID; status++) {
        sample.verdict.status = (enum verdict_status)status;
        render(&sample, &text);
        page = read_page(&text);
        html_page_free(&page);
        expect_in(&text, "<h1>The certificate was not judged</h1>");
        expect_in(&text, "The certificate is not valid: it could not be judged</h2>");
        expect_in(&text, "<dt>Status</dt><dd>not_judged</dd>");
    }
    text_free(&text);
}

Test(report_html, a_page_that_does_not_fit_has_failed)
{
    struct sample sample;
    struct text whole = {.limit = 0};
    size_t limit;

    sample_new(&sample, VERDICT_VALID, NOW);
    render(&sample, &whole);
    for (limit = 1; limit <= whole.length; limit += 7) {
        struct text text = {.limit = limit};

        report_append_identity(&text, &sample.report);
        report_append_verdict(&text, &sample.report, &sample.verdict);
        cr_expect_eq(text.failed, limit < whole.length, "limit %zu of %zu", limit, whole.length);
        text_free(&text);
    }
    text_free(&whole);
}

/* Days that are left mean nothing to somebody whose certificate was revoked. */
Test(report_html, the_life_of_a_revoked_certificate_is_over)
{
    struct sample sample;
    struct text text = {.limit = 0};

    sample_new(&sample, VERDICT_REVOKED, NOW);
    sample.verdict.revocation = REVOCATION_REVOKED;
    sample.verdict.revoked_at = sample.verdict.checked_at - 3 * 86400LL;
    sample.verdict.revocation_reason = "keyCompromise";
    report_append_verdict(&text, &sample.report, &sample.verdict);
    expect_in(&text, "<rect width=\"0\" height=\"1\"/>");
    expect_in(&text, "<p>Its life ended with the revocation, 3 days ago</p>");
    expect_not_in(&text, " left of ");
    expect_in(&text, " on <time datetime=");
    expect_in(&text, ", reason keyCompromise</h2>");
    text_free(&text);
}

Test(report_html, a_revocation_to_come_and_an_entry_out_of_place_are_told_as_in_text)
{
    struct sample sample;
    struct text text = {.limit = 0};

    sample_new(&sample, VERDICT_REVOKED, NOW);
    sample.verdict.revocation = REVOCATION_REVOKED;
    sample.verdict.revoked_at = sample.verdict.checked_at + 3 * 86400LL;
    sample.verdict.revocation_reason = REVOCATION_REASON_REMOVED;
    report_append_verdict(&text, &sample.report, &sample.verdict);
    expect_in(&text, ", with a date still to come, <time datetime=");
    expect_in(&text, ", reason removeFromCRL (which only an entry of a delta CRL may have");
    text_free(&text);
}

Test(report_html, what_is_for_the_operator_comes_last_and_is_folded_away)
{
    struct sample sample;
    struct text text = {.limit = 0};
    const char *folded;

    sample_new(&sample, VERDICT_UNTRUSTED, NOW);
    report_append_verdict(&text, &sample.report, &sample.verdict);
    folded = strstr(
        text_string(&text), "<details class=\"op\"><summary>For the operator</summary>\n<p>");
    cr_assert_not_null(folded, "%s", text_string(&text));
    cr_expect_null(strstr(folded, "<section"), "%s", folded);
    cr_expect_null(
        strstr(folded + strlen("<details class=\"op\"><summary>For "), "For the operator"), "%s",
        folded);
    text_free(&text);
}
