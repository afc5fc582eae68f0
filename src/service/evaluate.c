#include "service/evaluate.h"
#include "base/clock.h"
#include "service/test_hooks.h"
#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>

static time_t moment_of(const struct evaluation *evaluation)
{
    return evaluation->at != 0 ? evaluation->at : time(NULL);
}

/* Decodes what was forwarded. Otherwise the verdict says why not. */
static bool decode(struct evaluation *evaluation)
{
    if (!client_certificate_decode(&evaluation->client, &evaluation->forwarded,
            moment_of(evaluation), &evaluation->verdict)) {
        evaluation->judged = true;
        return false;
    }
    evaluation->certificate = evaluation->client.certificate;
    evaluation->chain = evaluation->client.chain;
    return true;
}

/* Verifies, then asks the responder. */
static void judge(struct evaluation *evaluation)
{
    const struct service *service = evaluation->service;
    const struct verify_options options = verify_options_of(service->config);

    test_hooks_before_verification(service->slots);
    sk_X509_pop_free(evaluation->proven, X509_free);
    evaluation->proven = NULL;
    verify_certificate(evaluation->certificate, evaluation->chain, evaluation->trust, &options,
        moment_of(evaluation), &evaluation->verdict, &evaluation->proven);
    ocsp_ask(service->ocsp, evaluation->certificate, sk_X509_value(evaluation->proven, 1),
        evaluation->trust, &evaluation->verdict);
    evaluation->judged = true;
}

/* Takes the identity, and the verdict if it is there, from the entry of somebody else. false when
 * that one gave up. */
static bool follow(struct evaluation *evaluation)
{
    if (!verdict_cache_wait_identity(evaluation->entry))
        return false;
    evaluation->identity = verdict_cache_identity(evaluation->entry);
    evaluation->judged =
        verdict_cache_peek_verdict(evaluation->entry, moment_of(evaluation), &evaluation->verdict);
    return true;
}

/* Finds out who it is, and lets the others know when there is an entry. */
static void identify(struct evaluation *evaluation)
{
    bool good = decode(evaluation);

    evaluation->identity = evaluation->client.identity;
    if (!evaluation->is_owner)
        return;
    if (good) {
        verdict_cache_publish_identity(evaluation->entry, evaluation->client.identity);
        evaluation->client.identity = NULL;
    } else {
        verdict_cache_give_up(evaluation->entry);
        evaluation->is_owner = false;
    }
}

void evaluate_request(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, uint64_t rules_number, char *const *parameters)
{
    enum verdict_cache_role role = CACHE_ALONE;

    *evaluation =
        (struct evaluation){.service = service, .trust = trust, .began = clock_microseconds()};
    forwarded_read(parameters, &service->forwarded_options, &evaluation->forwarded);
    if (evaluation->forwarded.status == FORWARDED_PRESENT) {
        const struct verdict_cache_key key = {.forwarded = &evaluation->forwarded,
            .trust_number = trust_number(trust),
            .rules_number = rules_number};

        role = verdict_cache_enter(service->cache, &key, moment_of(evaluation), &evaluation->entry);
    }
    evaluation->is_owner = role == CACHE_OWNER;
    if (role == CACHE_FOLLOWER && follow(evaluation))
        return;
    identify(evaluation);
}

void evaluate_certificates(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, time_t at, struct forwarded *forwarded, X509 *certificate,
    STACK_OF(X509) * chain)
{
    *evaluation = (struct evaluation){.service = service,
        .trust = trust,
        .at = at,
        .began = clock_microseconds(),
        .forwarded = *forwarded,
        .client = {.certificate = certificate, .chain = chain}};
    *forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
    identify(evaluation);
}

/* Waits for the owner's verdict, but never for an owner who waits for an OCSP responder: how many
 * do that at a time is for the ocsp module to limit. */
static bool wait_for_verdict(struct evaluation *evaluation)
{
    if (evaluation->is_owner || evaluation->entry == NULL || evaluation->certificate != NULL ||
        evaluation->service->ocsp != NULL)
        return false;
    worker_slots_leave(evaluation->service->slots);
    evaluation->judged =
        verdict_cache_wait_verdict(evaluation->entry, moment_of(evaluation), &evaluation->verdict);
    worker_slots_enter(evaluation->service->slots);
    return evaluation->judged;
}

void evaluate_verdict(struct evaluation *evaluation)
{
    if (evaluation->judged || wait_for_verdict(evaluation))
        return;
    if (evaluation->certificate != NULL || decode(evaluation))
        judge(evaluation);
    if (evaluation->is_owner) {
        verdict_cache_publish_verdict(evaluation->entry, &evaluation->verdict);
        evaluation->is_owner = false;
    }
}

bool evaluate_prove(struct evaluation *evaluation)
{
    if (evaluation->verdict.status <= VERDICT_UNTRUSTED)
        return false;
    if (evaluation->proven == NULL && (evaluation->certificate != NULL || decode(evaluation)))
        judge(evaluation);
    return evaluation->proven != NULL;
}

const void *evaluate_find_kept(
    const struct evaluation *evaluation, enum evaluate_kept which, size_t *length)
{
    *length = 0;
    return evaluation->entry != NULL
               ? verdict_cache_find_kept(evaluation->entry, (size_t)which, length)
               : NULL;
}

void evaluate_keep(
    struct evaluation *evaluation, enum evaluate_kept which, const void *bytes, size_t length)
{
    if (evaluation->entry != NULL)
        verdict_cache_keep(evaluation->entry, (size_t)which, bytes, length);
}

void evaluate_end(struct evaluation *evaluation)
{
    if (evaluation->is_owner)
        verdict_cache_give_up(evaluation->entry);
    verdict_cache_leave(evaluation->entry);
    sk_X509_pop_free(evaluation->proven, X509_free);
    client_certificate_free(&evaluation->client);
    forwarded_free(&evaluation->forwarded);
    *evaluation = (struct evaluation){.service = NULL};
}
