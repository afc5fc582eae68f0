/* SPDX-License-Identifier: ISC */
#include "report/report.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

/* Parses text that must be one JSON object and nothing else. Free with json_decref. */
static json_t *parse(const struct text *text)
{
    json_error_t error;
    json_t *object = json_loads(text_string(text), JSON_REJECT_DUPLICATES, &error);

    cr_assert(!text->failed);
    cr_assert_not_null(object, "%s in:\n%s", error.text, text_string(text));
    cr_assert(json_is_object(object), "no object: %s", text_string(text));
    return object;
}

/* Compares an object with what is wanted of it, member by member and in the same order. */
static void expect_json(const struct text *text, const char *wanted)
{
    json_error_t error;
    json_t *came = parse(text), *expected = json_loads(wanted, 0, &error);
    char *one, *other;

    cr_assert_not_null(expected, "the test's own JSON: %s, line %d", error.text, error.line);
    one = json_dumps(came, JSON_INDENT(1));
    other = json_dumps(expected, JSON_INDENT(1));
    cr_expect_str_eq(one, other, "expected:\n%s\ncame:\n%s", other, one);
    free(one);
    free(other);
    json_decref(came);
    json_decref(expected);
}

#define CERTIFICATE                                                                                \
    "\"schema\": 1, \"subject\": \"CN=Dan Example,OU=Ops,O=Acme,C=GB\", \"subject_parts\": ["      \
    "{\"type\": \"C\", \"value\": \"GB\"}, {\"type\": \"O\", \"value\": \"Acme\"},"                \
    "{\"type\": \"OU\", \"value\": \"Ops\"}, {\"type\": \"CN\", \"value\": \"Dan Example\"}],"     \
    "\"subject_replaced\": true, \"issuer\": \"CN=Acme CA,O=Acme\","                               \
    "\"serial\": \"1001\", \"serial_decimal\": \"4097\", \"version\": 3,"                          \
    "\"not_before\": \"2026-11-23T17:57:38Z\", \"not_after\": \"2027-11-23T17:57:38Z\","           \
    "\"sha256_fingerprint\":"                                                                      \
    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\","                        \
    "\"spki_sha256\": \"ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\","       \
    "\"public_key\": \"EC prime256v1 256 bits\","                                                  \
    "\"signature_algorithm\": \"ecdsa-with-SHA256\","                                              \
    "\"subject_alt_names\": [\"DNS:dan.example\", \"URI:http://x, DNS:admin.example\"],"           \
    "\"subject_alt_names_critical\": false,"                                                       \
    "\"key_usage\": [\"digitalSignature\", \"keyAgreement\"], \"key_usage_critical\": true,"       \
    "\"extended_key_usage\": [\"clientAuth\"], \"extended_key_usage_critical\": false,"            \
    "\"netscape_cert_type\": null, \"netscape_cert_type_critical\": null,"                         \
    "\"subject_key_id\": \"AB:CD\", \"authority_key_id\": \"01:23\","                              \
    "\"unknown_extensions\": [\"1.2.3.4\"], \"unknown_extensions_critical\": false,"               \
    "\"source\": \"SSL_CLIENT_CERT\", \"form\": \"PEM\","

#define NO_CERTIFICATE                                                                             \
    "\"schema\": 1, \"subject\": null, \"subject_parts\": null, \"subject_replaced\": null,"       \
    "\"issuer\": null, \"serial\": null, \"serial_decimal\": null, \"version\": null,"             \
    "\"not_before\": null, \"not_after\": null, \"sha256_fingerprint\": null,"                     \
    "\"spki_sha256\": null, \"public_key\": null, \"signature_algorithm\": null,"                  \
    "\"subject_alt_names\": null, \"subject_alt_names_critical\": null,"                           \
    "\"key_usage\": null, \"key_usage_critical\": null,"                                           \
    "\"extended_key_usage\": null, \"extended_key_usage_critical\": null,"                         \
    "\"netscape_cert_type\": null, \"netscape_cert_type_critical\": null,"                         \
    "\"subject_key_id\": null, \"authority_key_id\": null,"                                        \
    "\"unknown_extensions\": null, \"unknown_extensions_critical\": null,"

/* The advice, word for word. */
#define ADVICE_VALID                                                                               \
    "\"advice\": {"                                                                                \
    "\"meaning\": \"The certificate comes from a trusted authority, is meant for this use, and "   \
    "is current.\","                                                                               \
    "\"person\": \"Nothing: all is well until it expires.\","                                      \
    "\"operator\": \"Nothing; renew it before it expires.\"},"
