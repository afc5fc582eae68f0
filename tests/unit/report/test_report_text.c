/* SPDX-License-Identifier: ISC */
#include "report/report.h"
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

/* The advice, word for word. */
#define ADVICE_VALID                                                                               \
    "Meaning: The certificate comes from a trusted authority, is meant for this use, and is "      \
    "current.\n"                                                                                   \
    "What to do: Nothing: all is well until it expires.\n"                                         \
    "For the operator: Nothing; renew it before it expires.\n"
#define ADVICE_EXPIRY                                                                              \
    "Meaning: The certificate is good, but it expires soon.\n"                                     \
    "What to do: Ask who issued it for a renewal now, and import the new one.\n"                   \
    "For the operator: Sign a new certificate before this one expires.\n"
#define ADVICE_EXPIRED                                                                             \
    "Meaning: The certificate was good, but it has expired.\n"                                     \
    "What to do: Ask who issued it for a renewal, and import the new one.\n"                       \
    "For the operator: Sign a new certificate; if it should still be good, check this server's "   \
    "clock.\n"
#define ADVICE_NOT_YET_VALID                                                                       \
    "Meaning: The certificate is not good yet: it begins at a later date.\n"                       \
    "What to do: Wait until that date; if it has come already, tell the operator that the clocks " \
    "differ.\n"                                                                                    \
    "For the operator: Check the clocks of this server and of the CA, and the start date that "    \
    "was signed.\n"
#define ADVICE_UNTRUSTED                                                                           \
    "Meaning: The certificate does not lead to a certificate authority that this server trusts.\n" \
    "What to do: Choose the certificate that was issued for this server; if you did, ask who "     \
    "issued it whether it is the right one.\n"                                                     \
    "For the operator: Compare the issuer with the certificates in --ca; a missing intermediate "  \
    "belongs in --intermediates.\n"
#define ADVICE_REVOKED                                                                             \
    "Meaning: The issuer has revoked the certificate, for good or until further notice.\n"         \
    "What to do: Stop using it, and ask who issued it for a new one with a new key.\n"             \
    "For the operator: If that was a mistake, issue a new certificate; only a certificate on "     \
    "hold can be taken off the list.\n"
#define ADVICE_NOT_JUDGED                                                                          \
    "Meaning: The server could not judge the certificate: this says nothing about the "            \
    "certificate.\n"                                                                               \
    "What to do: Try again in a minute; if that does not help, tell the operator of this "         \
    "server.\n"                                                                                    \
    "For the operator: Memory ran out or libcrypto failed: look at the log and at the memory "     \
    "limit.\n"
/* Writes both parts of a text report into one text. */
static void render(struct text *text, const struct report *report, const struct verdict *verdict)
{
    report_append_identity(text, report);
    report_append_verdict(text, report, verdict);
}

#define IDENTITY                                                                                   \
    "Client cert received\n"                                                                       \
    "\n"                                                                                           \
    "Name: CN=Dan Example,OU=Ops,O=Acme,C=GB\n"                                                    \
    "Valid dates: 2026-11-23T17:57:38Z to 2027-11-23T17:57:38Z\n"                                  \
    "Issuer: CN=Acme CA,O=Acme\n"                                                                  \
    "Serial: 1001 (4097)\n"                                                                        \
    "SHA-256: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"                  \
    "SPKI SHA-256: ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"             \
    "Key: EC prime256v1 256 bits\n"                                                                \
    "Signature algorithm: ecdsa-with-SHA256\n"

static const char full_report[] =
    IDENTITY "Version: 3\n"
             "Alternative name: DNS:dan.example\n"
             "Alternative name: URI:http://x, DNS:admin.example\n"
             "Key usage (critical): digitalSignature, keyAgreement\n"
             "Extended key usage: clientAuth\n"
             "Subject key identifier: AB:CD\n"
             "Authority key identifier: 01:23\n"
             "Unknown extensions: 1.2.3.4\n"
             "Note: the name holds what cannot be shown; it is written as \\XX, byte by byte\n"
             "Source: SSL_CLIENT_CERT (PEM)\n"
             "Front server said: SUCCESS\n"
             "\n"
             "Checked at: 2026-11-24T17:57:38Z\n"
             "Chain: 2 certificates, up to CN=Acme CA,O=Acme\n"
             "Revocation: good by the CRL of 2026-11-24T00:00:00Z, next 2026-11-25T00:00:00Z\n"
             "Expires: in 364 days\n" ADVICE_VALID "\n"
             "The certificate is valid\n";

Test(report_text, a_valid_certificate_with_everything_in_it)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, "SUCCESS");
    struct verdict verdict = sample_good_verdict(NOW);
    struct text text = {.limit = 0};

    sample_identity(&identity);
    render(&text, &report, &verdict);
    cr_expect(!text.failed);
    sample_expect_text(text_string(&text), full_report);
    text_free(&text);
}

