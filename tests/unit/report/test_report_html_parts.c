/* SPDX-License-Identifier: ISC */
#include "report/report_html.h"
#include "unit/report/html_sample.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

Test(report_html_parts, a_bar_and_words_show_the_life_of_the_certificate)
{
    static const struct {
        const char *moment;
        enum verdict_status status;
        const char *bar, *words;
    } rows[] = {
        {"2026-11-23T17:57:38Z", VERDICT_VALID, "<rect width=\"1000\"",
            "<p>365 days left of 365 days</p>"},
        {"2027-05-25T05:57:38Z", VERDICT_VALID, "<rect width=\"500\"",
            "<p>182 days left of 365 days</p>"},
        {"2027-11-23T17:57:38Z", VERDICT_VALID, "<rect width=\"0\"",
            "<p>less than a minute left of 365 days</p>"},
        {"2027-11-26T17:57:38Z", VERDICT_EXPIRED, "<rect width=\"0\"",
            "<p>Its life has been over for 3 days</p>"},
        {"2026-11-22T17:57:38Z", VERDICT_NOT_YET_VALID, "<rect width=\"1000\"",
            "<p>Its life begins in 1 day</p>"},
    };
    struct text text = {.limit = 0};
    struct html_sample sample;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        html_sample(&sample, rows[i].status, rows[i].moment);
        html_sample_render(&sample, &text);
        html_expect(&text, rows[i].bar);
        html_expect(&text, rows[i].words);
    }
    sample.identity.not_after_known = false;
    html_sample_render(&sample, &text);
    html_expect_not(&text, "<svg");
    sample.identity.not_after_known = true;
    sample.identity.not_after_time = sample.identity.not_before_time;
    html_sample_render(&sample, &text);
    html_expect_not(&text, "<svg");
    text_free(&text);
}

/* Days that are left mean nothing to somebody whose certificate was revoked. */
Test(report_html_parts, the_life_of_a_revoked_certificate_is_over)
{
    struct html_sample sample;
    struct text text = {.limit = 0};

    html_sample(&sample, VERDICT_REVOKED, NOW);
    sample.verdict.revocation = REVOCATION_REVOKED;
    sample.verdict.revoked_at = sample.verdict.checked_at - 3 * 86400LL;
    sample.verdict.revocation_reason = "keyCompromise";
    report_append_verdict(&text, &sample.report, &sample.verdict);
    html_expect(&text, "<rect width=\"0\" height=\"1\"/>");
    html_expect(&text, "<p>Its life ended with the revocation, 3 days ago</p>");
    html_expect_not(&text, " left of ");
    html_expect(&text, " on <time datetime=");
    html_expect(&text, ", reason keyCompromise</h2>");
    text_free(&text);
}

Test(report_html_parts, what_was_replaced_is_marked_and_a_backslash_is_none)
{
    static const struct {
        const char *shown, *wanted;
    } rows[] = {
        {"a\\0Ab", "a<mark>\\0A</mark>b"},
        {"\\E2\\80\\AE", "<mark>\\E2\\80\\AE</mark>"},
        {"\\\\0A", "\\\\0A"},
        {"\\\\\\0A", "\\\\<mark>\\0A</mark>"},
        {"\\\"\\0A", "\\&quot;<mark>\\0A</mark>"},
        {"\\,AB", "\\,AB"},
        {"\\0a", "\\0a"},
        {"\\0", "\\0"},
        {"\\", "\\"},
        {"a\\<b\\>", "a\\&lt;b\\&gt;"},
        {"<>&\"'", "&lt;&gt;&amp;&quot;&#39;"},
        {"J\xc3\xb6rg", "J\xc3\xb6rg"},
        {"cut within J\xc3", "cut within J"},
        {"", ""},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text text = {.limit = 0};

        html_append(&text, rows[i].shown);
        cr_expect_str_eq(text_string(&text), rows[i].wanted, "%s: expected %s, came %s",
            rows[i].shown, rows[i].wanted, text_string(&text));
        text_free(&text);
    }
}

