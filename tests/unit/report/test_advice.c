/* SPDX-License-Identifier: ISC */
#include "report/advice.h"
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

static bool is_sentence(const char *words)
{
    size_t length = words != NULL ? strlen(words) : 0;

    /* Nothing that a format would have to escape, so that all show the same bytes; a line in text.
     */
    return length > 10 && words[length - 1] == '.' && strpbrk(words, "<>&\"\n\\") == NULL;
}

static void expect_sentences(const struct advice *advice, const char *what)
{
    cr_expect(is_sentence(advice->meaning), "%s: %s", what, advice->meaning);
    cr_expect(is_sentence(advice->person) || strncmp(advice->person, "Nothing", 7) == 0, "%s: %s",
        what, advice->person);
    cr_expect(is_sentence(advice->operator), "%s: %s", what, advice->operator);
}

Test(advice, every_status_has_its_own_three_sentences)
{
    int status, other;

    for (status = 0; status < VERDICT_STATUS_COUNT; status++) {
        const struct advice *advice = advice_on((enum verdict_status)status);

        expect_sentences(advice, verdict_status_name((enum verdict_status)status));
        for (other = 0; other < status; other++)
            cr_expect_str_neq(advice->meaning, advice_on((enum verdict_status)other)->meaning);
    }
    expect_sentences(&advice_on_expiry, "expiry");
    expect_sentences(&advice_on_file, "file");
    expect_sentences(advice_on_refusal(-1), "refusal");
}

Test(advice, a_refusal_by_the_front_is_explained_by_its_reason)
{
    static const struct {
        int error_code;
        enum verdict_status status;
    } rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, VERDICT_EXPIRED},
        {X509_V_ERR_CERT_NOT_YET_VALID, VERDICT_NOT_YET_VALID},
        {X509_V_ERR_CERT_REVOKED, VERDICT_REVOKED},
        {X509_V_ERR_INVALID_PURPOSE, VERDICT_WRONG_PURPOSE},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, VERDICT_UNTRUSTED},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, VERDICT_UNTRUSTED},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, VERDICT_UNTRUSTED},
    };
    static const int others[] = {-1, 0, X509_V_ERR_UNSPECIFIED, X509_V_ERR_OUT_OF_MEM, 999};
    const struct advice *refused = advice_on_refusal(-1);
    size_t i;
    int status;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_eq(advice_on_refusal(rows[i].error_code), advice_on(rows[i].status), "error %d",
            rows[i].error_code);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        cr_expect_eq(advice_on_refusal(others[i]), refused, "error %d", others[i]);
    for (status = 0; status < VERDICT_STATUS_COUNT; status++)
        cr_expect_neq(refused, advice_on((enum verdict_status)status));
}

Test(advice, the_ways_to_import_name_the_usual_browsers)
{
    static const char *const browsers[] = {
        "Firefox", "Chrome", "Edge", "Safari", "Android", "iPhone"};
    size_t i, at;

    for (i = 0; i < sizeof(browsers) / sizeof(browsers[0]); i++) {
        for (at = 0; at < advice_import_count; at++) {
            if (strstr(advice_imports[at].browser, browsers[i]) != NULL)
                break;
        }
        cr_expect_lt(at, advice_import_count, "%s", browsers[i]);
    }
    for (at = 0; at < advice_import_count; at++)
        cr_expect(is_sentence(advice_imports[at].steps), "%s", advice_imports[at].steps);
}

/* Writes a whole report of this format. */
static void render(struct text *text, enum report_format format, const struct identity *identity,
    const struct forwarded *forwarded, const struct verdict *verdict)
{
    const struct report report = {
        .format = format, .forwarded = forwarded, .identity = identity, .warn_days = 30};

    text_clear(text);
    report_append_identity(text, &report);
    report_append_verdict(text, &report, verdict);
    cr_assert(!text->failed);
}

/* The same with the references of HTML undone that advice holds. */
static void unescape(struct text *text)
{
    char *at;

    while ((at = strstr(text->data, "&#39;")) != NULL) {
        *at = '\'';
        memmove(at + 1, at + 5, strlen(at + 5) + 1);
    }
}

static bool holds(const struct text *text, const struct advice *advice)
{
    return strstr(text->data, advice->meaning) != NULL &&
           strstr(text->data, advice->person) != NULL &&
           strstr(text->data, advice->operator) != NULL;
}

static void expect_everywhere(const struct identity *identity, const struct forwarded *forwarded,
    const struct verdict *verdict, const struct advice *advice)
{
    struct text text = {.limit = 0};
    json_t *object, *came;

    if (verdict->status != VERDICT_ABSENT) {
        render(&text, REPORT_TEXT, identity, forwarded, verdict);
        cr_expect(holds(&text, advice), "%s", text.data);
    }
    render(&text, REPORT_HTML, identity, forwarded, verdict);
    unescape(&text);
    cr_expect(holds(&text, advice), "%s", text.data);
    render(&text, REPORT_JSON, identity, forwarded, verdict);
    object = json_loads(text.data, 0, NULL);
    came = json_object_get(object, "advice");
    cr_expect_str_eq(json_string_value(json_object_get(came, "meaning")), advice->meaning);
    cr_expect_str_eq(json_string_value(json_object_get(came, "person")), advice->person);
    cr_expect_str_eq(json_string_value(json_object_get(came, "operator")), advice->operator);
    json_decref(object);
    text_free(&text);
}

Test(advice, text_json_and_html_say_the_same)
{
    struct identity identity;
    struct forwarded forwarded;
    struct verdict verdict;
    int status;

    sample_identity(&identity);
    sample_forwarded(&forwarded, "SUCCESS");
    for (status = 0; status < VERDICT_STATUS_COUNT; status++) {
        bool without = status == VERDICT_ABSENT || status == VERDICT_MALFORMED;

        sample_verdict(&verdict, (enum verdict_status)status, NOW);
        expect_everywhere(without ? NULL : &identity, &forwarded, &verdict,
            advice_on((enum verdict_status)status));
    }
    sample_verdict(&verdict, VERDICT_NOT_JUDGED, NOW);
    expect_everywhere(NULL, &forwarded, &verdict, advice_on(VERDICT_NOT_JUDGED));
    /* A verdict without its certificate is none. */
    sample_verdict(&verdict, VERDICT_VALID, NOW);
    expect_everywhere(NULL, &forwarded, &verdict, advice_on(VERDICT_NOT_JUDGED));
    sample_verdict(&verdict, VERDICT_VALID, "2027-11-20");
    expect_everywhere(&identity, &forwarded, &verdict, &advice_on_expiry);
}

Test(advice, none_came_because_the_front_server_refused_it)
{
    static const struct {
        const char *front;
        int error_code; /* -2: the advice on absent */
    } rows[] = {
        {"FAILED:error:0000000A:lib(0)::reason(10)", 10},
        {"FAILED:x", -1},
        {"21", 21},
        {"NONE", -2},
        {"0", -2},
        {"SUCCESS", -2},
        {NULL, -2},
    };
    struct forwarded forwarded;
    struct verdict verdict;
    size_t i;

    sample_verdict(&verdict, VERDICT_ABSENT, NOW);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_forwarded(&forwarded, rows[i].front);
        forwarded.status = FORWARDED_ABSENT;
        forwarded.source[0] = '\0';
        expect_everywhere(NULL, &forwarded, &verdict,
            rows[i].error_code == -2 ? advice_on(VERDICT_ABSENT)
                                     : advice_on_refusal(rows[i].error_code));
    }
}