#define ADVICE_REVOKED                                                                             \
    "\"advice\": {"                                                                                \
    "\"meaning\": \"The issuer has revoked the certificate, for good or until further "            \
    "notice.\","                                                                                   \
    "\"person\": \"Stop using it, and ask who issued it for a new one with a new key.\","          \
    "\"operator\": \"If that was a mistake, issue a new certificate; only a certificate on hold "  \
    "can be taken off the list.\"},"
#define ADVICE_ABSENT                                                                              \
    "\"advice\": {"                                                                                \
    "\"meaning\": \"Your browser or program sent no certificate, so the server does not know who " \
    "you are.\","                                                                                  \
    "\"person\": \"Import your .p12 file into the browser, open this address again in a new "      \
    "private window, and choose the certificate when you are asked.\","                            \
    "\"operator\": \"If the client did send one, check that the front server asks for "            \
    "certificates, knows the CA, and forwards SSL_CLIENT_CERT.\"},"
#define ADVICE_MALFORMED                                                                           \
    "\"advice\": {"                                                                                \
    "\"meaning\": \"What reached the server cannot be read as a certificate.\","                   \
    "\"person\": \"This is rarely your doing: tell the operator of this server what is written "   \
    "here.\","                                                                                     \
    "\"operator\": \"Either the front server forwards it wrongly, or the CA made it wrong: run "   \
    "`peercert --check` on the client's own file. If that can be read, look at the variable "      \
    "named "                                                                                       \
    "in the reason.\"},"
#define ADVICE_NOT_JUDGED                                                                          \
    "\"advice\": {"                                                                                \
    "\"meaning\": \"The server could not judge the certificate: this says nothing about the "      \
    "certificate.\","                                                                              \
    "\"person\": \"Try again in a minute; if that does not help, tell the operator of this "       \
    "server.\","                                                                                   \
    "\"operator\": \"Memory ran out or libcrypto failed: look at the log and at the memory "       \
    "limit.\"},"

#define NO_DETAILS(advice)                                                                         \
    "\"error_code\": 0, \"error_name\": null, \"error_depth\": null, \"days_left\": null,"         \
    "\"warning\": null, \"revocation\": null, \"revoked_at\": null,"                               \
    "\"revocation_reason\": null, \"crl_this_update\": null, \"crl_next_update\": null,\"ocsp\": " \
    "null, \"ocsp_reason\": null, \"ocsp_this_update\": null, \"ocsp_next_update\": null,"         \
    "\"chain_length\": null, \"anchor\": null," advice                                             \
    "\"trust_kept\": null, \"checked_at\": \"" NOW "\"}"

static void expect_report(
    const struct report *report, const struct verdict *verdict, const char *wanted)
{
    struct text text = {.limit = 0};

    report_append_identity(&text, report);
    report_append_verdict(&text, report, verdict);
    expect_json(&text, wanted);
    cr_expect_eq(text.data[text.length - 1], '\n');
    text_free(&text);
}

Test(report_json, a_valid_certificate_with_everything_in_it)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, "SUCCESS");
    struct verdict verdict = sample_good_verdict(NOW);

    expect_report(&report, &verdict,
        "{" CERTIFICATE "\"front_verify\": \"SUCCESS\", \"front_verify_words\": null,"
        "\"status\": \"valid\", \"reason\": null, \"error_code\": 0, \"error_name\": null,"
        "\"error_depth\": null, \"days_left\": 364, \"warning\": null, \"revocation\": \"good\","
        "\"revoked_at\": null, \"revocation_reason\": null,"
        "\"crl_this_update\": \"2026-11-24T00:00:00Z\","
        "\"crl_next_update\": \"2026-11-25T00:00:00Z\",\"ocsp\": null, \"ocsp_reason\": null, "
        "\"ocsp_this_update\": null, \"ocsp_next_update\": null, \"chain_length\": 2,"
        "\"anchor\": \"CN=Acme CA,O=Acme\"," ADVICE_VALID
        "\"trust_kept\": null, \"checked_at\": \"" NOW "\"}");
}

