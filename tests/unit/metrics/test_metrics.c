/* SPDX-License-Identifier: ISC */
#include "metrics/metrics.h"
#include "unit/metrics/metrics_text.h"
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW ((time_t)1800000000)
#define DAY 86400

Test(metrics, verdicts_are_counted_by_status)
{
    struct metrics *metrics = metrics_new();

    metrics_verdict(metrics, VERDICT_VALID, 40, NOW + 20 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_VALID, 3000, NOW + 3 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_REVOKED, 300, NOW + DAY, NOW);
    EXPECT_LINES(metrics, NOW, "peercert_verdicts_total{status=\"valid\"} 2",
        "peercert_verdicts_total{status=\"revoked\"} 1",
        "peercert_verdicts_total{status=\"absent\"} 0",
        "peercert_answer_duration_seconds_bucket{le=\"5e-05\"} 1",
        "peercert_answer_duration_seconds_bucket{le=\"0.0005\"} 2",
        "peercert_answer_duration_seconds_bucket{le=\"+Inf\"} 3",
        "peercert_answer_duration_seconds_count 3",
        "peercert_answer_duration_seconds_sum 0.003340");
    metrics_free(metrics);
}

Test(metrics, what_is_left_of_valid_certificates_alone_is_observed)
{
    struct metrics *metrics = metrics_new();

    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 20 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 3 * DAY, NOW);
    metrics_verdict(metrics, VERDICT_EXPIRED, 1, NOW - DAY, NOW);
    EXPECT_LINES(metrics, NOW,
        "peercert_client_certificate_remaining_seconds_bucket{le=\"86400\"} 0",
        "peercert_client_certificate_remaining_seconds_bucket{le=\"259200\"} 1",
        "peercert_client_certificate_remaining_seconds_bucket{le=\"2592000\"} 2",
        "peercert_next_client_end_timestamp_seconds 1800259200");
    metrics_free(metrics);
}

Test(metrics, a_certificate_that_comes_no_more_is_forgotten_after_a_day)
{
    struct metrics *metrics = metrics_new();

    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 3 * DAY, NOW);
    cr_expect_not_null(strstr(metrics_text(metrics, NOW), "next_client_end"));
    cr_expect_not_null(strstr(metrics_text(metrics, NOW + DAY / 2), "next_client_end"));
    cr_expect_null(strstr(metrics_text(metrics, NOW + DAY), "next_client_end"));
    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 9 * DAY, NOW + DAY / 2);
    expect_line(metrics_text(metrics, NOW + DAY / 2),
        "peercert_next_client_end_timestamp_seconds 1800259200");
    metrics_verdict(metrics, VERDICT_VALID, 1, NOW + 9 * DAY, NOW + DAY);
    expect_line(
        metrics_text(metrics, NOW + DAY), "peercert_next_client_end_timestamp_seconds 1800777600");
    metrics_free(metrics);
}

Test(metrics, decisions_are_counted_by_reason_and_unknown_reasons_as_other)
{
    struct metrics *metrics = metrics_new();

    metrics_decision(metrics, METRICS_ALLOWED, "rule");
    metrics_decision(metrics, METRICS_DENIED, "no_rule");
    metrics_decision(metrics, METRICS_DENIED, "no_rule");
    metrics_decision(metrics, METRICS_UNAVAILABLE, "what nobody knows");
    EXPECT_LINES(metrics, NOW, "peercert_decisions_total{decision=\"allowed\",reason=\"rule\"} 1",
        "peercert_decisions_total{decision=\"denied\",reason=\"no_rule\"} 2",
        "peercert_decisions_total{decision=\"unavailable\",reason=\"other\"} 1");
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
    cr_expect_str_eq(metrics_text(NULL, NOW), "");
}

/* A line's name is its place in the file with its label. */
Test(metrics, lines_of_the_rules_are_counted_and_go_on_under_their_name, .init = rules_world_make,
    .fini = rules_world_free)
{
    struct metrics *metrics = metrics_new();
    struct error error = {.kind = ERROR_NONE};
    struct rules *first = world_rules("deny any label=gone\ndeny any label=kept\n", NULL, &error);
    struct rules *second = world_rules("deny any label=new\ndeny any label=kept\n", NULL, &error);
    const char *text;

    cr_assert(first != NULL && second != NULL, "%s", error.text);
    metrics_rule(metrics, first, 1); /* nobody has told of them yet */
    metrics_set_rules(metrics, first);
    metrics_rule(metrics, first, 0);
    metrics_rule(metrics, first, 1);
    metrics_rule(metrics, first, 1);
    metrics_rule(metrics, second, 1);
    metrics_set_rules(metrics, second);
    metrics_rule(metrics, second, 1);
    metrics_rule(metrics, first, 1);
    text = metrics_text(metrics, NOW);
    cr_expect_not_null(strstr(text, "access.rules:1 (new)\"} 0\n"), "%s", text);
    cr_expect_not_null(strstr(text, "access.rules:2 (kept)\"} 3\n"), "%s", text);
    cr_expect_null(strstr(text, "gone"), "%s", text);
    rules_release(first);
    rules_release(second);
    metrics_free(metrics);
}
