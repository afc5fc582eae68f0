/* SPDX-License-Identifier: ISC */
#include "unit/report/html_sample.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

void html_sample(struct html_sample *sample, enum verdict_status status, const char *moment)
{
    *sample = (struct html_sample){.report = {.format = REPORT_HTML,
                                       .forwarded = &sample->forwarded,
                                       .identity = &sample->identity,
                                       .warn_days = 30}};
    sample_identity(&sample->identity);
    sample_forwarded(&sample->forwarded, "SUCCESS");
    sample->forwarded.leaf = (struct bytes){sample->bytes, sizeof(sample->bytes)};
    sample_verdict(&sample->verdict, status, moment);
    (void)snprintf(sample->verdict.reason, sizeof(sample->verdict.reason), "it is so");
}

void html_sample_render(const struct html_sample *sample, struct text *text)
{
    text_clear(text);
    report_append_identity(text, &sample->report);
    report_append_verdict(text, &sample->report, &sample->verdict);
    cr_assert(!text->failed, "it does not fit: %zu bytes", text->length);
}

struct html_page html_page_of(const struct text *text)
{
    struct html_page page;

    html_page_read(&page, text->data, text->length);
    cr_assert_str_empty(page.problem, "%s in:\n%s", page.problem, text->data);
    return page;
}

void html_expect(const struct text *text, const char *wanted)
{
    cr_expect_not_null(
        strstr(text_string(text), wanted), "expected: %s\nin:\n%s", wanted, text_string(text));
}

void html_expect_not(const struct text *text, const char *unwanted)
{
    cr_expect_null(
        strstr(text_string(text), unwanted), "not: %s\nin:\n%s", unwanted, text_string(text));
}
