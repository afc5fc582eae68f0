/* SPDX-License-Identifier: ISC */
#include "report/report_html.h"
#include "unit/pki/pki.h"
#include "unit/report/html_sample.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

Test(report_html_style, the_head_allows_this_one_style_and_nothing_else)
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

Test(report_html_style, the_page_holds_that_style_once_and_no_outside_resource)
{
    struct html_sample sample;
    struct text text = {.limit = 0}, wanted = {.limit = 0};
    const char *style, *link;

    html_sample(&sample, VERDICT_VALID, NOW);
    html_sample_render(&sample, &text);
    text_printf(&wanted, "<style>%s</style>", report_html_style);
    style = strstr(text.data, wanted.data);
    cr_assert_not_null(style);
    cr_expect_null(strstr(style + 1, "<style"));
    for (link = strstr(text.data, "href="); link != NULL; link = strstr(link + 1, "href="))
        cr_expect_eq(strncmp(link, "href=\"?format=", 14), 0, "%.40s", link);
    html_expect_not(&text, "src=");
    html_expect_not(&text, "url(");
    html_expect_not(&text, "@import");
    html_expect_not(&text, "<script");
    text_free(&text);
    text_free(&wanted);
}
