/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_HTML_SAMPLE_H
#define PEERCERT_TESTS_HTML_SAMPLE_H

#include "report/report_html.h"
#include "unit/report/html_page.h"

/* A page on the sample certificate; `bytes` stands for its DER. It must not move. */
struct html_sample {
    struct identity identity;
    struct forwarded forwarded;
    struct verdict verdict;
    struct report report;
    unsigned char bytes[100];
};

/* Fills *sample: the front said SUCCESS, the reason is "it is so", `moment` as RFC 3339 says. */
void html_sample(struct html_sample *sample, enum verdict_status status, const char *moment);

/* The whole page, in place of what the text held. */
void html_sample_render(const struct html_sample *sample, struct text *text);

/* A page, which must be as html_page.h says. Free with html_page_free. */
struct html_page html_page_of(const struct text *text);

/* Expects that a text contains this, or that it does not. */
void html_expect(const struct text *text, const char *wanted);
void html_expect_not(const struct text *text, const char *unwanted);

#endif
