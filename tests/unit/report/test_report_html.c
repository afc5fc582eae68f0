/* SPDX-License-Identifier: ISC */
#include "report/report_html.h"
#include "unit/pki/pki.h"
#include "unit/report/html_sample.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

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
        struct html_sample sample;
        struct html_page page;

        html_sample(&sample, rows[i].status, NOW);
        html_sample_render(&sample, &text);
        page = html_page_of(&text);
        cr_expect_eq(page.headings, 1);
        html_expect(&text, rows[i].heading);
        (void)snprintf(status, sizeof(status), "<dt>Status</dt><dd>%s</dd>",
            verdict_status_name(rows[i].status));
        html_expect(&text, status);
        html_page_free(&page);
    }
    text_free(&text);
}

Test(report_html, who_it_is_comes_before_the_verdict_and_gives_no_verdict)
{
    struct html_sample sample;
    struct text text = {.limit = 0};

    html_sample(&sample, VERDICT_VALID, NOW);
    report_append_identity(&text, &sample.report);
    html_expect(&text, "<h1>Client cert received</h1>");
    html_expect(&text, "<dt>Common name</dt><dd>Dan Example</dd>\n"
                       "<dt>Organisational unit</dt><dd>Ops</dd>\n"
                       "<dt>Organisation</dt><dd>Acme</dd>\n"
                       "<dt>Country</dt><dd>GB</dd>\n");
    html_expect(&text, "<dt>Issued by</dt><dd>CN=Acme CA,O=Acme</dd>\n");
    html_expect(&text,
        "<dt>Valid until</dt><dd><time datetime=\"2027-11-23T17:57:38Z\">23 November "
        "2027, 17:57:38 UTC</time></dd>\n");
    html_expect_not(&text, "valid</h2>");
    html_expect_not(&text, "id=\"verdict\"");
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
    struct html_sample sample;
    struct text text = {.limit = 0};
    size_t i;

    html_sample(&sample, VERDICT_VALID, NOW);
    sample.verdict.chain_length = 2;
    (void)snprintf(sample.verdict.anchor, sizeof(sample.verdict.anchor), "CN=Acme CA,O=Acme");
    html_sample_render(&sample, &text);
    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        html_expect(&text, wanted[i]);
    sample.verdict.status = VERDICT_UNTRUSTED;
    sample.verdict.error_code = 20;
    sample.verdict.error_depth = 1;
    html_sample_render(&sample, &text);
    html_expect(&text,
        "<dt>Error</dt><dd>X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY (20) at depth "
        "1</dd>");
    text_free(&text);
}

Test(report_html, a_warning_stands_beside_the_verdict)
{
    struct text text = {.limit = 0};
    struct html_sample sample;

    html_sample(&sample, VERDICT_VALID, "2027-11-20T17:57:38Z");
    html_sample_render(&sample, &text);
    html_expect(&text, "<p><strong>Warning:</strong> it expires in 3 days</p>");
    html_sample(&sample, VERDICT_VALID, NOW);
    html_sample_render(&sample, &text);
    html_expect_not(&text, "Warning");
    text_free(&text);
}

Test(report_html, the_certificate_and_a_command_can_be_copied)
{
    struct pki *client = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    char *pem = pki_pem(client->certificate);
    struct text text = {.limit = 0};
    struct html_sample sample;
    size_t length;

    for (length = 0; length < 2; length++) {
        html_sample(&sample, VERDICT_VALID, NOW);
        sample.forwarded.leaf.data = pki_der(client->certificate, &sample.forwarded.leaf.length);
        sample.report.address = length == 0 ? "https://example.org/peercert" : NULL;
        html_sample_render(&sample, &text);
        html_expect(&text, pem);
        if (length == 0)
            html_expect(&text, "<pre>curl --cert client.cer --key client.key "
                               "https://example.org/peercert</pre>");
        else
            html_expect_not(&text, "curl");
        free(sample.forwarded.leaf.data);
    }
    free(pem);
    pki_free(client);
    text_free(&text);
}

Test(report_html, without_a_certificate_the_page_says_how_to_import_one)
{
    struct html_sample sample;
    struct text text = {.limit = 0};
    struct html_page page;

    html_sample(&sample, VERDICT_ABSENT, NOW);
    sample.report.identity = NULL;
    sample.forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
    html_sample_render(&sample, &text);
    page = html_page_of(&text);
    cr_expect_eq(page.headings, 1);
    html_page_free(&page);
    html_expect(&text, "<h1>No valid client certificate was sent</h1>");
    html_expect(&text, "</span> No certificate</h2>");
    html_expect(&text, "<dt>Status</dt><dd>absent</dd>");
    html_expect(&text, "<dt>Firefox</dt><dd>");
    html_expect_not(&text, "Front server");
    html_expect_not(&text, "under way");

    sample.forwarded.has_front_verify = true;
    (void)snprintf(sample.forwarded.front_verify, sizeof(sample.forwarded.front_verify),
        "FAILED:<b>reason(10)");
    html_sample_render(&sample, &text);
    page = html_page_of(&text);
    html_page_free(&page);
    html_expect(&text, "</span> The front server refused it: the certificate has expired</h2>");
    text_free(&text);
}

Test(report_html, what_cannot_be_read_or_judged_has_a_page_too)
{
    struct html_sample sample;
    struct text text = {.limit = 0};
    struct html_page page;
    int status;

    html_sample(&sample, VERDICT_MALFORMED, NOW);
    sample.report.identity = NULL;
    sample.forwarded.status = FORWARDED_MALFORMED;
    (void)snprintf(sample.verdict.reason, sizeof(sample.verdict.reason), "<it> & that");
    html_sample_render(&sample, &text);
    page = html_page_of(&text);
    html_page_free(&page);
    html_expect(&text, "<h1>No valid client certificate was sent</h1>");
    html_expect(&text, "</span> What was forwarded cannot be read: &lt;it&gt; &amp; that</h2>");
    html_expect(&text, "<dt>Source</dt><dd>SSL_CLIENT_CERT (PEM)</dd>");
    html_expect_not(&text, "Firefox");
    /* A verdict without its certificate is none, whatever it says. */
    for (status = VERDICT_UNTRUSTED; status <= VERDICT_VALID; status++) {
        sample.verdict.status = (enum verdict_status)status;
        html_sample_render(&sample, &text);
        page = html_page_of(&text);
        html_page_free(&page);
        html_expect(&text, "<h1>The certificate was not judged</h1>");
        html_expect(&text, "The certificate is not valid: it could not be judged</h2>");
        html_expect(&text, "<dt>Status</dt><dd>not_judged</dd>");
    }
    text_free(&text);
}

Test(report_html, a_revocation_to_come_and_an_entry_out_of_place_are_told_as_in_text)
{
    struct html_sample sample;
    struct text text = {.limit = 0};

    html_sample(&sample, VERDICT_REVOKED, NOW);
    sample.verdict.revocation = REVOCATION_REVOKED;
    sample.verdict.revoked_at = sample.verdict.checked_at + 3 * 86400LL;
    sample.verdict.revocation_reason = REVOCATION_REASON_REMOVED;
    report_append_verdict(&text, &sample.report, &sample.verdict);
    html_expect(&text, ", with a date still to come, <time datetime=");
    html_expect(&text, ", reason removeFromCRL (which only an entry of a delta CRL may have");
    text_free(&text);
}

Test(report_html, what_is_for_the_operator_comes_last_and_is_folded_away)
{
    struct html_sample sample;
    struct text text = {.limit = 0};
    const char *folded;

    html_sample(&sample, VERDICT_UNTRUSTED, NOW);
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
