/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "report/denial.h"
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"
#define NUMBER "0123456789abcdef"

/* A denial and all that it borrows. */
struct given {
    struct identity identity;
    struct forwarded forwarded;
    struct verdict verdict;
    struct report report;
    struct denial denial;
};

/* A valid certificate, which no rule lets in. */
static void give(struct given *given, enum report_format format)
{
    sample_identity(&given->identity);
    sample_forwarded(&given->forwarded, NULL);
    given->verdict = sample_good_verdict(NOW);
    given->report = (struct report){
        .format = format, .forwarded = &given->forwarded, .identity = &given->identity};
    given->denial = (struct denial){.report = &given->report,
        .verdict = &given->verdict,
        .reason = "no_rule",
        .decision = NUMBER};
}

static void give_verdict(struct given *given, enum verdict_status status, const char *reason)
{
    sample_verdict(&given->verdict, status, NOW);
    (void)snprintf(given->verdict.reason, sizeof(given->verdict.reason), "%s", reason);
    given->denial.reason = verdict_status_name(status);
}

static void render(struct text *text, const struct given *given)
{
    text_clear(text);
    denial_append(text, &given->denial);
    cr_assert_not(text->failed);
    cr_assert_leq(text->length, DENIAL_MAX_BYTES);
}

static void expect_part(const struct text *text, const char *part)
{
    cr_expect_not_null(strstr(text->data, part), "expected: %s\ncame:\n%s", part, text->data);
}

static void expect_no_part(const struct text *text, const char *part)
{
    cr_expect_null(strstr(text->data, part), "not expected: %s\ncame:\n%s", part, text->data);
}

Test(denial, in_text_it_says_who_why_and_what_to_do)
{
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_TEXT);
    render(&text, &given);
    cr_expect_str_eq(text.data,
        "Access denied\n\n"
        "Name: CN=Dan Example,OU=Ops,O=Acme,C=GB\n"
        "The certificate is valid\n"
        "Meaning: Your certificate is valid, but it does not give you access to this address.\n"
        "What to do: If you should have access, ask the operator of this site, and give the number "
        "of the decision.\n"
        "Reason: no_rule\n"
        "Decision: " NUMBER "\n");
    text_free(&text);
}

Test(denial, each_reason_of_the_gate_has_its_own_meaning)
{
    static const struct {
        const char *reason, *meaning;
    } rows[] = {
        {"ambiguous_path", "The address can be read in more than one way"},
        {"front_failed", "the web server that received it did not accept it"},
        {"front_contradicts", "the web server asked for two things at once"},
        {"front_refused", "the web server does not show this address"},
        {"no_user_name", "it does not give the name that this site needs"},
        {"revocation_old", "the site has no recent proof that it was not revoked"},
        {"no_rule", "it does not give you access to this address"},
        {"rule", "it does not give you access to this address"},
    };
    struct text text = {.limit = 0};
    size_t i, j;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (j = 0; j < REPORT_FORMAT_COUNT; j++) {
            struct given given;

            give(&given, (enum report_format)j);
            given.denial.reason = rows[i].reason;
            render(&text, &given);
            expect_part(&text, rows[i].meaning);
            expect_part(&text, rows[i].reason);
        }
    }
    text_free(&text);
}

/* Then the advice is the report's, whatever the reason is called. */
Test(denial, what_is_wrong_with_the_certificate_goes_before_what_the_rules_say)
{
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_TEXT);
    given.verdict = sample_revoked_verdict(NOW);
    given.denial.reason = "revoked";
    render(&text, &given);
    expect_part(&text, "\nThe certificate is not valid: ");
    expect_part(&text, "\nMeaning: The issuer has revoked the certificate");
    expect_part(&text, "\nReason: revoked\n");
    expect_no_part(&text, "The certificate is valid");
    expect_no_part(&text, "For the operator");
    text_free(&text);
}

Test(denial, without_a_certificate_that_can_be_read_it_says_what_came_instead)
{
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_TEXT);
    given.report.identity = NULL;
    give_verdict(&given, VERDICT_ABSENT, "no client certificate was sent");
    render(&text, &given);
    expect_part(&text, "\n\n" REPORT_NO_CERTIFICATE "\n");
    expect_no_part(&text, "Name: ");
    give_verdict(&given, VERDICT_MALFORMED, "SSL_CLIENT_CERT: it is <cut> off");
    render(&text, &given);
    expect_part(&text, REPORT_NO_CERTIFICATE ": SSL_CLIENT_CERT: it is <cut> off\n");
    give_verdict(&given, VERDICT_ABSENT, "no client certificate was sent");
    sample_forwarded(&given.forwarded, "FAILED:certificate has expired");
    render(&text, &given);
    expect_part(&text, REPORT_NO_CERTIFICATE ": the front server refused it: ");
    expect_part(&text, "expired\n");
    text_free(&text);
}

