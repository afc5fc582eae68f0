/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_GATE_LOG_H
#define PEERCERT_GATE_LOG_H

#include "service/gate_decision.h"

/* Logs and counts a decision. A no is always logged, and so is a difference to the shadow rules; a
 * yes as --log-allowed says. */
void gate_log(struct gate_decision *decision, const struct request *request, int64_t took_us);

/* Which allowed requests were logged lately: one a minute for each certificate and rule. And when
 * many rules were looked at last. */
struct gate_recent;

/* NULL when out of memory. Free accepts NULL. */
struct gate_recent *gate_recent_new(void);
void gate_recent_free(struct gate_recent *recent);

/* True for the first of its minute; in doubt (another took its place) true once more. */
bool gate_recent_is_first(
    struct gate_recent *recent, const char *fingerprint, const char *rule, time_t now);

/* Whether a denial may look for the nearest of so many rules. Of 500 always; of more only when the
 * last look at more than 500, for whomever, began so many microseconds ago: these looks take some
 * hundredths of a processor, however many requests are denied. `recent` NULL: no. Safe in several
 * threads at once. */
bool gate_recent_may_look(struct gate_recent *recent, size_t rules, int64_t now_us);

#endif
