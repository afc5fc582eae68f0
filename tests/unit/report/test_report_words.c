/* SPDX-License-Identifier: ISC */
#include "report/report_writers.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

Test(report_words, a_duration_is_rounded_down_to_its_largest_unit)
{
    static const struct {
        long long seconds;
        const char *words;
    } rows[] = {{0, "less than a minute"}, {59, "less than a minute"}, {60, "1 minute"},
        {119, "1 minute"}, {120, "2 minutes"}, {3600, "1 hour"}, {7199, "1 hour"},
        {7200, "2 hours"}, {86400, "1 day"}, {3 * 86400 + 5, "3 days"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text text = {.limit = 0};

        report_append_duration(&text, rows[i].seconds);
        cr_expect_str_eq(
            text_string(&text), rows[i].words, "%lld: %s", rows[i].seconds, text_string(&text));
        text_free(&text);
    }
}

/* The contract's last line. */
Test(report_words, only_a_valid_verdict_is_concluded_as_valid)
{
    struct identity identity;
    struct verdict verdict;
    struct forwarded forwarded;
    int i;

    sample_identity(&identity);
    sample_forwarded(&forwarded, NULL);
    for (i = 0; i < VERDICT_STATUS_COUNT; i++) {
        const struct report report = {.identity = &identity, .forwarded = &forwarded};
        struct text text = {.limit = 0};
        const char *words;

        if (i == VERDICT_ABSENT)
            continue;
        sample_verdict(&verdict, (enum verdict_status)i, NOW);
        report_append_conclusion(&text, &report, &verdict);
        words = text_string(&text);
        cr_expect_eq(
            strcmp(words, "The certificate is valid") == 0, i == VERDICT_VALID, "%d: %s", i, words);
        cr_expect_eq(strncmp(words, "The certificate not current", 27) == 0,
            i == VERDICT_EXPIRED || i == VERDICT_NOT_YET_VALID, "%d: %s", i, words);
        text_free(&text);
    }
}
