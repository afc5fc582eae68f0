/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_METRICS_H
#define PEERCERT_METRICS_H

#include "base/text.h"
#include "rules/rules.h"
#include "verify/verdict.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Counters of one process, and their text for Prometheus (exposition format 0.0.4). No subject,
 * path or address is ever a label: what a client can choose must not make a series. Safe in several
 * threads at once; counting neither allocates nor waits, but for rule_total, which takes a lock of
 * its own for a moment. */
struct metrics;

/* Returns counters at zero, NULL when out of memory. Free with metrics_free, which accepts NULL.
 * Every other function accepts NULL for the counters and does nothing then. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* What is counted beside verdicts and decisions. */
enum metrics_counter {
    METRICS_CACHE_HITS,
    METRICS_CACHE_MISSES,
    METRICS_OCSP_GOOD,
    METRICS_OCSP_REVOKED,
    METRICS_OCSP_UNKNOWN,
    METRICS_TRUST_RELOADED,
    METRICS_TRUST_KEPT,
    METRICS_RULES_RELOADED,
    METRICS_RULES_KEPT,
    METRICS_AMBIGUOUS_PATHS,
    METRICS_CONNECTIONS_ACCEPTED,
    METRICS_CONNECTIONS_REFUSED,
    METRICS_COUNTER_COUNT,
};

/* What goes up and down. Moments are seconds since 1970, 0 when there is none: it is then left out.
 */
enum metrics_gauge {
    METRICS_CONNECTIONS,
    METRICS_THREADS,
    METRICS_CACHE_ENTRIES,
    METRICS_TRUST_LOADED_AT,
    METRICS_TRUST_KEPT_FILES, /* files that keep what they last held, since they cannot be used as
                                 they are */
    METRICS_TRUST_KEPT_SINCE, /* the oldest of them */
    METRICS_CA_CERTIFICATES,
    METRICS_CRLS,
    METRICS_NEXT_CA_END,  /* the first notAfter of a CA certificate of the trust */
    METRICS_NEXT_CRL_END, /* the first nextUpdate of a CRL of the trust */
    METRICS_RULES_LOADED_AT,
    METRICS_LOG_DROPPED_LINES, /* since the start: written as a counter */
    METRICS_TRUST_NUMBER,      /* from here on the service's own */
    METRICS_FILE_FAILED,
    METRICS_GAUGE_COUNT,
};
/* How many of them are written. */
#define METRICS_WRITTEN METRICS_TRUST_NUMBER

/* Adds to a counter. */
void metrics_add(struct metrics *metrics, enum metrics_counter counter, uint64_t amount);

/* Sets a gauge. */
void metrics_set(struct metrics *metrics, enum metrics_gauge gauge, int64_t value);

/* What a gauge was set to last; 0 without counters. */
int64_t metrics_get(struct metrics *metrics, enum metrics_gauge gauge);

/* Counts a verdict, how long the answer took (microseconds), and, when it is valid, how soon the
 * certificate ends (`not_after`, seconds since 1970; ignored otherwise). `now` as time(2). */
void metrics_verdict(struct metrics *metrics, enum verdict_status status, int64_t took_us,
    time_t not_after, time_t now);

enum metrics_decision { METRICS_ALLOWED, METRICS_DENIED, METRICS_UNAVAILABLE };

/* Counts a decision of the gate. `reason` is a name of the answer's reasons (a verdict status,
 * "rule", "no_rule",
 * ...); one that is not known counts as "other". */
void metrics_decision(struct metrics *metrics, enum metrics_decision decision, const char *reason);

/* Counts a decision of the shadow rules beside the one that counts. */
void metrics_shadow(struct metrics *metrics, bool enforced, bool shadow);

/* Tells which rules count now; counts of lines that keep their name go on. Borrowed for the call.
 * When out of memory the lines are not counted until the next reload. */
void metrics_set_rules(struct metrics *metrics, const struct rules *rules);

/* Counts that a line of these rules decided; lines of other rules than the last set are passed
 * over. */
void metrics_rule(struct metrics *metrics, const struct rules *rules, size_t index);

/* Appends all metrics; `now` as time(2). Check text->failed. */
void metrics_write(struct metrics *metrics, time_t now, struct text *text);

#endif