Test(report_html_parts, a_row_is_left_out_without_a_value_and_says_when_it_is_empty)
{
    struct text text = {.limit = 0};

    html_append_row(&text, "Name", NULL);
    html_append_code(&text, "Serial", NULL);
    cr_expect_eq(text.length, 0);
    html_append_row(&text, "<Name>", "");
    html_append_row(&text, "Name", "a&b");
    html_append_code(&text, "Serial", "0A<");
    cr_expect_str_eq(text_string(&text), "<dt>&lt;Name&gt;</dt><dd>(empty)</dd>\n"
                                         "<dt>Name</dt><dd>a&amp;b</dd>\n"
                                         "<dt>Serial</dt><dd><code>0A&lt;</code></dd>\n");
    text_free(&text);
}

Test(report_html_parts, digits_stand_in_groups_of_four)
{
    static const struct {
        const char *digits, *wanted;
    } rows[] = {
        {"", ""}, {"0011", "0011"}, {"00112", "0011 2"}, {"001122334455", "0011 2233 4455"}};
    struct text text = {.limit = 0}, wanted = {.limit = 0};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_clear(&text);
        text_clear(&wanted);
        html_append_digits(&text, "SHA-256", rows[i].digits);
        text_printf(&wanted, "<dt>SHA-256</dt><dd><code>%s</code></dd>\n", rows[i].wanted);
        cr_expect_str_eq(text_string(&text), text_string(&wanted));
    }
    text_free(&text);
    text_free(&wanted);
}

Test(report_html_parts, a_list_tells_what_is_not_there_from_what_is_empty)
{
    static char one[] = "DNS:a<b", *items[9] = {one, one, one, one, one, one, one, one, one};
    struct identity_list list = {.items = items};
    struct text text = {.limit = 0};

    html_append_list(&text, "Names", &list);
    cr_expect_eq(text.length, 0, "%s", text_string(&text));
    list.present = true;
    html_append_list(&text, "Names", &list);
    cr_expect_str_eq(text_string(&text), "<dt>Names</dt><dd>(empty)</dd>\n");
    text_clear(&text);
    list.critical = true;
    list.count = 2;
    html_append_list(&text, "Names", &list);
    cr_expect_str_eq(
        text_string(&text), "<dt>Names (critical)</dt><dd>DNS:a&lt;b</dd><dd>DNS:a&lt;b</dd>\n");
    list.count = 8;
    text_clear(&text);
    html_append_list(&text, "Names", &list);
    html_expect_not(&text, "<summary>");
    list.count = 9;
    html_append_list(&text, "Names", &list);
    html_expect(&text, "<summary>9 entries</summary>");
    text_free(&text);
}

Test(report_html_parts, a_moment_that_is_not_known_is_shown_as_it_came)
{
    struct text text = {.limit = 0};

    html_append_time(&text, true, 86400, "not this");
    cr_expect_str_eq(text_string(&text),
        "<time datetime=\"1970-01-02T00:00:00Z\">2 January 1970, 00:00:00 UTC</time>");
    text_clear(&text);
    html_append_time(&text, false, 86400, "<odd>");
    cr_expect_str_eq(text_string(&text), "&lt;odd&gt;");
    text_free(&text);
}

/* RFC 7468 section 2: lines of 64 characters but for the last. */
Test(report_html_parts, pem_has_lines_of_64_characters)
{
    unsigned char zeros[49] = {0};
    struct text text = {.limit = 0};

    html_append_pem(&text, &(const struct bytes){zeros, sizeof(zeros)});
    cr_expect_str_eq(text_string(&text),
        "-----BEGIN CERTIFICATE-----\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "AA==\n"
        "-----END CERTIFICATE-----\n");
    text_free(&text);
}

Test(report_html_parts, words_that_failed_make_the_page_fail)
{
    struct text text = {.limit = 0}, words = {.limit = 0};

    text_append_string(&words, "a<b");
    html_append_text(&text, &words);
    cr_expect_str_eq(text_string(&text), "a&lt;b");
    cr_expect_not(text.failed);
    words.failed = true;
    html_append_text(&text, &words);
    cr_expect(text.failed);
    text_free(&text);
}
