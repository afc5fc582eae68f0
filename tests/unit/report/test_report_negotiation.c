/* SPDX-License-Identifier: ISC */
#include "report/report.h"

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
        {"text/*;q=0.9, text/plain;q=0.1, application/json;q=0.5", REPORT_HTML},
        {"text/plain;q=0.1, text/*;q=0.9, application/json;q=0.5", REPORT_HTML},
        {"text/*;q=0.4, text/plain;q=0.1, application/json;q=0.5", REPORT_JSON},
        {"text/*;q=0.9, text/html;q=0.1, text/plain;q=0, application/json;q=0.5", REPORT_JSON},
        {"application/*, text/plain;q=0.9", REPORT_JSON},
        {"application/*;q=0, */*;q=0.5", REPORT_TEXT},
        {"text/*;q=0, */*;q=0.5", REPORT_JSON},
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
        {"\"x\", application/json", REPORT_JSON},
        {"\"x, application/json", REPORT_TEXT},
        {"\"x\\\", application/json", REPORT_TEXT},
        {"application/json, \"x\\\", text/html", REPORT_JSON},
        {"\xff\xfe, application/json", REPORT_JSON},
        {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", REPORT_HTML},
        {"text/htm", REPORT_TEXT},
        {"text/htmlx", REPORT_TEXT},
        {"application/html", REPORT_TEXT},
        {"application/xhtml+xml", REPORT_TEXT},
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
        {"image/png", REPORT_JSON},
        {"text/html;q=0", REPORT_JSON},
        {"text/html", REPORT_HTML},
        {"*/*;q=0", REPORT_JSON},
        {"text/plain", REPORT_TEXT},
        {"text/*", REPORT_TEXT},
        {"application/json;q=0.3, text/plain;q=0.4", REPORT_TEXT},
    };

    CHECK(rows, REPORT_JSON);
}

Test(report_negotiation, what_browsers_send_gets_the_page_and_what_tools_send_the_standard)
{
    static const struct row rows[] = {
        /* Chromium 156, Firefox, Safari; then curl, wget and Python's requests. */
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
         "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
            REPORT_HTML},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", REPORT_HTML},
        {"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", REPORT_HTML},
        {"text/html;charset=utf-8", REPORT_HTML},
        {"text/html, text/plain;q=0.9", REPORT_HTML},
        {"text/html;q=0.8, text/plain;q=0.9", REPORT_TEXT},
        {"text/html, text/plain", REPORT_TEXT},
        {"text/html, application/json", REPORT_JSON},
        {"*/*", REPORT_TEXT},
        {"text/*", REPORT_TEXT},
    };
    static const struct row with_html[] = {
        {"*/*", REPORT_HTML},
        {NULL, REPORT_HTML},
        {"image/png", REPORT_HTML},
        {"application/json", REPORT_JSON},
        {"text/plain", REPORT_TEXT},
    };

    CHECK(rows, REPORT_TEXT);
    CHECK(with_html, REPORT_HTML);
}

Test(report_negotiation, the_query_string_counts_before_the_header)
{
    static const struct {
        const char *query;
        enum report_format wanted;
    } rows[] = {
        {"format=text", REPORT_TEXT},
        {"format=json", REPORT_JSON},
        {"format=html", REPORT_HTML},
        {"x=1&format=text", REPORT_TEXT},
        {"format=text&x=1", REPORT_TEXT},
        {"&&format=text&", REPORT_TEXT},
        {"format=nothing&format=text", REPORT_TEXT},
        {"format=text&format=html", REPORT_TEXT},
        /* All else is no such field: the header counts, which asks for JSON here. */
        {NULL, REPORT_JSON},
        {"", REPORT_JSON},
        {"format", REPORT_JSON},
        {"format=", REPORT_JSON},
        {"format=TEXT", REPORT_JSON},
        {"Format=text", REPORT_JSON},
        {"format=texts", REPORT_JSON},
        {"format=tex", REPORT_JSON},
        {"format=text ", REPORT_JSON},
        {" format=text", REPORT_JSON},
        {"xformat=text", REPORT_JSON},
        {"format=text;x", REPORT_JSON},
        {"x;format=text", REPORT_JSON},
        {"format=te%78t", REPORT_JSON},
        {"format==text", REPORT_JSON},
        {"format[]=text", REPORT_JSON},
        {"?format=text", REPORT_JSON},
        {"x=format=text", REPORT_JSON},
        {"text", REPORT_JSON},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum report_format came = report_choose(rows[i].query, "application/json", REPORT_TEXT);

        cr_expect_eq(came, rows[i].wanted, "query: %s\nexpected format %d, came %d",
            rows[i].query != NULL ? rows[i].query : "(none)", rows[i].wanted, came);
    }
}
