/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_METRICS_PRIVATE_H
#define PEERCERT_METRICS_PRIVATE_H

#include "metrics/metrics.h"
#include <pthread.h>
#include <stdatomic.h>

/* For metrics.c and metrics_write.c alone. */

#define METRICS_DECISIONS 3

/* Upper bounds of the histograms; the last bucket is +Inf. */
extern const int64_t metrics_latency_us[];
extern const size_t metrics_latency_count;
extern const int64_t metrics_remaining[];
extern const size_t metrics_remaining_count;
#define METRICS_BUCKETS 16

/* The names of reasons; NULL behind the last. */
extern const char *const metrics_reasons[];
#define METRICS_REASONS 24

/* How often each bucket was met (not yet added up), and the sum of what was observed. */
struct metrics_histogram {
    _Atomic uint64_t buckets[METRICS_BUCKETS];
    _Atomic uint64_t sum;
};

/* How often each line of the rules decided. */
struct metrics_lines {
    uint64_t number; /* of the rules */
    size_t count;
    char **names;
    uint64_t *totals;
};

struct metrics {
    time_t started_at;
    _Atomic uint64_t counters[METRICS_COUNTER_COUNT];
    _Atomic int64_t gauges[METRICS_GAUGE_COUNT];
    _Atomic uint64_t verdicts[VERDICT_STATUS_COUNT];
    _Atomic uint64_t decisions[METRICS_DECISIONS][METRICS_REASONS];
    _Atomic uint64_t shadow[2][2];
    struct metrics_histogram latency;
    struct metrics_histogram remaining;
    _Atomic int64_t
        next_client_end[2];   /* the earliest end seen in this half day, and in the one before */
    _Atomic int64_t half_day; /* since 1970 */
    pthread_mutex_t lock;     /* guards lines and rule_kinds */
    struct metrics_lines lines;
    size_t rule_kinds[5];
};

/* The kinds of lines in a rule file; NULL behind the last. */
extern const char *const metrics_rule_kinds[];

/* The earliest end of a valid client certificate that was seen in the last 12 to 24 hours; 0: none.
 */
int64_t metrics_next_client_end(struct metrics *metrics, time_t now);

#endif
