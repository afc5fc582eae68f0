/* SPDX-License-Identifier: ISC */
#include "unit/cache/verdict_cache_helpers.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct forwarded cache_forwarded(const char *leaf)
{
    struct forwarded forwarded = {.status = FORWARDED_PRESENT,
        .leaf = {.data = (unsigned char *)strdup(leaf), .length = strlen(leaf)},
        .source = "SSL_CLIENT_CERT",
        .encoding = "PEM"};

    return forwarded;
}

void cache_add_chain(struct forwarded *forwarded, const char *words)
{
    forwarded->chain[forwarded->chain_count++] =
        (struct bytes){.data = (unsigned char *)strdup(words), .length = strlen(words)};
}

void cache_forwarded_clear(struct forwarded *forwarded)
{
    size_t i;

    free(forwarded->leaf.data);
    for (i = 0; i < forwarded->chain_count; i++)
        free(forwarded->chain[i].data);
}

struct verdict cache_good(enum verdict_status status)
{
    return (struct verdict){
        .status = status, .checked_at = NOW, .good_from = NOW - 10, .good_until = NOW + 10};
}

static void add_parameter(
    struct cache_parameters *parameters, const char *name, const void *value, size_t length)
{
    struct forwarded_selection *selection = &parameters->selection;
    size_t i = selection->count++;

    pki_must(asprintf(&parameters->strings[i], "%s=%.*s", name, (int)length,
                 length > 0 ? (const char *)value : "") >= 0,
        "asprintf");
    selection->items[i].parameter = parameters->strings[i];
    selection->items[i].length = strlen(parameters->strings[i]);
}

void cache_select(struct cache_parameters *parameters, const struct forwarded *forwarded)
{
    size_t i;

    *parameters = (struct cache_parameters){.selection = {.count = 0}};
    add_parameter(parameters, forwarded->source, forwarded->leaf.data, forwarded->leaf.length);
    if (forwarded->has_front_verify)
        add_parameter(parameters, "SSL_CLIENT_VERIFY", forwarded->front_verify,
            strlen(forwarded->front_verify));
    for (i = 0; i < forwarded->chain_count; i++)
        add_parameter(parameters, "SSL_CLIENT_CERT_CHAIN_0", forwarded->chain[i].data,
            forwarded->chain[i].length);
}

void cache_select_clear(struct cache_parameters *parameters)
{
    size_t i;

    for (i = 0; i < parameters->selection.count; i++)
        free(parameters->strings[i]);
}

struct verdict_cache_entry *cache_enter(struct verdict_cache *cache,
    const struct forwarded *forwarded, uint64_t number, uint64_t rules_number, time_t now,
    bool *known)
{
    struct cache_parameters parameters;
    const struct verdict_cache_key key = {
        .selection = &parameters.selection, .trust_number = number, .rules_number = rules_number};
    struct verdict_cache_entry *entry;

    cache_select(&parameters, forwarded);
    entry = verdict_cache_enter(cache, &key, now, known);
    cr_assert_not_null(entry);
    cache_select_clear(&parameters);
    return entry;
}

bool cache_keep(struct verdict_cache_entry *entry, size_t number, const char *words)
{
    char *copy = strdup(words);
    bool kept = verdict_cache_keep(entry, number, copy, strlen(words), free);

    if (!kept)
        free(copy);
    return kept;
}

bool cache_publish(struct verdict_cache_entry *entry, const char *rendered, struct verdict verdict)
{
    struct identity *identity = calloc(1, sizeof(*identity));
    struct forwarded forwarded = {.status = FORWARDED_PRESENT,
        .leaf = {.data = OPENSSL_malloc(strlen(rendered) + 1), .length = strlen(rendered)}};
    bool taken;

    memcpy(forwarded.leaf.data, rendered, strlen(rendered));
    (void)cache_keep(entry, 0, rendered);
    taken = verdict_cache_publish(entry, identity, &forwarded, &verdict);
    if (!taken) {
        identity_free(identity);
        forwarded_free(&forwarded);
    }
    verdict_cache_leave(entry);
    return taken;
}

bool cache_ask(struct verdict_cache *cache, const char *leaf, enum verdict_status status)
{
    struct forwarded forwarded = cache_forwarded(leaf), its;
    bool known;
    struct verdict_cache_entry *entry = cache_enter(cache, &forwarded, 1, 0, NOW, &known);
    const struct identity *identity = NULL;
    struct verdict verdict;
    size_t length = 0;

    if (known) {
        const char *kept = verdict_cache_find_kept(entry, 0, &length);

        verdict_cache_read(entry, NOW, &identity, &its, &verdict);
        cr_expect_not_null(identity);
        cr_expect_eq(length, strlen(leaf));
        cr_expect_eq(strncmp(kept, leaf, strlen(leaf)), 0);
        cr_expect_eq(its.leaf.length, strlen(leaf));
        cr_expect_eq(verdict.status, status, "%s", leaf);
        verdict_cache_leave(entry);
    } else {
        (void)cache_publish(entry, leaf, cache_good(status));
    }
    cache_forwarded_clear(&forwarded);
    return known;
}
