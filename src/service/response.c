/* SPDX-License-Identifier: ISC */
#include "service/response.h"

static const struct status {
    int number;
    const char *line, *field, *words;
} statuses[] = {
    {503, "503 Service Unavailable", "", "This service is not configured"},
    {200, "200 OK", "", ""},
    {403, "403 Forbidden", "", "Access is denied"},
    /* RFC 9110 section 15.5.6: 405 comes with Allow. */
    {405, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "Only GET and HEAD are answered"},
};

static const struct status *status_of(int number)
{
    size_t i;

    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].number == number)
            return &statuses[i];
    }
    return &statuses[0];
}

void response_append_head(
    struct text *text, int status, enum report_format format, const char *fields)
{
    const struct status *found = status_of(status);

    text_append_string(text, "Status: ");
    text_append_string(text, found->line);
    text_append_string(text, "\r\n");
    text_append_string(text, found->field);
    if (fields != NULL)
        text_append_string(text, fields);
    text_append_string(text, "Content-Type: ");
    text_append_string(text, report_content_type(format));
    text_append_string(text, "\r\n"
                             "Vary: Accept\r\n"
                             "Cache-Control: no-store\r\n"
                             "X-Content-Type-Options: nosniff\r\n");
    text_append_string(text, report_fields(format));
    text_append_string(text, "\r\n");
}

void response_append_refusal(struct text *text, int status, const char *words, bool with_body)
{
    response_append_head(text, status, REPORT_TEXT, NULL);
    if (with_body)
        text_printf(text, "%s\n", words != NULL ? words : status_of(status)->words);
}

void response_send(struct request *request, struct text *text)
{
    if (text->failed)
        request_abort(request);
    else
        (void)request_write(request, text->data, text->length);
    text_clear(text);
}
