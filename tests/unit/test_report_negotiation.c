#include "report.h"

#include <criterion/criterion.h>

struct row {
    const char *accept;
    enum report_format wanted; /* with text as the standard */
};

static void check(const struct row *rows, size_t count, enum report_format standard)
{
    size_t i;

    for (i = 0; i < count; i++) {
        enum report_format came = report_negotiate(rows[i].accept, standard);

        cr_expect_eq(came, rows[i].wanted, "Accept: %s\nexpected format %d, came %d",
            rows[i].accept != NULL ? rows[i].accept : "(none)", rows[i].wanted, came);
    }
}

#define CHECK(rows, standard) check(rows, sizeof(rows) / sizeof((rows)[0]), standard)

Test(report_negotiation, the_best_quality_wins)
{
    static const struct row rows[] = {
        {"application/json", REPORT_JSON},
        {"text/plain", REPORT_TEXT},
        {"application/json, text/plain", REPORT_TEXT},
        {"text/plain;q=0.5, application/json", REPORT_JSON},
        {"text/plain;q=0.5,application/json;q=0.501", REPORT_JSON},
        {"text/plain;q=0.5,application/json;q=0.499", REPORT_TEXT},
        {"text/plain;q=0.9,application/json;q=1.000", REPORT_JSON},
        {"application/json;q=0.1", REPORT_JSON},
        {"application/json;q=0.001,text/plain;q=0", REPORT_JSON},
        {"APPLICATION/JSON", REPORT_JSON},
        {"Application/Json;Q=0.7,TEXT/Plain;q=0.2", REPORT_JSON},
        {" \tapplication/json\t ;\t q=0.8 , text/plain ; q=0.7 ", REPORT_JSON},
        {",,application/json,,", REPORT_JSON},
        {"application/json;q=0.9, text/plain;q=0.5, application/json;q=0.1", REPORT_JSON},
        {"application/json;q=0.1, text/plain;q=0.5, application/json;q=0.9", REPORT_JSON},
    };

    CHECK(rows, REPORT_TEXT);
}

Test(report_negotiation, the_most_specific_range_counts_whatever_its_quality)
{
    static const struct row rows[] = {
        {"*/*", REPORT_TEXT},
        {"*/*;q=0.1, text/plain;q=0", REPORT_JSON},
        {"text/*;q=0.9, text/plain;q=0.1, application/json;q=0.5", REPORT_JSON},
        {"text/plain;q=0.1, text/*;q=0.9, application/json;q=0.5", REPORT_JSON},
        {"application/*, text/plain;q=0.9", REPORT_JSON},
        {"application/*;q=0, */*;q=0.5", REPORT_TEXT},
        {"text/*;q=0, */*;q=0.5", REPORT_JSON},
        {"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", REPORT_TEXT},
        {"text/plain;charset=utf-8;q=0.2, text/plain, application/json;q=0.5", REPORT_JSON},
        {"text/plain;format=flowed, text/plain;q=0.2, application/json;q=0.5", REPORT_JSON},
    };

    CHECK(rows, REPORT_TEXT);
}

Test(report_negotiation, quality_nought_excludes)
{
    static const struct row rows[] = {
        {"text/plain;q=0, application/json;q=0.1", REPORT_JSON},
        {"text/plain;q=0.000, */*;q=0.001", REPORT_JSON},
        {"application/json;q=0", REPORT_TEXT},
        {"*/*;q=0", REPORT_TEXT},
    };

    CHECK(rows, REPORT_TEXT);
}

Test(report_negotiation, parameters_are_let_pass)
{
    static const struct row rows[] = {
        {"application/json;charset=utf-8", REPORT_JSON},
        {"application/json; charset=\"UTF-8\"; q=0.9, text/plain; q=0.8", REPORT_JSON},
        {"application/json;version=1", REPORT_JSON},
        {"application/json;profile=\"a,b;q=0\", text/plain;q=0.5", REPORT_JSON},
        {"application/json;profile=\"a\\\"b, text/plain\"", REPORT_JSON},
        {"application/json;;q=0.9;, text/plain;q=0.8", REPORT_JSON},
        {"application/json;q=0.9;ext=q, text/plain;q=0.8", REPORT_JSON},
    };

    CHECK(rows, REPORT_TEXT);
}