Test(denial, what_could_not_be_decided_says_nothing_of_the_certificate)
{
    static const char *const titles[] = {"Access cannot be decided\n", "\"status\": null",
        "<title>Access cannot be decided</title>"};
    struct text text = {.limit = 0};
    size_t i;

    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        struct given given;

        give(&given, (enum report_format)i);
        given.denial.verdict = NULL;
        given.denial.reason = "rules";
        render(&text, &given);
        expect_part(&text, titles[i]);
        expect_part(&text, "Try again in a minute");
        expect_no_part(&text, "ertificate is valid");
        expect_no_part(&text, "Access denied");
        expect_no_part(&text, "(null)");
    }
    text_free(&text);
}

Test(denial, in_json_it_has_these_members)
{
    struct text text = {.limit = 0};
    struct given given;
    json_t *came, *wanted;

    give(&given, REPORT_JSON);
    render(&text, &given);
    came = json_loads(text.data, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(came, "%s", text.data);
    wanted = json_pack("{s:b, s:s, s:s, s:n, s:n, s:s, s:s, s:{s:s, s:s}, s:s}", "allowed", 0,
        "reason", "no_rule", "status", "valid", "rule", "nearest", "decision", NUMBER, "subject",
        "CN=Dan Example,OU=Ops,O=Acme,C=GB", "advice", "meaning",
        "Your certificate is valid, but it does not give you access to this address.", "person",
        "If you should have access, ask the operator of this site, and give the number of the "
        "decision.",
        "checked_at", NOW);
    cr_assert_not_null(wanted);
    cr_expect(json_equal(came, wanted), "%s", text.data);
    json_decref(wanted);
    json_decref(came);
    text_free(&text);
}

/* What the rules say, with words of this many bytes. */
static void give_rules(struct given *given, struct rules_miss *misses, size_t count, size_t bytes)
{
    static const struct rules_rule rule = {.allow = true, .name = "access.rules:7 (staff)"};
    size_t i;

    given->denial.reason = "rule";
    given->denial.rule = "access.rules:3 (hidden)";
    for (i = 0; i < count; i++) {
        misses[i].rule = &rule;
        memset(misses[i].words, '<', bytes);
        misses[i].words[bytes] = '\0';
    }
    given->denial.misses = misses;
    given->denial.miss_count = count;
}

Test(denial, what_the_rules_say_is_told_when_it_is_given)
{
    struct rules_miss misses[2];
    struct text text = {.limit = 0};
    size_t i;

    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        struct given given;

        give(&given, (enum report_format)i);
        give_rules(&given, misses, 2, 1);
        (void)snprintf(misses[1].words, sizeof(misses[1].words), "ou=Ops does not hold");
        render(&text, &given);
        expect_part(&text, "access.rules:3 (hidden)");
        expect_part(&text, "access.rules:7 (staff)");
        expect_part(&text, "ou=Ops does not hold");
    }
    text_free(&text);
}

/* In HTML, 3 times 383 characters of < are 4596 bytes. */
Test(denial, what_the_rules_say_is_left_out_before_the_body_grows_too_long)
{
    static const char beginning = '<';
    struct rules_miss misses[8];
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_HTML);
    give_rules(&given, misses, 8, sizeof(misses[0].words) - 1);
    render(&text, &given);
    cr_expect_eq(text.data[0], beginning);
    expect_no_part(&text, "(hidden)");
    expect_no_part(&text, "(staff)");
    expect_part(&text, "it does not give you access to this address");
    expect_part(&text, NUMBER);
    expect_part(&text, "</html>\n");
    text_free(&text);
}

Test(denial, a_long_name_is_cut_between_two_characters)
{
    static char subject[600];
    struct text text = {.limit = 0};
    size_t i, lead;

    for (lead = 0; lead < 3; lead++) {
        for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
            struct given given;
            size_t j;

            memset(subject, 'x', sizeof(subject));
            (void)snprintf(subject, sizeof(subject), "%.*s", (int)lead, "CN=");
            for (j = strlen(subject); j + 3 < sizeof(subject); j += 2)
                memcpy(subject + j, "\xc3\xa9", 3);
            give(&given, (enum report_format)i);
            given.identity.subject = subject;
            render(&text, &given);
            expect_part(&text, "\xc3\xa9...");
            cr_expect_eq(utf8_whole_length(text.data, SIZE_MAX), text.length, "%zu %zu", lead, i);
        }
    }
    text_free(&text);
}

