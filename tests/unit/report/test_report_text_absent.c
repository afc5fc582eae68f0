/* SPDX-License-Identifier: ISC */
#include "report/report.h"
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The text report where no certificate, or none that can be read, has come. */

#define NOW "2026-11-24T17:57:38Z"

#define ADVICE_MALFORMED                                                                           \
    "Meaning: What reached the server cannot be read as a certificate.\n"                          \
    "What to do: This is rarely your doing: tell the operator of this server what is written "     \
    "here.\n"                                                                                      \
    "For the operator: Either the front server forwards it wrongly, or the CA made it wrong: run " \
    "`peercert --check` on the client's own file. If that can be read, look at the variable "      \
    "named "                                                                                       \
    "in the reason.\n"

Test(report_text_absent, without_a_certificate_it_tells_what_the_front_server_said_and_what_to_do)
{
    static const struct {
        const char *front, *wanted;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"NONE", ""},
        {"0", ""},
        {"FAILED:error:00000012:lib(0)::reason(18)",
            "The front server said: FAILED:error:00000012:lib(0)::reason(18) (%s)\n"},
        {"18", "The front server said: 18 (%s)\n"},
        {"FAILED:self-signed certificate",
            "The front server said: FAILED:self-signed certificate\n"},
        {"FAILED:reason(99999999999999999999)",
            "The front server said: FAILED:reason(99999999999999999999)\n"},
        {"FAILED:reason(18", "The front server said: FAILED:reason(18\n"},
        {"FAILED:reason()", "The front server said: FAILED:reason()\n"},
    };
    struct forwarded forwarded;
    struct report report = {.format = REPORT_TEXT, .forwarded = &forwarded};
    struct verdict verdict;
    const struct advice *advice;
    char wanted[2048], refused[512];
    size_t i;

    verdict_set(&verdict, VERDICT_ABSENT, sample_time(NOW), "");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *mark = strstr(rows[i].wanted, "%s");

        forwarded = (struct forwarded){
            .status = FORWARDED_ABSENT, .has_front_verify = rows[i].front != NULL};
        if (rows[i].front != NULL)
            (void)snprintf(
                forwarded.front_verify, sizeof(forwarded.front_verify), "%s", rows[i].front);
        advice = report_front_failed(&forwarded) ? advice_on_refusal(mark != NULL ? 18 : -1)
                                                 : advice_on(VERDICT_ABSENT);
        (void)snprintf(refused, sizeof(refused), "The front server refused the certificate: %s\n",
            verdict_error_words(18));
        (void)snprintf(wanted, sizeof(wanted),
            "No valid client certificate was sent\n%s%.*s%s%s"
            "Meaning: %s\nWhat to do: %s\nFor the operator: %s\n",
            mark != NULL ? refused : "",
            mark != NULL ? (int)(mark - rows[i].wanted) : (int)strlen(rows[i].wanted),
            rows[i].wanted, mark != NULL ? verdict_error_words(18) : "",
            mark != NULL ? mark + 2 : "", advice->meaning, advice->person, advice->operator);
        sample_expect_verdict(&report, &verdict, wanted);
    }
}

Test(report_text_absent, what_cannot_be_read_is_told_with_its_source)
{
    struct forwarded forwarded;
    struct report report = {.format = REPORT_TEXT, .forwarded = &forwarded};
    struct verdict verdict;

    sample_forwarded(&forwarded, "SUCCESS");
    forwarded.status = FORWARDED_MALFORMED;
    verdict_set(&verdict, VERDICT_MALFORMED, sample_time(NOW), "it is a private key");
    sample_expect_verdict(&report, &verdict,
        "No valid client certificate was sent\n"
        "What was forwarded cannot be read: it is a private key\n"
        "Source: SSL_CLIENT_CERT (PEM)\n"
        "The front server said: SUCCESS\n" ADVICE_MALFORMED);
    forwarded.encoding = NULL;
    forwarded.has_front_verify = false;
    sample_expect_verdict(&report, &verdict,
        "No valid client certificate was sent\n"
        "What was forwarded cannot be read: it is a private key\n"
        "Source: SSL_CLIENT_CERT\n" ADVICE_MALFORMED);
}
