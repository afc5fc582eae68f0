/* SPDX-License-Identifier: ISC */
#include "service/gate.h"
#include "service/gate_decision.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Decides on a request with these parameters, and with the trust and rules of the stage unless it
 * is told to leave them out. */
struct question {
    char *parameters[5];
    bool without_trust, without_rules;
};

#define ASKED(...)                                                                                 \
    {                                                                                              \
        .parameters = { __VA_ARGS__ }                                                              \
    }

static struct gate_decision decide(struct stage *stage, struct question question)
{
    struct request request = {.role = REQUEST_AUTHORIZER, .parameters = question.parameters};
    struct trust *trust = question.without_trust ? NULL : trust_current_get(stage->service.trust);
    struct rules *rules = question.without_rules ? NULL : rules_current_get(stage->service.rules);
    struct gate_decision decision;

    gate_decide(&decision, &stage->service, trust, rules, NULL, &request);
    gate_decision_end(&decision);
    if (rules != NULL)
        rules_release(rules);
    if (trust != NULL)
        trust_release(trust);
    return decision;
}

static void expect(struct stage *stage, struct question question, enum metrics_decision outcome,
    const char *reason)
{
    const struct gate_decision decision = decide(stage, question);

    cr_expect_eq(decision.outcome, outcome, "%s: %d", reason, (int)decision.outcome);
    cr_expect_str_eq(decision.reason, reason);
}

static char get[] = "REQUEST_METHOD=GET", pub[] = "REQUEST_URI=/pub/x",
            secret[] = "REQUEST_URI=/secret/x", elsewhere[] = "REQUEST_URI=/x",
            climbing[] = "REQUEST_URI=/pub/%2e%2e/secret/x";

Test(gate_decision, only_a_rule_that_allows_a_valid_certificate_lets_in)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *dan = stage->certificate;

    expect(stage, (struct question)ASKED(dan, get, pub), METRICS_ALLOWED, "rule");
    expect(stage, (struct question)ASKED(dan, get, secret), METRICS_DENIED, "rule");
    expect(stage, (struct question)ASKED(dan, get, elsewhere), METRICS_DENIED, "no_rule");
    expect(stage, (struct question)ASKED(get, pub), METRICS_DENIED, "absent");
    stage_free(stage);
}

Test(gate_decision, what_is_missing_to_decide_is_never_a_yes)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *dan = stage->certificate;
    const struct question questions[] = {
        {.parameters = {dan, get, pub}, .without_trust = true},
        {.parameters = {dan, get, pub}, .without_rules = true},
        {.parameters = {dan, get, pub}, .without_trust = true, .without_rules = true},
        ASKED(dan, get),
        ASKED(dan, get, climbing),
    };
    size_t i;

    for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
        cr_expect_neq(decide(stage, questions[i]).outcome, METRICS_ALLOWED, "question %zu", i);
    stage_free(stage);
}

Test(gate_decision, each_has_a_number_of_its_own_unless_the_front_asks_again)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char again[] = "PEERCERT_DECISION=0123456789abcdef",
         odd[] = "PEERCERT_DECISION=0123456789ABCDEF";
    const struct gate_decision one = decide(stage, (struct question)ASKED(get, pub)),
                               other = decide(stage, (struct question)ASKED(get, pub)),
                               third = decide(stage, (struct question)ASKED(get, pub, again)),
                               fourth = decide(stage, (struct question)ASKED(get, pub, odd));

    cr_expect_eq(strspn(one.id, "0123456789abcdef"), GATE_ID_SIZE - 1, "%s", one.id);
    cr_expect_str_neq(one.id, other.id);
    cr_expect_str_eq(third.id, "0123456789abcdef");
    cr_expect_str_neq(fourth.id, "0123456789ABCDEF");
    stage_free(stage);
}