Test(denial, a_name_of_255_bytes_is_whole_and_one_of_256_is_not)
{
    static char subject[257];
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_TEXT);
    memset(subject, 'x', 255);
    given.identity.subject = subject;
    render(&text, &given);
    expect_part(&text, "xxx\n");
    subject[255] = 'x';
    render(&text, &given);
    expect_part(&text, "xxx...\n");
    text_free(&text);
}

Test(denial, the_page_shows_at_a_glance_what_it_is_about)
{
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_HTML);
    render(&text, &given);
    expect_part(&text, "<section class=\"v bad\"");
    expect_part(&text, ">\xe2\x9c\x97</span> No access with this certificate</h2>");
    given.verdict = sample_revoked_verdict(NOW);
    given.denial.reason = "revoked";
    render(&text, &given);
    expect_part(&text, ">\xe2\x9c\x97</span> The certificate is not valid");
    expect_no_part(&text, "No access with this certificate");
    given.denial.verdict = NULL;
    given.denial.reason = "deadline";
    render(&text, &given);
    expect_part(&text, "<section class=\"v warn\"");
    expect_part(&text, ">?</span> Try again in a minute</h2>");
    text_free(&text);
}

/* To the byte. */
Test(denial, what_the_rules_say_is_told_as_long_as_it_fits)
{
    struct rules_miss misses[20];
    struct text text = {.limit = 0};
    struct given given;
    size_t i, bytes;

    give(&given, REPORT_TEXT);
    give_rules(&given, misses, 20, 1);
    for (i = 0; i < 20; i++)
        memset(misses[i].words, 'x', sizeof(misses[i].words));
    for (i = 0; i < 20; i++)
        misses[i].words[1] = '\0';
    render(&text, &given);
    bytes = DENIAL_MAX_BYTES - text.length;
    for (i = 0; i < 20; i++) {
        size_t more = bytes < 380 ? bytes : 380;

        misses[i].words[1] = 'x';
        misses[i].words[1 + more] = '\0';
        bytes -= more;
    }
    cr_assert_eq(bytes, 0);
    render(&text, &given);
    cr_expect_eq(text.length, DENIAL_MAX_BYTES);
    expect_part(&text, "(hidden)");
    given.denial.rule = "access.rules:33 (hidden)";
    render(&text, &given);
    cr_expect_lt(text.length, DENIAL_MAX_BYTES);
    expect_no_part(&text, "(hidden)");
    text_free(&text);
}

Test(denial, nothing_from_outside_is_markup_on_the_page)
{
    static char subject[] = "CN=<script>\"&'";
    struct rules_miss misses[1];
    struct text text = {.limit = 0};
    struct given given;

    give(&given, REPORT_HTML);
    given.identity.subject = subject;
    give_rules(&given, misses, 1, 3);
    given.denial.rule = "<b>";
    given.denial.reason = "<i>";
    render(&text, &given);
    expect_no_part(&text, "<script>");
    expect_no_part(&text, "<<<");
    expect_no_part(&text, "<b>");
    expect_no_part(&text, "<i>");
    expect_part(&text, "CN=&lt;script&gt;");
    text_free(&text);
}

/* For httpd a body that begins with a slash would be an address to go to. */
Test(denial, no_format_begins_with_a_slash)
{
    static const char first[] = "A{<";
    struct text text = {.limit = 0};
    size_t i;

    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        struct given given;

        give(&given, (enum report_format)i);
        render(&text, &given);
        cr_expect_eq(text.data[0], first[i]);
    }
    text_free(&text);
}

Test(denial, a_body_that_cannot_be_short_enough_is_a_failure_and_nothing_of_it_is_appended)
{
    static char reason[DENIAL_MAX_BYTES + 1];
    struct text text = {.limit = 0};
    struct given given;

    memset(reason, 'x', sizeof(reason) - 1);
    give(&given, REPORT_TEXT);
    given.denial.reason = reason;
    denial_append(&text, &given.denial);
    cr_expect(text.failed);
    cr_expect_eq(text.length, 0);
    text_free(&text);
}