Test(report_text, a_certificate_without_extensions_has_no_lines_for_them)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct text text = {.limit = 0};

    report_append_identity(&text, &report);
    sample_expect_text(text_string(&text), IDENTITY "Version: 1\n"
                                                    "Source: SSL_CLIENT_CERT (PEM)\n"
                                                    "\n");
    text_free(&text);
}

Test(report_text, an_empty_name_is_told_as_empty)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct text text = {.limit = 0};
    char empty[] = "";

    identity.subject = empty;
    report_append_identity(&text, &report);
    cr_expect_not_null(strstr(text_string(&text), "\nName: (empty)\n"), "%s", text_string(&text));
    text_free(&text);
}

Test(report_text, an_expired_certificate_is_not_current)
{
    static const struct {
        const char *moment, *words;
    } rows[] = {
        {"2027-11-23T17:57:39Z", "less than a minute"},
        {"2027-11-23T17:58:38Z", "1 minute"},
        {"2027-11-23T18:57:37Z", "59 minutes"},
        {"2027-11-23T18:57:38Z", "1 hour"},
        {"2027-11-23T20:00:00Z", "2 hours"},
        {"2027-11-24T17:57:38Z", "1 day"},
        {"2027-11-26T20:00:00Z", "3 days"},
        {"2037-11-23T17:57:38Z", "3653 days"},
    };
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, "SUCCESS");
    struct verdict verdict;
    char wanted[512];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_verdict(&verdict, VERDICT_EXPIRED, rows[i].moment);
        verdict.error_code = X509_V_ERR_CERT_HAS_EXPIRED;
        verdict.error_depth = 0;
        (void)snprintf(verdict.reason, sizeof(verdict.reason), "the certificate has expired");
        (void)snprintf(wanted, sizeof(wanted),
            "Checked at: %s\n"
            "Revocation: not checked, no CRL is configured\n"
            "Error: X509_V_ERR_CERT_HAS_EXPIRED (10) at depth 0\n" ADVICE_EXPIRED "\n"
            "The certificate not current: expired %s ago on 2027-11-23T17:57:38Z\n",
            rows[i].moment, rows[i].words);
        sample_expect_verdict(&report, &verdict, wanted);
    }
}

Test(report_text, a_certificate_that_is_not_yet_valid_is_not_current)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct verdict verdict;

    sample_verdict(&verdict, VERDICT_NOT_YET_VALID, "2026-11-01");
    verdict.error_code = X509_V_ERR_CERT_NOT_YET_VALID;
    verdict.error_depth = 0;
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "the certificate is not yet valid");
    sample_expect_verdict(&report, &verdict,
        "Checked at: 2026-11-01T00:00:00Z\n"
        "Revocation: not checked, no CRL is configured\n"
        "Error: X509_V_ERR_CERT_NOT_YET_VALID (9) at depth 0\n" ADVICE_NOT_YET_VALID "\n"
        "The certificate not current: not valid until 2026-11-23T17:57:38Z\n");
}

Test(report_text, an_untrusted_certificate_is_not_valid_and_says_why)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(
        REPORT_TEXT, true, &identity, &forwarded, "FAILED:error:00000012:lib(0)::reason(18)");
    struct verdict verdict;

    sample_verdict(&verdict, VERDICT_UNTRUSTED, NOW);
    verdict.error_code = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
    verdict.error_depth = 0;
    verdict.revocation = REVOCATION_UNKNOWN;
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "it signed itself");
    sample_expect_verdict(&report, &verdict,
        "Checked at: 2026-11-24T17:57:38Z\n"
        "Revocation: unknown\n"
        "Error: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT (18) at depth 0\n" ADVICE_UNTRUSTED "\n"
        "The certificate is not valid: it signed itself\n");
}

Test(report_text, an_error_without_a_keyword_is_told_by_its_number)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct verdict verdict;

    sample_verdict(&verdict, VERDICT_UNTRUSTED, NOW);
    verdict.error_code = 999;
    verdict.error_depth = 1;
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "x");
    sample_expect_verdict(&report, &verdict,
        "Checked at: 2026-11-24T17:57:38Z\n"
        "Revocation: not checked, no CRL is configured\n"
        "Error: OpenSSL's number (999) at depth 1\n" ADVICE_UNTRUSTED "\n"
        "The certificate is not valid: x\n");
}

Test(report_text, a_revoked_certificate_says_when_and_why)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct verdict verdict = sample_revoked_verdict(NOW);

    sample_expect_verdict(&report, &verdict,
        "Checked at: 2026-11-24T17:57:38Z\n"
        "Chain: 2 certificates, up to CN=Acme CA,O=Acme\n"
        "Revocation: revoked on 2026-11-24T12:00:00Z, reason keyCompromise\n"
        "Error: X509_V_ERR_CERT_REVOKED (23) at depth 0\n" ADVICE_REVOKED "\n"
        "The certificate is not valid: the certificate was revoked on 2026-11-24T12:00:00Z, "
        "reason keyCompromise\n");
}

