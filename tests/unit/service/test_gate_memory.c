/* SPDX-License-Identifier: ISC */
#include "unit/base/leaks.h"
#include "unit/base/memory_fault.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Whatever allocation fails: the right answer, or that it cannot be decided, or none at all; never
 * a yes to somebody else, never a no to who may come in, and nothing wrong is remembered. */
TestSuite(gate_memory, .timeout = 300);

/* One question, and the answer with memory for all. */
struct question {
    struct stage *stage;
    enum request_role role;
    const char *parameters[6];
    char *wanted;
};

static void empty_cache(struct stage *stage)
{
    verdict_cache_free(stage->service.cache);
    stage->service.cache = verdict_cache_new(16);
}

static const char *answer_of(const struct question *question)
{
    return ask(question->stage, question->role, false, question->parameters);
}

/* An answer without its number and its time: no hexadecimal digits. */
static char *without_number(const char *answer)
{
    char *copy = strdup(answer), *in = copy, *out = copy;

    for (; *in != '\0'; in++) {
        if (isxdigit((unsigned char)*in) == 0)
            *out++ = *in;
    }
    *out = '\0';
    return copy;
}

/* With the fault still on: what came, and whether it may. */
static void expect_right_or_none(const struct question *question, unsigned long nth)
{
    const struct stage *stage = question->stage;
    const char *answer = text_string(&stage->output);
    char *came;

    cr_expect_leq(stage->writes, 1, "allocation %lu: %zu writes", nth, stage->writes);
    cr_expect_eq(stage->aborted, stage->writes == 0, "allocation %lu: %s", nth, answer);
    if (stage->aborted) {
        cr_expect_str_eq(answer, "", "allocation %lu", nth);
        return;
    }
    if (strncmp(answer, "Status: 503 ", 12) == 0)
        return;
    came = without_number(answer);
    cr_expect_str_eq(came, question->wanted, "allocation %lu: %s", nth, answer);
    free(came);
}

/* What a failure spoilt for good would show in each eighth as well; what it left in the cache is
 * asked for at once. */
static bool is_asked_again(const struct stage *stage, unsigned long nth)
{
    size_t entries, bytes;

    verdict_cache_measure(stage->service.cache, &entries, &bytes);
    return entries > 0 || nth % 8 == 0;
}

static void torture(struct question *question, bool and_after)
{
    struct stage *stage = question->stage;
    unsigned long nth, count, whole = 0;

    question->wanted = without_number(answer_of(question));
    empty_cache(stage);
    memory_fault_at(0, false);
    (void)answer_of(question);
    count = memory_fault_count();
    cr_assert_gt(count, 100, "the allocations are not seen");
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        char *came;

        empty_cache(stage);
        memory_fault_at(nth, and_after);
        (void)answer_of(question);
        memory_fault_at(0, false);
        ERR_clear_error();
        whole += strncmp(text_string(&stage->output), question->wanted, 11) == 0;
        expect_right_or_none(question, nth);
        if (!is_asked_again(stage, nth))
            continue;
        came = without_number(answer_of(question));
        cr_expect_str_eq(came, question->wanted, "after allocation %lu: %s", nth, came);
        free(came);
    }
    cr_expect_lt(whole, count, "nothing failed");
    free(question->wanted);
}

static void torture_both(
    struct stage *stage, enum request_role role, const char *const parameters[])
{
    struct question question = {.stage = stage, .role = role};
    size_t i;

    for (i = 0; parameters[i] != NULL; i++)
        question.parameters[i] = parameters[i];
    torture(&question, false);
    torture(&question, true);
}

#define TORTURE(stage, role, ...)                                                                  \
    torture_both(stage, role, (const char *const[]){__VA_ARGS__, NULL})

Test(gate_memory, a_yes)
{
    struct stage *stage = stage_new(usual_rules, "deny any path=/pub/\n");

    TORTURE(stage, REQUEST_AUTHORIZER, GET, PUB);
    TORTURE(stage, REQUEST_RESPONDER, GET, PUB);
    stage_free(stage);
    expect_no_leak("a yes");
}

Test(gate_memory, a_no_in_each_format)
{
    struct stage *stage = stage_new(usual_rules, NULL);

    TORTURE(stage, REQUEST_AUTHORIZER, GET, SECRET);
    TORTURE(stage, REQUEST_RESPONDER, GET, SECRET, JSON);
    TORTURE(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/else", "HTTP_ACCEPT=text/html");
    stage_free(stage);
    expect_no_leak("a no");
}

Test(gate_memory, a_no_to_a_stranger)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct pki *strangers = pki_ca("CN=Our CA"), *stranger = pki_client("CN=Dan", strangers);

    free(stage->certificate);
    stage->certificate = certificate_parameter(stranger);
    TORTURE(stage, REQUEST_AUTHORIZER, GET, PUB);
    pki_free(stranger);
    pki_free(strangers);
    stage_free(stage);
    expect_no_leak("a no to a stranger");
}
