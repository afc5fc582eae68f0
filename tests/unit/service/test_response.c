/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "service/response.h"

#include <criterion/criterion.h>

static bool keep(void *context, const void *bytes, size_t length)
{
    text_append(context, bytes, length);
    return true;
}

static void expect_text(struct text *text, const char *wanted)
{
    cr_expect(!text->failed);
    cr_expect_str_eq(
        text_string(text), wanted, "expected:\n%s\ncame:\n%s", wanted, text_string(text));
    text_free(text);
}

#define FIELDS "Vary: Accept\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n"

Test(response, a_report_is_200_with_its_type_and_without_a_length)
{
    struct text text = {.limit = 0};

    response_append_head(&text, 200, REPORT_TEXT, NULL);
    expect_text(&text, "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS);
    response_append_head(&text, 200, REPORT_JSON, NULL);
    expect_text(&text, "Status: 200 OK\r\nContent-Type: application/json\r\n" FIELDS);
}

Test(response, a_refusal_says_its_status_and_one_line)
{
    struct text text = {.limit = 0};

    response_append_refusal(&text, 405, NULL, true);
    expect_text(&text,
        "Status: 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n" FIELDS "Only GET and HEAD are answered\n");
    response_append_refusal(&text, 403, "Not today", true);
    expect_text(&text, "Status: 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS
                       "Not today\n");
    response_append_refusal(&text, 503, NULL, true);
    expect_text(&text,
        "Status: 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS
        "This service is not configured\n");
}

Test(response, a_refusal_of_head_has_no_body)
{
    struct text text = {.limit = 0};

    response_append_refusal(&text, 503, NULL, false);
    expect_text(&text,
        "Status: 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS);
}

Test(response, further_fields_come_before_those_of_the_format)
{
    struct text text = {.limit = 0};

    response_append_head(&text, 503, REPORT_JSON, "Retry-After: 2\r\n");
    expect_text(&text, "Status: 503 Service Unavailable\r\nRetry-After: 2\r\n"
                       "Content-Type: application/json\r\n" FIELDS);
}

Test(response, a_text_that_failed_sends_nothing_and_ends_the_response)
{
    struct text text = {.limit = 0}, output = {.limit = 0};
    struct request request = {.transport = {.write = keep, .flush = NULL, .context = &output}};

    text_append_string(&text, "one");
    response_send(&request, &text);
    cr_expect_str_eq(text_string(&output), "one");
    text_append_string(&text, "half");
    text.failed = true;
    response_send(&request, &text);
    cr_expect(request.gone);
    text_append_string(&text, "more");
    response_send(&request, &text);
    cr_expect_str_eq(text_string(&output), "one");
    text_free(&text);
    text_free(&output);
}