Test(report_json, a_revoked_certificate_says_when_and_why)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, "10");
    struct verdict verdict = sample_revoked_verdict(NOW);

    expect_report(&report, &verdict,
        "{" CERTIFICATE
        "\"front_verify\": \"10\", \"front_verify_words\": \"the certificate has expired\","
        "\"status\": \"revoked\", \"reason\": \"the certificate was revoked\","
        "\"error_code\": 23, \"error_name\": \"X509_V_ERR_CERT_REVOKED\", \"error_depth\": 0,"
        "\"days_left\": 364, \"warning\": null, \"revocation\": \"revoked\","
        "\"revoked_at\": \"2026-11-24T12:00:00Z\", \"revocation_reason\": \"keyCompromise\","
        "\"crl_this_update\": \"2026-11-24T00:00:00Z\","
        "\"crl_next_update\": \"2026-11-25T00:00:00Z\",\"ocsp\": null, \"ocsp_reason\": null, "
        "\"ocsp_this_update\": null, \"ocsp_next_update\": null, \"chain_length\": 2,"
        "\"anchor\": \"CN=Acme CA,O=Acme\"," ADVICE_REVOKED
        "\"trust_kept\": null, \"checked_at\": \"" NOW "\"}");
}

Test(report_json, without_a_certificate_every_member_is_there_as_null)
{
    struct forwarded forwarded = {.status = FORWARDED_ABSENT, .has_front_verify = true};
    struct report report = {.format = REPORT_JSON, .forwarded = &forwarded, .warn_days = 30};
    struct verdict verdict;

    (void)snprintf(forwarded.front_verify, sizeof(forwarded.front_verify), "NONE");
    verdict_set(&verdict, VERDICT_ABSENT, sample_time(NOW), "");
    expect_report(&report, &verdict,
        "{" NO_CERTIFICATE "\"source\": null, \"form\": null, \"front_verify\": \"NONE\","
        "\"front_verify_words\": null, \"status\": \"absent\", \"reason\": null," NO_DETAILS(
            ADVICE_ABSENT));

    sample_forwarded(&forwarded, NULL);
    forwarded.status = FORWARDED_MALFORMED;
    verdict_set(&verdict, VERDICT_MALFORMED, sample_time(NOW), "it is a private key");
    expect_report(&report, &verdict,
        "{" NO_CERTIFICATE "\"source\": \"SSL_CLIENT_CERT\", \"form\": \"PEM\","
        "\"front_verify\": null, \"front_verify_words\": null, \"status\": \"malformed\","
        "\"reason\": \"it is a private key\"," NO_DETAILS(ADVICE_MALFORMED));

    verdict_set(&verdict, VERDICT_NOT_JUDGED, sample_time(NOW), "it could not be judged");
    expect_report(&report, &verdict,
        "{" NO_CERTIFICATE "\"source\": \"SSL_CLIENT_CERT\", \"form\": \"PEM\","
        "\"front_verify\": null, \"front_verify_words\": null, \"status\": \"not_judged\","
        "\"reason\": \"it could not be judged\"," NO_DETAILS(ADVICE_NOT_JUDGED));
}

/* One member of a report, parsed back. Free with json_decref. */
static json_t *member_of(
    const struct report *report, const struct verdict *verdict, const char *name)
{
    struct text text = {.limit = 0};
    json_t *object, *member;

    report_append_identity(&text, report);
    report_append_verdict(&text, report, verdict);
    object = parse(&text);
    member = json_incref(json_object_get(object, name));
    cr_assert_not_null(member, "%s is missing in:\n%s", name, text_string(&text));
    json_decref(object);
    text_free(&text);
    return member;
}

Test(report_json, each_status_comes_by_its_name)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, NULL);
    struct verdict verdict;
    int status;

    for (status = VERDICT_UNTRUSTED; status < VERDICT_STATUS_COUNT; status++) {
        json_t *came;

        sample_verdict(&verdict, (enum verdict_status)status, NOW);
        came = member_of(&report, &verdict, "status");
        cr_expect_str_eq(json_string_value(came), verdict_status_name((enum verdict_status)status));
        json_decref(came);
    }
    /* A verdict without its certificate is none, whatever it says. */
    report.identity = NULL;
    for (status = VERDICT_UNTRUSTED; status < VERDICT_STATUS_COUNT; status++) {
        json_t *came;

        sample_verdict(&verdict, (enum verdict_status)status, NOW);
        came = member_of(&report, &verdict, "status");
        cr_expect_str_eq(json_string_value(came), "not_judged");
        json_decref(came);
    }
}

