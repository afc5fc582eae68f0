/* SPDX-License-Identifier: ISC */
#include "metrics/metrics.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW ((time_t)1800000000)
#define DAY 86400

static struct text written;

static const char *write_all(struct metrics *metrics, time_t now)
{
    text_clear(&written);
    metrics_write(metrics, now, &written);
    cr_assert_not(written.failed);
    return text_string(&written);
}

static void expect_line(const char *text, const char *line)
{
    const char *found = strstr(text, line);

    cr_expect(found != NULL && (found == text || found[-1] == '\n') && found[strlen(line)] == '\n',
        "expected the line %s in\n%s", line, text);
}

Test(metrics, verdicts_are_counted_by_status)
{
    struct metrics *metrics = metrics_new();
    const char *text;

    metrics_verdict(metrics, VERDICT_VALID, 40, NOW + 20 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_VALID, 3000, NOW + 3 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_REVOKED, 300, NOW + DAY, NOW);
    text = write_all(metrics, NOW);
    expect_line(text, "peercert_verdicts_total{status=\"valid\"} 2");
    expect_line(text, "peercert_verdicts_total{status=\"revoked\"} 1");
    expect_line(text, "peercert_verdicts_total{status=\"absent\"} 0");
    expect_line(text, "peercert_answer_duration_seconds_bucket{le=\"5e-05\"} 1");
    expect_line(text, "peercert_answer_duration_seconds_bucket{le=\"0.0005\"} 2");
    expect_line(text, "peercert_answer_duration_seconds_bucket{le=\"+Inf\"} 3");
    expect_line(text, "peercert_answer_duration_seconds_count 3");
    expect_line(text, "peercert_answer_duration_seconds_sum 0.003340");
    metrics_free(metrics);
}

Test(metrics, what_is_left_of_valid_certificates_alone_is_observed)
{
    struct metrics *metrics = metrics_new();
    const char *text;

    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 20 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 3 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_EXPIRED, 1, NOW - DAY, NOW);
    text = write_all(metrics, NOW);
    expect_line(text, "peercert_client_certificate_remaining_seconds_bucket{le=\"86400\"} 0");
    expect_line(text, "peercert_client_certificate_remaining_seconds_bucket{le=\"259200\"} 1");
    expect_line(text, "peercert_client_certificate_remaining_seconds_bucket{le=\"2592000\"} 2");
    expect_line(text, "peercert_next_client_end_timestamp_seconds 1800259200");
    metrics_free(metrics);
}

Test(metrics, a_certificate_that_comes_no_more_is_forgotten_after_a_day)
{
    struct metrics *metrics = metrics_new();

    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 3 * DAY, NOW);
    cr_expect_not_null(strstr(write_all(metrics, NOW), "next_client_end"));
    cr_expect_not_null(strstr(write_all(metrics, NOW + DAY / 2), "next_client_end"));
    cr_expect_null(strstr(write_all(metrics, NOW + DAY), "next_client_end"));
    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 9 * DAY, NOW + DAY / 2);
    expect_line(
        write_all(metrics, NOW + DAY / 2), "peercert_next_client_end_timestamp_seconds 1800259200");
    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 9 * DAY, NOW + DAY);
    expect_line(
        write_all(metrics, NOW + DAY), "peercert_next_client_end_timestamp_seconds 1800777600");
    metrics_free(metrics);
}

Test(metrics, decisions_are_counted_by_reason_and_unknown_reasons_as_other)
{
    struct metrics *metrics = metrics_new();
    const char *text;

    metrics_decision(metrics, METRICS_ALLOWED, "rule");
    metrics_decision(metrics, METRICS_DENIED, "no_rule");
    metrics_decision(metrics, METRICS_DENIED, "no_rule");
    metrics_decision(metrics, METRICS_UNAVAILABLE, "what nobody knows");
    text = write_all(metrics, NOW);
    expect_line(text, "peercert_decisions_total{decision=\"allowed\",reason=\"rule\"} 1");
    expect_line(text, "peercert_decisions_total{decision=\"denied\",reason=\"no_rule\"} 2");
    expect_line(text, "peercert_decisions_total{decision=\"unavailable\",reason=\"other\"} 1");
    metrics_free(metrics);
}

Test(metrics, shadow_decisions_are_written_before_the_first_so_that_it_is_an_increase)
{
    struct metrics *metrics = metrics_new();
    const char *text = write_all(metrics, NOW);

    expect_line(text, "peercert_shadow_total{enforced=\"allowed\",shadow=\"denied\"} 0");
    expect_line(text, "peercert_shadow_total{enforced=\"denied\",shadow=\"allowed\"} 0");
    metrics_shadow(metrics, true, false);
    text = write_all(metrics, NOW);
    expect_line(text, "peercert_shadow_total{enforced=\"allowed\",shadow=\"denied\"} 1");
    expect_line(text, "peercert_shadow_total{enforced=\"denied\",shadow=\"allowed\"} 0");
    metrics_free(metrics);
}

Test(metrics, counters_and_gauges_have_one_row_each)
{
    struct metrics *metrics = metrics_new();
    const char *text;
    int i;

    for (i = 0; i < METRICS_COUNTER_COUNT; i++)
        metrics_add(metrics, (enum metrics_counter)i, (uint64_t)(1000 + i));
    for (i = 0; i < METRICS_GAUGE_COUNT; i++)
        metrics_set(metrics, (enum metrics_gauge)i, 2000 + i);
    metrics_set(metrics, METRICS_CONNECTIONS, 1999);
    text = write_all(metrics, NOW);
    for (i = 0; i < METRICS_COUNTER_COUNT; i++) {
        char value[16];

        (void)snprintf(value, sizeof(value), " %d\n", 1000 + i);
        cr_expect_not_null(strstr(text, value), "counter %d is not written", i);
    }
    expect_line(text, "peercert_connections 1999");
    for (i = 1; i < METRICS_WRITTEN; i++) {
        char value[16];

        (void)snprintf(value, sizeof(value), " %d\n", 2000 + i);
        cr_expect_not_null(strstr(text, value), "gauge %d is not written", i);
    }
    metrics_free(metrics);
}

Test(metrics, without_counters_nothing_happens)
{
    metrics_add(NULL, METRICS_CACHE_HITS, 1);
    metrics_set(NULL, METRICS_CONNECTIONS, 1);
    metrics_verdict(NULL, VERDICT_VALID, 1, NOW, NOW);
    metrics_decision(NULL, METRICS_DENIED, "rule");
    metrics_shadow(NULL, true, true);
    metrics_free(NULL);
    cr_expect_str_eq(write_all(NULL, NOW), "");
}
