/* SPDX-License-Identifier: ISC */
#include "service/gate_log.h"
#include "service/service_metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

#define RECENT_SLOTS 4096
#define MINUTE_BITS 24
#define SECONDS_PER_MINUTE 60
/* Looking at so many rules costs no more than the rest of a denial. */
#define FEW_RULES 500

struct gate_recent {
    /* In each the upper bits of a hash and the minute. */
    _Atomic uint64_t slots[RECENT_SLOTS];
    _Atomic int64_t next_look_us;
};

struct gate_recent *gate_recent_new(void)
{
    return calloc(1, sizeof(struct gate_recent));
}

void gate_recent_free(struct gate_recent *recent)
{
    free(recent);
}

/* FNV-1a. Two that share a value cost a line of the log. */
static uint64_t hash_string(uint64_t hash, const char *string)
{
    for (; *string != '\0'; string++)
        hash = (hash ^ (unsigned char)*string) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

bool gate_recent_is_first(
    struct gate_recent *recent, const char *fingerprint, const char *rule, time_t now)
{
    const uint64_t minute =
        (uint64_t)(now / SECONDS_PER_MINUTE) & ((UINT64_C(1) << MINUTE_BITS) - 1);
    uint64_t hash = hash_string(UINT64_C(0xcbf29ce484222325), fingerprint);
    uint64_t value;

    hash = hash_string(hash, rule);
    value = (hash << MINUTE_BITS) | minute;
    return atomic_exchange(&recent->slots[(hash >> 40) % RECENT_SLOTS], value) != value;
}

bool gate_recent_may_look(struct gate_recent *recent, size_t rules, int64_t now_us)
{
    int64_t next;

    if (rules <= FEW_RULES)
        return true;
    if (recent == NULL)
        return false;
    next = atomic_load(&recent->next_look_us);
    return now_us >= next &&
           atomic_compare_exchange_strong(&recent->next_look_us, &next, now_us + (int64_t)rules);
}

static bool shadow_differs(const struct gate_decision *decision)
{
    return decision->judged_by_rules && decision->judged_by_shadow &&
           decision->ruled.allowed != decision->shadowed.allowed;
}

static bool is_to_be_logged(const struct gate_decision *decision)
{
    const struct service *service = decision->service;
    const struct identity *identity = decision->evaluation.identity;

    if (decision->outcome != METRICS_ALLOWED || shadow_differs(decision))
        return true;
    switch (service->config->log_allowed) {
    case CONFIG_LOG_ALLOWED_NONE:
        return false;
    case CONFIG_LOG_ALLOWED_FIRST:
        return service->recent == NULL || identity == NULL ||
               gate_recent_is_first(service->recent, identity->sha256_fingerprint,
                   decision->ruled.rule->name, decision->asked.now);
    default:
        return true;
    }
}

static void count(const struct gate_decision *decision, int64_t took_us)
{
    struct metrics *metrics = decision->service->metrics;
    const struct evaluation *evaluation = &decision->evaluation;
    const struct rules_decision *ruled = &decision->ruled;

    if (metrics == NULL)
        return;
    metrics_decision(metrics, decision->outcome, decision->reason);
    if (decision->evaluated)
        service_count_evaluation(decision->service, evaluation, took_us, decision->asked.now);
    if (!decision->judged_by_rules)
        return;
    if (ruled->reason == RULES_AMBIGUOUS_PATH)
        metrics_add(metrics, METRICS_AMBIGUOUS_PATHS, 1);
    if (ruled->rule != NULL)
        metrics_rule(
            metrics, decision->rules, (size_t)(ruled->rule - rules_rule(decision->rules, 0)));
    if (decision->judged_by_shadow)
        metrics_shadow(metrics, ruled->allowed, decision->shadowed.allowed);
}

static const char *name_of(const struct rules_decision *decision)
{
    return decision->rule != NULL ? decision->rule->name : NULL;
}

void gate_log(struct gate_decision *decision, const struct request *request, int64_t took_us)
{
    static const char *const outcomes[] = {
        [METRICS_ALLOWED] = "allowed",
        [METRICS_DENIED] = "denied",
        [METRICS_UNAVAILABLE] = "unavailable",
    };
    const struct evaluation *evaluation = &decision->evaluation;
    const struct rules_request *asked = &decision->asked;
    const bool differs = shadow_differs(decision);
    struct log_decision line = {.decision = outcomes[decision->outcome],
        .reason = decision->reason,
        .method = asked->method,
        .host = asked->host,
        .path = asked->path != NULL ? asked->path : asked->raw_path,
        .remote_address = request_parameter(request, "REMOTE_ADDR"),
        .front_verify =
            evaluation->forwarded.has_front_verify ? evaluation->forwarded.front_verify : NULL,
        .id = decision->id,
        .took_us = took_us};
    char nearest[512];

    count(decision, took_us);
    if (!is_to_be_logged(decision))
        return;
    line.who = evaluate_who(&decision->evaluation);
    if (decision->judged_by_rules) {
        line.rule = name_of(&decision->ruled);
        line.user = decision->outcome == METRICS_ALLOWED ? decision->ruled.user : NULL;
    }
    if (differs) {
        line.shadow = outcomes[decision->shadowed.allowed ? METRICS_ALLOWED : METRICS_DENIED];
        line.shadow_rule = name_of(&decision->shadowed);
    }
    if (decision->miss_count > 0) {
        (void)snprintf(nearest, sizeof(nearest), "%s: %s", decision->misses[0].rule->name,
            decision->misses[0].words);
        line.nearest = nearest;
    }
    log_decision(decision->service->log, &line);
}
