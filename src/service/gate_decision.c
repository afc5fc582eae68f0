/* SPDX-License-Identifier: ISC */
#include "service/gate_decision.h"
#include "base/clock.h"
#include "report/report.h"
#include "service/gate.h"
#include "service/gate_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* What the rules ask about one certificate, kept with it. */
struct gate_subjects {
    struct rules_subject *rules;
    struct rules_subject *shadow; /* NULL: no shadow rules */
};

static void free_subjects(void *object)
{
    struct gate_subjects *subjects = object;

    if (subjects == NULL)
        return;
    rules_subject_free(subjects->rules);
    rules_subject_free(subjects->shadow);
    free(subjects);
}

static uint64_t id_seed;
static pthread_once_t id_seeded = PTHREAD_ONCE_INIT;

static void seed_ids(void)
{
    if (getrandom(&id_seed, sizeof(id_seed), GRND_NONBLOCK) != (ssize_t)sizeof(id_seed))
        id_seed = (uint64_t)clock_microseconds();
}

/* A number that no other decision of this process has: a mixing of a counter (splitmix64, which is
 * one to one). It is looked up in the log and proves nothing. */
static void make_id(char id[GATE_ID_SIZE])
{
    static _Atomic uint64_t count;
    uint64_t value;

    (void)pthread_once(&id_seeded, seed_ids);
    value = id_seed + UINT64_C(0x9e3779b97f4a7c15) * atomic_fetch_add(&count, 1);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    value ^= value >> 31;
    (void)snprintf(id, GATE_ID_SIZE, "%016llx", (unsigned long long)value);
}

/* The front tells the number of its first question when it asks again for the page. */
static bool take_id(const struct request *request, char id[GATE_ID_SIZE])
{
    const char *given = request_parameter(request, "PEERCERT_DECISION");

    if (given == NULL || strlen(given) != GATE_ID_SIZE - 1 ||
        strspn(given, "0123456789abcdef") != GATE_ID_SIZE - 1)
        return false;
    memcpy(id, given, GATE_ID_SIZE);
    return true;
}

