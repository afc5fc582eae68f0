/* SPDX-License-Identifier: ISC */
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

Test(report_facts, the_front_spoke_when_it_said_more_than_that_none_came)
{
    static const struct {
        const char *front;
        bool spoke;
    } rows[] = {{NULL, false}, {"", false}, {"NONE", false}, {"0", false}, {"SUCCESS", true},
        {"FAILED:expired", true}, {"10", true}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forwarded forwarded;

        sample_forwarded(&forwarded, rows[i].front);
        cr_expect_eq(report_front_spoke(&forwarded), rows[i].spoke, "row %zu", i);
    }
}

Test(report_facts, a_number_in_the_fronts_word_is_told_in_words)
{
    struct forwarded forwarded;

    sample_forwarded(&forwarded, "FAILED:reason(10)");
    cr_expect_str_eq(report_front_words(&forwarded), verdict_error_words(10));
    sample_forwarded(&forwarded, "10");
    cr_expect_str_eq(report_front_words(&forwarded), verdict_error_words(10));
    sample_forwarded(&forwarded, "SUCCESS");
    cr_expect_null(report_front_words(&forwarded));
}

Test(report_facts, days_left_are_whole_days_and_need_a_date)
{
    struct identity identity;
    struct verdict verdict;
    const struct report report = {.identity = &identity};
    long long days = 0;

    sample_identity(&identity);
    sample_verdict(&verdict, VERDICT_VALID, "2027-11-23T17:57:37Z");
    cr_expect(report_days_left(&report, &verdict, &days));
    cr_expect_eq(days, 0);
    sample_verdict(&verdict, VERDICT_EXPIRED, "2027-11-23T17:57:39Z");
    cr_expect(report_days_left(&report, &verdict, &days));
    cr_expect_eq(days, -1);
    identity.not_after_known = false;
    cr_expect_not(report_days_left(&report, &verdict, &days));
    cr_expect_not(report_days_left(&(struct report){.identity = NULL}, &verdict, &days));
}

Test(report_facts, without_an_identity_nothing_is_called_valid)
{
    struct identity identity;
    struct verdict verdict;

    sample_identity(&identity);
    sample_verdict(&verdict, VERDICT_VALID, NOW);
    cr_expect_eq(
        report_safe_status(&(struct report){.identity = &identity}, &verdict), VERDICT_VALID);
    cr_expect_eq(
        report_safe_status(&(struct report){.identity = NULL}, &verdict), VERDICT_NOT_JUDGED);
}
