/* SPDX-License-Identifier: ISC */
#include "config/config.h"
#include "report/report.h"
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

static const struct {
    enum report_format format;
    enum config_format option; /* service hands its number over */
    const char *subtype, *content_type, *absent;
} formats[] = {
    {REPORT_TEXT, CONFIG_FORMAT_TEXT, "plain", "text/plain; charset=utf-8", REPORT_NO_CERTIFICATE},
    {REPORT_JSON, CONFIG_FORMAT_JSON, "json", "application/json", "\"status\": \"absent\""},
    {REPORT_HTML, CONFIG_FORMAT_HTML, "html", "text/html; charset=utf-8", REPORT_NO_CERTIFICATE},
};

Test(report, each_format_has_its_writer_its_type_and_its_number_in_the_configuration)
{
    size_t i;

    cr_assert_eq(sizeof(formats) / sizeof(formats[0]), REPORT_FORMAT_COUNT);
    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        enum report_format format = formats[i].format;

        cr_expect_str_eq(report_writer_of(format)->subtype, formats[i].subtype);
        cr_expect_str_eq(report_content_type(format), formats[i].content_type);
        cr_expect_eq((int)format, (int)formats[i].option, "%s", formats[i].subtype);
    }
}

Test(report, header_fields_of_a_format_end_in_cr_lf_and_the_page_alone_has_some)
{
    const char *fields = report_fields(REPORT_HTML);

    cr_expect_str_eq(report_fields(REPORT_TEXT), "");
    cr_expect_str_eq(report_fields(REPORT_JSON), "");
    cr_assert_gt(strlen(fields), 2);
    cr_expect_str_eq(fields + strlen(fields) - 2, "\r\n");
}

Test(report, without_an_identity_nothing_comes_before_the_verdict)
{
    struct forwarded forwarded = {.status = FORWARDED_ABSENT};
    struct verdict verdict;
    size_t i;

    sample_verdict(&verdict, VERDICT_ABSENT, NOW);
    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        const struct report report = {.format = formats[i].format, .forwarded = &forwarded};
        struct text text = {.limit = 0};

        report_append_identity(&text, &report);
        cr_expect_eq(text.length, 0, "%s: %s", formats[i].subtype, text_string(&text));
        report_append_verdict(&text, &report, &verdict);
        cr_expect_not_null(strstr(text_string(&text), formats[i].absent), "%s: %s",
            formats[i].subtype, text_string(&text));
        text_free(&text);
    }
}

static void render(const struct report *report, const struct verdict *verdict, struct text *text)
{
    report_append_identity(text, report);
    report_append_verdict(text, report, verdict);
}

Test(report, one_that_does_not_fit_has_failed_and_gives_no_verdict)
{
    const struct verdict verdict = sample_good_verdict(NOW);
    struct identity identity;
    struct forwarded forwarded;
    size_t i, limit;

    sample_identity(&identity);
    sample_forwarded(&forwarded, "SUCCESS");
    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        const struct report report = {
            .format = formats[i].format, .forwarded = &forwarded, .identity = &identity};
        struct text whole = {.limit = 0};

        render(&report, &verdict, &whole);
        for (limit = 1; limit <= whole.length; limit += whole.length - limit > 40 ? 7 : 1) {
            struct text text = {.limit = limit};

            render(&report, &verdict, &text);
            cr_expect_eq(text.failed, limit < whole.length, "%s: limit %zu of %zu",
                formats[i].subtype, limit, whole.length);
            cr_expect(!text.failed || strstr(text_string(&text), "is valid\n") == NULL,
                "%s: limit %zu", formats[i].subtype, limit);
            text_free(&text);
        }
        text_free(&whole);
    }
}