/* RFC 5280 section 5.3.1: it has no place in the list that was looked at. */
Test(report_text, an_entry_to_be_removed_says_why_it_counts)
{
    struct verdict verdict = sample_good_verdict(NOW);
    struct text text = {.limit = 0};

    verdict.status = VERDICT_REVOKED;
    verdict.revocation = REVOCATION_REVOKED;
    verdict.revocation_reason = REVOCATION_REASON_REMOVED;
    report_append_revocation(&text, &verdict);
    cr_expect_str_eq(text_string(&text),
        "revoked, reason removeFromCRL (which only an entry of a delta CRL may have, RFC 5280 "
        "section 5.3.1: in this CRL it counts as listed)");
    text_free(&text);
}

Test(report_text, what_could_not_be_judged_is_not_valid)
{
    static const char wanted[] =
        ADVICE_NOT_JUDGED "\nThe certificate is not valid: it could not be judged\n";
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct verdict verdict;
    char with_identity[512];
    int status;

    verdict_set(&verdict, VERDICT_NOT_JUDGED, sample_time(NOW), "it could not be judged");
    (void)snprintf(with_identity, sizeof(with_identity), "Checked at: %s\n%s", NOW, wanted);
    sample_expect_verdict(&report, &verdict, with_identity);
    report.identity = NULL;
    sample_expect_verdict(&report, &verdict, wanted);
    /* A verdict without its certificate is none, whatever it says. */
    for (status = VERDICT_UNTRUSTED; status <= VERDICT_VALID; status++) {
        sample_verdict(&verdict, (enum verdict_status)status, NOW);
        sample_expect_verdict(&report, &verdict, wanted);
    }
}

Test(report_text, a_valid_certificate_near_its_end_comes_with_a_warning)
{
    static const struct {
        const char *moment, *left;
        bool warns;
    } rows[] = {
        {"2027-10-24T17:57:38Z", "30 days", false},
        {"2027-10-24T17:57:39Z", "29 days", true},
        {"2027-11-22T17:57:38Z", "1 day", true},
        {"2027-11-23T15:57:38Z", "2 hours", true},
        {"2027-11-23T17:57:38Z", "less than a minute", true},
    };
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, "SUCCESS");
    struct verdict verdict;
    char wanted[512], warning[128];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_verdict(&verdict, VERDICT_VALID, rows[i].moment);
        (void)snprintf(warning, sizeof(warning), "Warning: it expires in %s\n", rows[i].left);
        (void)snprintf(wanted, sizeof(wanted),
            "Checked at: %s\n"
            "Revocation: not checked, no CRL is configured\n"
            "Expires: in %s\n"
            "%s%s"
            "\n"
            "The certificate is valid\n",
            rows[i].moment, rows[i].left, rows[i].warns ? warning : "",
            rows[i].warns ? ADVICE_EXPIRY : ADVICE_VALID);
        sample_expect_verdict(&report, &verdict, wanted);
    }
    report.warn_days = 0;
    sample_verdict(&verdict, VERDICT_VALID, "2027-11-23T17:57:38Z");
    sample_expect_verdict(&report, &verdict,
        "Checked at: 2027-11-23T17:57:38Z\n"
        "Revocation: not checked, no CRL is configured\n"
        "Expires: in less than a minute\n" ADVICE_VALID "\n"
        "The certificate is valid\n");
}

Test(report_text, a_front_server_that_disagrees_is_told_and_changes_nothing)
{
    static const char *const fronts[] = {"FAILED:x", "10", "FAILED:reason(10)"};
    struct identity identity;
    struct forwarded forwarded;
    struct report report;
    struct verdict verdict;
    size_t i;

    sample_verdict(&verdict, VERDICT_VALID, NOW);
    verdict.revocation = REVOCATION_UNKNOWN;
    for (i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
        report = sample_report(REPORT_TEXT, true, &identity, &forwarded, fronts[i]);
        sample_expect_verdict(&report, &verdict,
            "Checked at: 2026-11-24T17:57:38Z\n"
            "Revocation: unknown\n"
            "Expires: in 364 days\n"
            "Warning: the front server did not accept this certificate\n"
            "Warning: whether it was revoked is unknown, and the configuration allows "
            "that\n" ADVICE_VALID "\n"
            "The certificate is valid\n");
    }
}

Test(report_text, a_string_cut_within_a_character_is_shown_up_to_it)
{
    struct identity identity;
    struct forwarded forwarded;
    struct report report = sample_report(REPORT_TEXT, true, &identity, &forwarded, NULL);
    struct verdict verdict = sample_good_verdict(NOW);
    struct text text = {.limit = 0};

    (void)snprintf(verdict.anchor, sizeof(verdict.anchor), "CN=J\xC3");
    report_append_verdict(&text, &report, &verdict);
    cr_expect_not_null(strstr(text_string(&text), "up to CN=J\n"), "%s", text_string(&text));
    text_free(&text);
}
