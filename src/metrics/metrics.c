/* SPDX-License-Identifier: ISC */
#include "metrics/metrics_private.h"

#include <stdlib.h>
#include <string.h>

#define HALF_DAY 43200
#define SECONDS_OF_DAY 86400

const int64_t metrics_latency_us[] = {
    25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2000000, INT64_MAX};
const size_t metrics_latency_count = sizeof(metrics_latency_us) / sizeof(metrics_latency_us[0]);
#define DAYS(count) (INT64_C(count) * SECONDS_OF_DAY)
const int64_t metrics_remaining[] = {DAYS(1), DAYS(3), DAYS(7), DAYS(14), DAYS(30), DAYS(60),
    DAYS(90), DAYS(180), DAYS(365), INT64_MAX};
const size_t metrics_remaining_count = sizeof(metrics_remaining) / sizeof(metrics_remaining[0]);

const char *const metrics_reasons[] = {"rule", "no_rule", "valid", "expired", "not_yet_valid",
    "revoked", "untrusted", "wrong_purpose", "revocation_unknown", "malformed", "absent",
    "not_judged", "ambiguous_path", "no_user_name", "revocation_old", "front_failed",
    "front_contradicts", "no_rules", "no_trust", "deadline", "other", NULL};
_Static_assert(sizeof(metrics_reasons) / sizeof(metrics_reasons[0]) <= METRICS_REASONS,
    "METRICS_REASONS is too small");

const char *const metrics_rule_kinds[] = {"issuer", "group", "map", "allow", "deny", NULL};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (metrics == NULL)
        return NULL;
    metrics->started_at = time(NULL);
    (void)pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