Test(report_negotiation, what_is_no_media_range_is_passed_over)
{
    static const struct row rows[] = {
        {NULL, REPORT_TEXT},
        {"", REPORT_TEXT},
        {" ", REPORT_TEXT},
        {",", REPORT_TEXT},
        {"image/png", REPORT_TEXT},
        {"application", REPORT_TEXT},
        {"application/", REPORT_TEXT},
        {"/json", REPORT_TEXT},
        {"*", REPORT_TEXT},
        {"*/json", REPORT_TEXT},
        {"application/json/x", REPORT_TEXT},
        {"application /json", REPORT_TEXT},
        {"application/json x", REPORT_TEXT},
        {"application/json;q", REPORT_TEXT},
        {"application/json;q=", REPORT_TEXT},
        {"application/json;q=2", REPORT_TEXT},
        {"application/json;q=1.001", REPORT_TEXT},
        {"application/json;q=0.1234", REPORT_TEXT},
        {"application/json;q=.5", REPORT_TEXT},
        {"application/json;q=-1", REPORT_TEXT},
        {"application/json;q=0,5", REPORT_TEXT},
        {"application/json;q =1", REPORT_TEXT},
        {"application/json;a=\"unended", REPORT_TEXT},
        {"application/json;a=\"", REPORT_TEXT},
        {"application/json;a=\"\\", REPORT_TEXT},
        {"applicationx/json", REPORT_TEXT},
        {"application/jsonx", REPORT_TEXT},
        {"application/jso", REPORT_TEXT},
        {"\"application/json\"", REPORT_TEXT},
        {"\xff\xfe, application/json", REPORT_JSON},
        {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", REPORT_TEXT},
        {"broken;;, application/json;q=0.1", REPORT_JSON},
    };

    CHECK(rows, REPORT_TEXT);
}

Test(report_negotiation, the_standard_wins_a_draw_and_when_nothing_is_acceptable)
{
    static const struct row rows[] = {
        {NULL, REPORT_JSON},
        {"", REPORT_JSON},
        {"*/*", REPORT_JSON},
        {"text/plain, application/json", REPORT_JSON},
        {"text/html", REPORT_JSON},
        {"*/*;q=0", REPORT_JSON},
        {"text/plain", REPORT_TEXT},
        {"text/*", REPORT_TEXT},
        {"application/json;q=0.3, text/plain;q=0.4", REPORT_TEXT},
    };

    CHECK(rows, REPORT_JSON);
}

static void expect_text(struct text *text, const char *wanted)
{
    cr_expect(!text->failed);
    cr_expect_str_eq(
        text_string(text), wanted, "expected:\n%s\ncame:\n%s", wanted, text_string(text));
    text_free(text);
}

#define FIELDS "Vary: Accept\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n"

Test(report_head, a_report_is_200_with_its_type_and_without_a_length)
{
    struct text text = {.limit = 0};

    report_append_head(&text, REPORT_TEXT);
    expect_text(&text, "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS);
    report_append_head(&text, REPORT_JSON);
    expect_text(&text, "Status: 200 OK\r\nContent-Type: application/json\r\n" FIELDS);
}

Test(report_head, a_refusal_says_its_status_and_one_line)
{
    struct text text = {.limit = 0};

    report_append_refusal(&text, 405, NULL, true);
    expect_text(&text,
        "Status: 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n" FIELDS "Only GET and HEAD are answered\n");
    report_append_refusal(&text, 403, "Not today", true);
    expect_text(&text, "Status: 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS
                       "Not today\n");
    report_append_refusal(&text, 503, NULL, true);
    expect_text(&text,
        "Status: 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS
        "This service is not configured\n");
}

Test(report_head, a_refusal_of_head_has_no_body)
{
    struct text text = {.limit = 0};

    report_append_refusal(&text, 503, NULL, false);
    expect_text(&text,
        "Status: 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" FIELDS);
}
