/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_EXPLAIN_GIVEN_H
#define PEERCERT_TESTS_EXPLAIN_GIVEN_H

#include "service/explain_findings.h"
#include "unit/service/gate_stage.h"

/* Findings about a client of a gate's CA, valid and with a good CRL, by the rules of the test.
 * Nothing is decided yet. */
struct explained {
    struct stage *stage;
    struct rules *rules;
    struct rules_subject *subject;
    struct identity identity;
    struct evaluation evaluation;
    struct explain_findings findings;
};

/* For GET /pub/x, with these rules. It must not move; end with explained_end. */
void explained_begin(struct explained *explained, const char *rules);
void explained_end(struct explained *explained);

/* Decides what the findings ask for, as --path does. */
void explained_decide(struct explained *explained);

/* The certificate is expired, and the reason "it is so": the rules do not matter. */
void explained_expire(struct explained *explained);

#endif