static void free_lines(struct metrics_lines *lines)
{
    size_t i;

    for (i = 0; i < lines->count; i++)
        free(lines->names[i]);
    free(lines->names);
    free(lines->totals);
    *lines = (struct metrics_lines){.count = 0};
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    free_lines(&metrics->lines);
    (void)pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static void count(_Atomic uint64_t *counter, uint64_t amount)
{
    (void)atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metrics_counter counter, uint64_t amount)
{
    if (metrics != NULL)
        count(&metrics->counters[counter], amount);
}

void metrics_set(struct metrics *metrics, enum metrics_gauge gauge, int64_t value)
{
    if (metrics != NULL)
        atomic_store_explicit(&metrics->gauges[gauge], value, memory_order_relaxed);
}

int64_t metrics_get(struct metrics *metrics, enum metrics_gauge gauge)
{
    return metrics != NULL ? atomic_load_explicit(&metrics->gauges[gauge], memory_order_relaxed)
                           : 0;
}

static void observe(struct metrics_histogram *histogram, const int64_t *bounds, int64_t value)
{
    size_t i = 0;

    while (value > bounds[i])
        i++;
    count(&histogram->buckets[i], 1);
    if (value > 0)
        count(&histogram->sum, (uint64_t)value);
}

/* The first request of a half day begins a new minimum. Two of them at the same moment may lose one
 * certificate's end until its next request. */
static void note_client_end(struct metrics *metrics, int64_t end, int64_t half_day)
{
    int64_t known = atomic_load_explicit(&metrics->half_day, memory_order_relaxed);
    int64_t earliest;

    if (known != half_day && atomic_compare_exchange_strong(&metrics->half_day, &known, half_day)) {
        earliest = known + 1 == half_day ? atomic_load(&metrics->next_client_end[0]) : 0;
        atomic_store(&metrics->next_client_end[1], earliest);
        atomic_store(&metrics->next_client_end[0], 0);
    }
    earliest = atomic_load_explicit(&metrics->next_client_end[0], memory_order_relaxed);
    while ((earliest == 0 || end < earliest) &&
           !atomic_compare_exchange_weak(&metrics->next_client_end[0], &earliest, end))
        continue;
}

int64_t metrics_next_client_end(struct metrics *metrics, time_t now)
{
    int64_t age = (int64_t)now / HALF_DAY - atomic_load(&metrics->half_day);
    int64_t recent = age <= 1 ? atomic_load(&metrics->next_client_end[0]) : 0;
    int64_t before = age == 0 ? atomic_load(&metrics->next_client_end[1]) : 0;

    return before != 0 && (recent == 0 || before < recent) ? before : recent;
}

void metrics_verdict(struct metrics *metrics, enum verdict_status status, int64_t took_us,
    time_t not_after, time_t now)
{
    int64_t left = (int64_t)not_after - (int64_t)now;

    if (metrics == NULL || (unsigned)status >= VERDICT_STATUS_COUNT)
        return;
    count(&metrics->verdicts[status], 1);
    observe(&metrics->latency, metrics_latency_us, took_us);
    if (status != VERDICT_VALID)
        return;
    observe(&metrics->remaining, metrics_remaining, left > 0 ? left : 0);
    note_client_end(metrics, (int64_t)not_after, (int64_t)now / HALF_DAY);
}

void metrics_decision(struct metrics *metrics, enum metrics_decision decision, const char *reason)
{
    size_t i = 0;

    if (metrics == NULL || (unsigned)decision >= METRICS_DECISIONS)
        return;
    /* What comes most often stands first, and two letters tell most apart. */
    while (metrics_reasons[i + 1] != NULL &&
           (metrics_reasons[i][0] != reason[0] || metrics_reasons[i][1] != reason[1] ||
               strcmp(metrics_reasons[i], reason) != 0))
        i++;
    count(&metrics->decisions[decision][i], 1);
}

void metrics_shadow(struct metrics *metrics, bool enforced, bool shadow)
{
    if (metrics != NULL)
        count(&metrics->shadow[enforced][shadow], 1);
}

/* The count of the line of this name so far. Names are in the order of the file, so most of them
 * stand where they stood. */
static uint64_t former_total(const struct metrics_lines *lines, const char *name, size_t hint)
{
    size_t i;

    if (hint < lines->count && strcmp(lines->names[hint], name) == 0)
        return lines->totals[hint];
    for (i = 0; i < lines->count; i++) {
        if (strcmp(lines->names[i], name) == 0)
            return lines->totals[i];
    }
    return 0;
}

static void take_lines(struct metrics *metrics, const struct rules *rules)
{
    struct metrics_lines lines = {.number = rules_number(rules)};
    size_t i, wanted = rules_count(rules);

    lines.names = calloc(wanted + 1, sizeof(*lines.names));
    lines.totals = calloc(wanted + 1, sizeof(*lines.totals));
    for (i = 0; lines.names != NULL && lines.totals != NULL && i < wanted; i++) {
        const char *name = rules_rule(rules, i)->name;

        lines.names[i] = strdup(name);
        if (lines.names[i] == NULL)
            break;
        lines.totals[i] = former_total(&metrics->lines, name, i);
        lines.count = i + 1;
    }
    free_lines(&metrics->lines);
    metrics->lines = lines;
}

void metrics_set_rules(struct metrics *metrics, const struct rules *rules)
{
    size_t i;

    if (metrics == NULL)
        return;
    (void)pthread_mutex_lock(&metrics->lock);
    take_lines(metrics, rules);
    for (i = 0; metrics_rule_kinds[i] != NULL; i++)
        metrics->rule_kinds[i] = rules_count_of(rules, metrics_rule_kinds[i]);
    (void)pthread_mutex_unlock(&metrics->lock);
    metrics_set(metrics, METRICS_RULES_LOADED_AT, (int64_t)rules_loaded_at(rules));
}

void metrics_rule(struct metrics *metrics, const struct rules *rules, size_t index)
{
    if (metrics == NULL)
        return;
    (void)pthread_mutex_lock(&metrics->lock);
    if (metrics->lines.number == rules_number(rules) && index < metrics->lines.count)
        metrics->lines.totals[index]++;
    (void)pthread_mutex_unlock(&metrics->lock);
}
