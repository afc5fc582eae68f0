#include "unit/cache/verdict_cache_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct forwarded cache_forwarded(const char *leaf)
{
    struct forwarded forwarded = {.status = FORWARDED_PRESENT,
        .leaf = {.data = (unsigned char *)strdup(leaf), .length = strlen(leaf)},
        .source = "SSL_CLIENT_CERT",
        .form = "PEM"};

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

enum verdict_cache_role cache_enter(struct verdict_cache *cache, const struct forwarded *forwarded,
    uint64_t number, uint64_t rules_number, time_t now, struct verdict_cache_entry **entry)
{
    const struct verdict_cache_key key = {
        .forwarded = forwarded, .trust_number = number, .rules_number = rules_number};

    return verdict_cache_enter(cache, &key, now, entry);
}

void cache_publish(struct verdict_cache_entry *entry, const char *rendered, struct verdict verdict)
{
    verdict_cache_keep(entry, 0, rendered, strlen(rendered));
    verdict_cache_publish_identity(entry, calloc(1, sizeof(struct identity)));
    verdict_cache_publish_verdict(entry, &verdict);
    verdict_cache_leave(entry);
}

bool cache_ask(struct verdict_cache *cache, const char *leaf, enum verdict_status status)
{
    struct forwarded forwarded = cache_forwarded(leaf);
    struct verdict_cache_entry *entry = NULL;
    enum verdict_cache_role role = cache_enter(cache, &forwarded, 1, 0, NOW, &entry);
    struct verdict verdict;

    if (role == CACHE_OWNER) {
        cache_publish(entry, leaf, cache_good(status));
    } else if (role == CACHE_FOLLOWER) {
        size_t length = 0;

        cr_assert(verdict_cache_wait_identity(entry));
        cr_expect_eq(strncmp(verdict_cache_find_kept(entry, 0, &length), leaf, strlen(leaf)), 0);
        cr_expect_eq(length, strlen(leaf));
        cr_assert(verdict_cache_wait_verdict(entry, NOW, &verdict));
        cr_expect_eq(verdict.status, status, "%s", leaf);
        verdict_cache_leave(entry);
    }
    cache_forwarded_clear(&forwarded);
    return role == CACHE_FOLLOWER;
}
