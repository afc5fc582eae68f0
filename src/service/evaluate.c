/* SPDX-License-Identifier: ISC */
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

/* Reads what was forwarded, unless that is done; what the cache knows of it is not all. */
static void read_forwarded(struct evaluation *evaluation)
{
    if (evaluation->parameters == NULL)
        return;
    forwarded_read(
        evaluation->parameters, &evaluation->service->forwarded_options, &evaluation->forwarded);
    evaluation->parameters = NULL;
    evaluation->leaf_is_borrowed = false;
}

/* Reads and decodes what was forwarded. Otherwise the verdict says why not. */
static bool decode(struct evaluation *evaluation)
{
    read_forwarded(evaluation);
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

/* Of a long key the cache knows the verdict alone: once that is there, the leaf is decoded for the
 * identity, and not the chain. */
static bool identify_known(struct evaluation *evaluation)
{
    struct verdict known;

    if (!verdict_cache_peek_verdict(evaluation->entry, moment_of(evaluation), &known))
        return false;
    read_forwarded(evaluation);
    if (!client_certificate_identify(&evaluation->client, &evaluation->forwarded))
        return false;
    evaluation->identity = evaluation->client.identity;
    evaluation->verdict = known;
    evaluation->judged = true;
    return true;
}

/* Takes the identity, and the verdict if it is there, from the entry of somebody else. false when
 * that one gave up. */
static bool follow(struct evaluation *evaluation)
{
    if (!verdict_cache_wait_identity(
            evaluation->entry, &evaluation->identity, &evaluation->forwarded))
        return false;
    if (evaluation->identity == NULL)
        return identify_known(evaluation);
    evaluation->leaf_is_borrowed = true;
    evaluation->judged =
        verdict_cache_peek_verdict(evaluation->entry, moment_of(evaluation), &evaluation->verdict);
    return true;
}

/* Hands identity and leaf to the entry, where others find them. */
static void publish(struct evaluation *evaluation)
{
    if (!verdict_cache_publish_identity(
            evaluation->entry, evaluation->client.identity, &evaluation->forwarded))
        return;
    evaluation->client.identity = NULL;
    evaluation->leaf_is_borrowed = true;
}

/* Finds out who it is, and lets the others know when there is an entry. */
static void identify(struct evaluation *evaluation)
{
    bool good = decode(evaluation);

    evaluation->identity = evaluation->client.identity;
    if (!evaluation->is_owner)
        return;
    if (good) {
        publish(evaluation);
    } else {
        verdict_cache_give_up(evaluation->entry);
        evaluation->is_owner = false;
    }
}

void evaluate_request(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, uint64_t rules_number, char *const *parameters)
{
    enum verdict_cache_role role = CACHE_ALONE;
    struct forwarded_selection selection;

    *evaluation = (struct evaluation){.service = service,
        .trust = trust,
        .parameters = parameters,
        .began = clock_microseconds()};
    if (service->cache != NULL &&
        forwarded_select(parameters, &service->forwarded_options, &selection)) {
        const struct verdict_cache_key key = {.selection = &selection,
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
    if (evaluation->is_owner || evaluation->entry == NULL || evaluation->service->ocsp != NULL)
        return false;
    evaluation->judged =
        verdict_cache_wait_verdict(evaluation->entry, moment_of(evaluation), &evaluation->verdict);
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

bool evaluate_keep_object(struct evaluation *evaluation, enum evaluate_kept which, void *object,
    size_t length, void (*release)(void *object))
{
    return evaluation->entry != NULL &&
           verdict_cache_keep_object(evaluation->entry, (size_t)which, object, length, release);
}

struct log_who evaluate_who(struct evaluation *evaluation)
{
    struct log_who who = {.identity = evaluation->identity};
    struct text text = {.limit = 0};

    if (evaluation->entry == NULL || evaluation->identity == NULL)
        return who;
    who.rendered = evaluate_find_kept(evaluation, EVALUATE_LOG, &who.length);
    if (who.rendered != NULL)
        return who;
    log_render_who(evaluation->service->log, &text, evaluation->identity);
    if (!text.failed && text.length > 0)
        evaluate_keep(evaluation, EVALUATE_LOG, text.data, text.length);
    text_free(&text);
    return who;
}

void evaluate_end(struct evaluation *evaluation)
{
    if (evaluation->is_owner)
        verdict_cache_give_up(evaluation->entry);
    verdict_cache_leave(evaluation->entry);
    sk_X509_pop_free(evaluation->proven, X509_free);
    client_certificate_free(&evaluation->client);
    if (evaluation->leaf_is_borrowed)
        evaluation->forwarded.leaf = (struct bytes){.data = NULL};
    forwarded_free(&evaluation->forwarded);
    *evaluation = (struct evaluation){.service = NULL};
}