/* What the front says by this name; NULL when it is nothing. */
static const char *said(
    struct gate_decision *decision, const struct request *request, const char *name)
{
    const char *value = request_sole_parameter(request, name, &decision->front_contradicts);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *first_of(const char *one, const char *other)
{
    return one != NULL ? one : other;
}

static void read_request(struct gate_decision *decision, const struct request *request)
{
    const char *path = said(decision, request, "PEERCERT_PATH");
    const char *redirected = said(decision, request, "REDIRECT_URI");
    const char *method = said(decision, request, "PEERCERT_METHOD");

    decision->asked = (struct rules_request){
        .host = said(decision, request, "PEERCERT_HOST"),
        .path = first_of(path, redirected),
        .path_is_encoded = path == NULL,
        .raw_path = said(decision, request, "REQUEST_URI"),
        .method = first_of(method, said(decision, request, "REQUEST_METHOD")),
        .remote_address = said(decision, request, "REMOTE_ADDR"),
        .now = time(NULL),
    };
}

static void conclude(
    struct gate_decision *decision, enum metrics_decision outcome, const char *reason)
{
    decision->outcome = outcome;
    decision->reason = reason;
}

static struct gate_subjects *make_subjects(
    const struct gate_decision *decision, const struct evaluation *evaluation)
{
    struct gate_subjects *subjects = calloc(1, sizeof(*subjects));
    struct error error = {.kind = ERROR_NONE};

    if (subjects == NULL)
        return NULL;
    subjects->rules =
        rules_subject_new(decision->rules, evaluation->certificate, evaluation->proven, &error);
    if (subjects->rules != NULL && decision->shadow != NULL)
        subjects->shadow = rules_subject_new(
            decision->shadow, evaluation->certificate, evaluation->proven, &error);
    if (subjects->rules == NULL || (decision->shadow != NULL && subjects->shadow == NULL)) {
        free_subjects(subjects);
        return NULL;
    }
    return subjects;
}

/* From the cache, or made and kept there, which may change the verdict: the certificate is verified
 * again then. NULL when memory or libcrypto failed. */
static const struct gate_subjects *find_subjects(struct gate_decision *decision)
{
    struct evaluation *evaluation = &decision->evaluation;
    struct gate_subjects *subjects = NULL;
    size_t length = 0;
    const void *kept = evaluate_find_kept(evaluation, EVALUATE_RULES, &length);

    if (kept != NULL)
        return kept;
    if (!evaluate_prove(evaluation))
        return NULL;
    subjects = make_subjects(decision, evaluation);
    if (subjects == NULL)
        return NULL;
    length = sizeof(*subjects) + rules_subject_size(subjects->rules) +
             (subjects->shadow != NULL ? rules_subject_size(subjects->shadow) : 0);
    if (!evaluate_keep_object(evaluation, EVALUATE_RULES, subjects, length, free_subjects))
        decision->own = subjects;
    return subjects;
}

/* Concludes when the certificate is not valid. */
static bool is_valid(struct gate_decision *decision)
{
    const enum verdict_status status = decision->evaluation.verdict.status;

    if (status != VERDICT_VALID)
        conclude(decision, status == VERDICT_NOT_JUDGED ? METRICS_UNAVAILABLE : METRICS_DENIED,
            verdict_status_name(status));
    return status == VERDICT_VALID;
}

/* A valid certificate: the rules say. */
static void ask_rules(struct gate_decision *decision)
{
    const struct gate_subjects *subjects = find_subjects(decision);
    struct rules_decision *ruled = &decision->ruled;
    const struct verdict *verdict = &decision->evaluation.verdict;

    if (!is_valid(decision))
        return;
    if (subjects == NULL) {
        conclude(decision, METRICS_UNAVAILABLE, verdict_status_name(VERDICT_NOT_JUDGED));
        return;
    }
    rules_request_set_revocation(&decision->asked, verdict);
    rules_decide(decision->rules, subjects->rules, &decision->asked, ruled);
    decision->judged_by_rules = true;
    if (subjects->shadow != NULL) {
        rules_decide(decision->shadow, subjects->shadow, &decision->asked, &decision->shadowed);
        decision->judged_by_shadow = true;
    }
    if (ruled->allowed && ruled->user[0] == '\0')
        conclude(decision, METRICS_DENIED, rules_reason_name(RULES_NO_USER_NAME));
    else
        conclude(decision, ruled->allowed ? METRICS_ALLOWED : METRICS_DENIED,
            rules_reason_name(ruled->reason));
    if (ruled->reason == RULES_NO_RULE && gate_recent_may_look(decision->service->recent,
                                              rules_count(decision->rules), clock_microseconds()))
        decision->miss_count =
            rules_nearest(decision->rules, subjects->rules, &decision->asked, decision->misses);
}

/* NONE: no certificate came by TLS. So one in the front's own variable is of somebody else's word;
 * headers of --trust-header are of a front before it, about which it says nothing. */
static bool front_has_none(const struct forwarded *forwarded)
{
    return forwarded->has_front_verify && strcmp(forwarded->source, "SSL_CLIENT_CERT") == 0 &&
           strcasestr(forwarded->front_verify, "NONE") != NULL;
}

static void judge(
    struct gate_decision *decision, const struct trust *trust, const struct request *request)
{
    struct evaluation *evaluation = &decision->evaluation;
    uint64_t number = rules_number(decision->rules);

    if (decision->shadow != NULL)
        number = number << 32 | (rules_number(decision->shadow) & UINT32_MAX);
    evaluate_request(evaluation, decision->service, trust, number, request->parameters);
    decision->evaluated = true;
    evaluate_verdict(evaluation);
    if (is_valid(decision)) {
        if (report_front_failed(&evaluation->forwarded) || front_has_none(&evaluation->forwarded))
            conclude(decision, METRICS_DENIED, "front_failed");
        else if (decision->front_contradicts)
            conclude(decision, METRICS_DENIED, "front_contradicts");
        else
            ask_rules(decision);
    }
    /* A responder that was waited for until its own time was over counts as late, too. */
    if (clock_microseconds() - evaluation->began >= GATE_DEADLINE_US - GATE_MARGIN_US)
        conclude(decision, METRICS_UNAVAILABLE, "deadline");
}

void gate_decide(struct gate_decision *decision, const struct service *service,
    const struct trust *trust, const struct rules *rules, const struct rules *shadow,
    const struct request *request)
{
    *decision = (struct gate_decision){.service = service, .rules = rules, .shadow = shadow};
    conclude(decision, METRICS_UNAVAILABLE, "no_rules");
    if (!take_id(request, decision->id))
        make_id(decision->id);
    read_request(decision, request);
    if (trust == NULL)
        conclude(decision, METRICS_UNAVAILABLE, "no_trust");
    else if (rules != NULL)
        judge(decision, trust, request);
}

void gate_decision_end(struct gate_decision *decision)
{
    if (decision->evaluated)
        evaluate_end(&decision->evaluation);
    free_subjects(decision->own);
    decision->own = NULL;
}
