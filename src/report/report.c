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

static void append_fields(struct text *text, const struct report_writer *writer)
{
    text_printf(text,
        "Content-Type: %s\r\n"
        "Vary: Accept\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "%s"
        "\r\n",
        writer->content_type, writer->fields);
}

void report_append_head(struct text *text, enum report_format format)
{
    text_append_string(text, "Status: 200 OK\r\n");
    append_fields(text, writers[format]);
}

void report_append_refusal(struct text *text, int status, const char *words, bool with_body)
{
    static const struct refusal {
        int status;
        const char *line, *field, *words;
    } refusals[] = {
        {503, "503 Service Unavailable", "", "This service is not configured"},
        {403, "403 Forbidden", "", "Access is denied"},
        /* RFC 9110 section 15.5.6: 405 comes with Allow. */
        {405, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "Only GET and HEAD are answered"},
    };
    const struct refusal *refusal = &refusals[0];
    size_t i;

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].status == status)
            refusal = &refusals[i];
    }
    text_printf(text, "Status: %s\r\n%s", refusal->line, refusal->field);
    append_fields(text, &report_text_writer);
    if (with_body)
        text_printf(text, "%s\n", words != NULL ? words : refusal->words);
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
