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

/* Finds out who it is. */
static void identify(struct evaluation *evaluation)
{
    (void)decode(evaluation);
    evaluation->identity = evaluation->client.identity;
}

/* Looks whether the cache knows all of it. */
static bool is_known(struct evaluation *evaluation, uint64_t rules_number)
{
    const struct service *service = evaluation->service;
    const time_t now = moment_of(evaluation);
    struct forwarded_selection selection;
    struct verdict_cache_key key = {.selection = &selection, .rules_number = rules_number};

    if (service->cache == NULL ||
        !forwarded_select(evaluation->parameters, &service->forwarded_options, &selection))
        return false;
    key.trust_number = trust_number(evaluation->trust);
    evaluation->entry = verdict_cache_enter(service->cache, &key, now, &evaluation->judged);
    if (!evaluation->judged)
        return false;
    verdict_cache_read(evaluation->entry, now, &evaluation->identity, &evaluation->forwarded,
        &evaluation->verdict);
    evaluation->leaf_is_borrowed = true;
    return true;
}

void evaluate_request(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, uint64_t rules_number, char *const *parameters)
{
    *evaluation = (struct evaluation){.service = service,
        .trust = trust,
        .parameters = parameters,
        .began = clock_microseconds()};
    if (!is_known(evaluation, rules_number))
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

/* Hands identity, leaf and verdict to the entry, where others find them. */
static void publish(struct evaluation *evaluation)
{
    if (evaluation->entry == NULL || evaluation->client.identity == NULL ||
        !verdict_cache_publish(evaluation->entry, evaluation->client.identity,
            &evaluation->forwarded, &evaluation->verdict))
        return;
    evaluation->client.identity = NULL;
    evaluation->leaf_is_borrowed = true;
}

void evaluate_verdict(struct evaluation *evaluation)
{
    if (evaluation->judged)
        return;
    judge(evaluation);
    publish(evaluation);
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
    void *copy = malloc(length);

    if (copy == NULL)
        return;
    memcpy(copy, bytes, length);
    if (!evaluate_keep_object(evaluation, which, copy, length, free))
        free(copy);
}

bool evaluate_keep_object(struct evaluation *evaluation, enum evaluate_kept which, void *object,
    size_t length, void (*release)(void *object))
{
    return evaluation->entry != NULL &&
           verdict_cache_keep(evaluation->entry, (size_t)which, object, length, release);
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
    verdict_cache_leave(evaluation->entry);
    sk_X509_pop_free(evaluation->proven, X509_free);
    client_certificate_free(&evaluation->client);
    if (evaluation->leaf_is_borrowed)
        evaluation->forwarded.leaf = (struct bytes){.data = NULL};
    forwarded_free(&evaluation->forwarded);
    *evaluation = (struct evaluation){.service = NULL};
}
