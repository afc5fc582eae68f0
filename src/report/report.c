/* SPDX-License-Identifier: ISC */
#include "report/report.h"
#include "report/report_writers.h"

static const struct report_writer *const writers[REPORT_FORMAT_COUNT] = {
    [REPORT_TEXT] = &report_text_writer,
    [REPORT_JSON] = &report_json_writer,
    [REPORT_HTML] = &report_html_writer,
};

const struct report_writer *report_writer_of(enum report_format format)
{
    return writers[format];
}

const char *report_content_type(enum report_format format)
{
    return writers[format]->content_type;
}

const char *report_fields(enum report_format format)
{
    return writers[format]->fields;
}

void report_append_identity(struct text *text, const struct report *report)
{
    if (report->identity != NULL)
        writers[report->format]->append_identity(text, report);
}

void report_append_verdict(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    writers[report->format]->append_verdict(text, report, verdict);
}
