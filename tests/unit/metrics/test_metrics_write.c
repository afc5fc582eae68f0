/* SPDX-License-Identifier: ISC */
#include "metrics/metrics.h"
#include "unit/metrics/metrics_text.h"
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW ((time_t)1800000000)

Test(metrics_write, shadow_decisions_are_written_before_the_first_so_that_it_is_an_increase)
{
    struct metrics *metrics = metrics_new();
    const char *text = metrics_text(metrics, NOW);

    expect_line(text, "peercert_shadow_total{enforced=\"allowed\",shadow=\"denied\"} 0");
    expect_line(text, "peercert_shadow_total{enforced=\"denied\",shadow=\"allowed\"} 0");
    metrics_shadow(metrics, true, false);
    EXPECT_LINES(metrics, NOW, "peercert_shadow_total{enforced=\"allowed\",shadow=\"denied\"} 1",
        "peercert_shadow_total{enforced=\"denied\",shadow=\"allowed\"} 0");
    metrics_free(metrics);
}

Test(metrics_write, counters_and_gauges_have_one_row_each)
{
    struct metrics *metrics = metrics_new();
    const char *text;
    int i;

    for (i = 0; i < METRICS_COUNTER_COUNT; i++)
        metrics_add(metrics, (enum metrics_counter)i, (uint64_t)(1000 + i));
    for (i = 0; i < METRICS_GAUGE_COUNT; i++)
        metrics_set(metrics, (enum metrics_gauge)i, 2000 + i);
    metrics_set(metrics, METRICS_CONNECTIONS, 1999);
    text = metrics_text(metrics, NOW);
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

/* Exposition format 0.0.4: HELP and TYPE once for each family, before its first sample. */
Test(metrics_write, each_family_has_one_head_before_its_samples)
{
    struct metrics *metrics = metrics_new();
    char *copy = strdup(metrics_text(metrics, NOW)), *rest = copy, *line;
    char family[128] = "", wanted[160];
    size_t heads = 0;

    while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
        if (strncmp(line, "# HELP ", 7) == 0) {
            (void)snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
            (void)snprintf(wanted, sizeof(wanted), "# TYPE %s ", family);
            line = strsep(&rest, "\n");
            cr_assert_eq(strncmp(line, wanted, strlen(wanted)), 0, "%s after %s", line, family);
            (void)snprintf(wanted, sizeof(wanted), "# HELP %s ", family);
            cr_expect_null(strstr(rest, wanted), "%s has a second head", family);
            heads++;
        } else {
            cr_expect_eq(strncmp(line, family, strlen(family)), 0, "%s among %s", line, family);
        }
    }
    cr_expect_gt(heads, 10);
    free(copy);
    metrics_free(metrics);
}

Test(metrics_write, a_moment_that_has_not_come_and_a_pair_that_never_occurred_have_no_line)
{
    struct metrics *metrics = metrics_new();
    const char *text = metrics_text(metrics, NOW);

    cr_expect_null(strstr(text, "\npeercert_trust_loaded_timestamp_seconds"));
    cr_expect_null(strstr(text, "\npeercert_next_client_end_timestamp_seconds"));
    cr_expect_null(strstr(text, "\npeercert_decisions_total{"));
    cr_expect_null(strstr(text, "peercert_rules"));
    expect_line(text, "peercert_connections 0");
    metrics_free(metrics);
}

/* A file's name may hold what ends a label's value. */
Test(metrics_write, lines_of_the_rules_are_named_and_counted_by_kind, .init = rules_world_make,
    .fini = rules_world_free)
{
    char lines[] = "deny any label=lost\ndeny any path=/x/\nallow any user=$cn\n";
    const struct bytes bytes = {.data = (unsigned char *)lines, .length = strlen(lines)};
    struct metrics *metrics = metrics_new();
    struct error error = {.kind = ERROR_NONE};
    struct list files = {.count = 0};
    struct rules *rules = rules_make("/a\"b\\c", &bytes, world_trust, &files, NULL, &error);

    cr_assert_not_null(rules, "%s", error.text);
    metrics_set_rules(metrics, rules);
    metrics_rule(metrics, rules, 1);
    EXPECT_LINES(metrics, NOW, "peercert_rules{kind=\"allow\"} 1",
        "peercert_rules{kind=\"deny\"} 2", "peercert_rules{kind=\"issuer\"} 0",
        "peercert_rule_total{rule=\"/a\\\"b\\\\c:1 (lost)\"} 0",
        "peercert_rule_total{rule=\"/a\\\"b\\\\c:2\"} 1");
    list_free(&files);
    rules_release(rules);
    metrics_free(metrics);
}