Test(report_json, days_left_are_whole_days_rounded_down)
{
    static const struct {
        const char *moment;
        json_int_t days;
    } rows[] = {
        {"2027-11-22T17:57:38Z", 1},
        {"2027-11-22T17:57:39Z", 0},
        {"2027-11-23T17:57:38Z", 0},
        {"2027-11-23T17:57:39Z", -1},
        {"2027-11-24T17:57:38Z", -1},
        {"2027-11-24T17:57:39Z", -2},
    };
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, NULL);
    struct verdict verdict;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *came;

        sample_verdict(&verdict, VERDICT_EXPIRED, rows[i].moment);
        came = member_of(&report, &verdict, "days_left");
        cr_expect_eq(json_integer_value(came), rows[i].days, "at %s: expected %lld, came %lld",
            rows[i].moment, rows[i].days, json_integer_value(came));
        json_decref(came);
    }
    identity.not_after_known = false;
    cr_expect(json_is_null(member_of(&report, &verdict, "days_left")));
}

Test(report_json, all_warnings_come_in_one_string)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, "FAILED:x");
    struct verdict verdict;
    json_t *came;

    sample_verdict(&verdict, VERDICT_VALID, "2027-11-20T17:57:38Z");
    verdict.revocation = REVOCATION_UNKNOWN;
    came = member_of(&report, &verdict, "warning");
    cr_expect_str_eq(json_string_value(came),
        "it expires in 3 days; the front server did not accept this certificate; "
        "whether it was revoked is unknown, and the configuration allows that");
    json_decref(came);
    verdict.revocation = REVOCATION_GOOD;
    verdict.above_unknown = true;
    came = member_of(&report, &verdict, "warning");
    cr_expect_str_eq(json_string_value(came),
        "it expires in 3 days; the front server did not accept this certificate; "
        "whether a CA above it was revoked is unknown, and the configuration allows that");
    json_decref(came);
}

Test(report_json, only_both_parts_together_are_an_object)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, "SUCCESS");
    struct verdict verdict = sample_good_verdict(NOW);
    struct text first = {.limit = 0}, second = {.limit = 0}, both = {.limit = 0};
    size_t length;

    report_append_identity(&first, &report);
    report_append_verdict(&second, &report, &verdict);
    text_append(&both, first.data, first.length);
    text_append(&both, second.data, second.length);
    json_decref(parse(&both));
    cr_expect_not_null(strstr(second.data, "\"status\""), "%s", second.data);
    cr_expect_null(strstr(first.data, "\"status\""), "%s", first.data);
    for (length = both.length - 2; length > 0; length--) {
        json_t *part = json_loadb(both.data, length, 0, NULL);

        cr_expect_null(
            part, "the first %zu bytes are an object:\n%.*s", length, (int)length, both.data);
        json_decref(part);
    }
    text_free(&first);
    text_free(&second);
    text_free(&both);
}

static unsigned long allocations, fail_at;
static bool fail_after;

static void *failing_malloc(size_t size)
{
    allocations++;
    if (fail_at != 0 && (allocations == fail_at || (fail_after && allocations > fail_at)))
        return NULL;
    return malloc(size);
}

static void count_allocations(unsigned long nth, bool and_after)
{
    allocations = 0;
    fail_at = nth;
    fail_after = and_after;
}

/* Renders both parts while the nth allocation of jansson fails. */
static void render_without_memory(const struct report *report, const struct verdict *verdict,
    unsigned long nth, bool and_after, const char *whole)
{
    struct text text = {.limit = 0};

    count_allocations(nth, and_after);
    report_append_identity(&text, report);
    report_append_verdict(&text, report, verdict);
    count_allocations(0, false);
    if (!text.failed)
        cr_expect_str_eq(text_string(&text), whole, "allocation %lu", nth);
    else if (text.length > 0)
        cr_expect_null(json_loads(text_string(&text), 0, NULL), "allocation %lu", nth);
    text_free(&text);
}

Test(report_json, an_allocation_that_fails_never_makes_a_shorter_report)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_JSON, false, &identity, &forwarded, "10");
    struct verdict verdict = sample_good_verdict(NOW);
    struct text whole = {.limit = 0};
    unsigned long nth, count;

    json_object_seed(1);
    json_set_alloc_funcs(failing_malloc, free);
    count_allocations(0, false);
    report_append_identity(&whole, &report);
    report_append_verdict(&whole, &report, &verdict);
    count = allocations;
    cr_assert(!whole.failed);
    cr_assert_gt(count, 50, "the allocations are not seen");
    for (nth = 1; nth <= count; nth++) {
        render_without_memory(&report, &verdict, nth, false, whole.data);
        render_without_memory(&report, &verdict, nth, true, whole.data);
    }
    text_free(&whole);
}
