/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_GATE_DECISION_H
#define PEERCERT_GATE_DECISION_H

#include "fastcgi/request.h"
#include "metrics/metrics.h"
#include "rules/rules.h"
#include "service/evaluate.h"

/* What the gate decides, before anything is sent. Private to the gate. */

#define GATE_ID_SIZE 17

struct gate_decision {
    const struct service *service; /* borrowed */
    const struct rules *rules;     /* borrowed; NULL: none could be loaded */
    const struct rules *shadow;    /* borrowed; NULL: none */
    struct evaluation evaluation;
    bool evaluated;
    struct rules_request asked;
    bool front_contradicts;      /* it gives a part of `asked` twice, with different values */
    struct rules_decision ruled; /* meaningful when `judged_by_rules` */
    struct rules_decision shadowed;
    bool judged_by_rules, judged_by_shadow;
    enum metrics_decision outcome;
    const char *reason;
    char id[GATE_ID_SIZE];
    struct rules_miss misses[RULES_MAX_MISSES]; /* of a no for want of a rule */
    size_t miss_count;
    struct gate_subjects *own; /* what the cache did not take */
};

/* Decides. `trust`, `rules` and `shadow` (NULL when there is none) are one snapshot, borrowed until
 * gate_decision_end, which is to be called in every case. */
void gate_decide(struct gate_decision *decision, const struct service *service,
    const struct trust *trust, const struct rules *rules, const struct rules *shadow,
    const struct request *request);

/* Gives back what the decision holds. */
void gate_decision_end(struct gate_decision *decision);

#endif
