/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache.h"
#include "cache/verdict_cache_table.h"

#include <stdlib.h>
#include <string.h>

/* What an identity takes, roughly: so many bytes, and so many for each byte of the certificate. */
#define IDENTITY_BYTES ((size_t)2048)
#define IDENTITY_BYTES_PER_BYTE ((size_t)3)
/* The memory for an entry, on average. */
#define BYTES_OF_AN_ENTRY ((size_t)16384)

struct verdict_cache *verdict_cache_new(size_t entries, struct worker_slots *slots)
{
    struct verdict_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL || !cache_secret_draw(&cache->secret)) {
        free(cache);
        return NULL;
    }
    cache->most = entries;
    cache->most_again = entries * 3 / 4;
    cache->most_bytes = entries * BYTES_OF_AN_ENTRY;
    cache->slots = slots;
    (void)pthread_mutex_init(&cache->lock, NULL);
    (void)pthread_cond_init(&cache->changed, NULL);
    return cache;
}

void verdict_cache_free(struct verdict_cache *cache)
{
    if (cache == NULL)
        return;
    cache_lock(cache);
    cache->most = 0;
    table_make_room(cache, NULL);
    cache_unlock(cache);
    (void)pthread_cond_destroy(&cache->changed);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static bool is_good_at(const struct verdict *verdict, time_t now)
{
    return now >= verdict->good_from && now < verdict->good_until;
}

enum verdict_cache_role verdict_cache_enter(struct verdict_cache *cache,
    const struct verdict_cache_key *key, time_t now, struct verdict_cache_entry **entry)
{
    enum verdict_cache_role role = CACHE_ALONE;
    struct verdict_cache_entry *found;
    unsigned char room[CACHE_MAX_KEY];
    struct cache_key_bytes bytes;

    *entry = NULL;
    if (cache == NULL || !cache_key_write(&bytes, room, &cache->secret, key))
        return CACHE_ALONE;
    cache_lock(cache);
    found = table_find(cache, &bytes);
    if (found != NULL && found->stage == STAGE_DONE && !is_good_at(&found->verdict, now)) {
        table_remove(found);
        found = NULL;
    }
    if (found == NULL) {
        *entry = table_add(cache, &bytes);
        role = *entry != NULL ? CACHE_OWNER : CACHE_ALONE;
    } else {
        found->references++;
        table_promote(found);
        *entry = found;
        role = CACHE_FOLLOWER;
    }
    cache_unlock(cache);
    return role;
}

bool verdict_cache_publish_identity(
    struct verdict_cache_entry *entry, struct identity *identity, const struct forwarded *forwarded)
{
    bool keep = !entry->is_digest;

    cache_lock(entry->cache);
    entry->stage = STAGE_JUDGING;
    if (keep) {
        entry->identity = identity;
        entry->forwarded = *forwarded;
        entry->forwarded.chain_count = 0;
        table_grow(entry, IDENTITY_BYTES + (IDENTITY_BYTES_PER_BYTE + 1) * forwarded->leaf.length);
    }
    (void)pthread_cond_broadcast(&entry->cache->changed);
    cache_unlock(entry->cache);
    return keep;
}

/* Ends the owner's work. */
static void settle(struct verdict_cache_entry *entry, enum stage stage)
{
    entry->stage = stage;
    if (stage == STAGE_GIVEN_UP)
        table_remove(entry);
    (void)pthread_cond_broadcast(&entry->cache->changed);
}

void verdict_cache_publish_verdict(struct verdict_cache_entry *entry, const struct verdict *verdict)
{
    bool keep = verdict->status != VERDICT_NOT_JUDGED && is_good_at(verdict, verdict->checked_at);

    cache_lock(entry->cache);
    entry->verdict = *verdict;
    settle(entry, keep ? STAGE_DONE : STAGE_GIVEN_UP);
    cache_unlock(entry->cache);
}

void verdict_cache_give_up(struct verdict_cache_entry *entry)
{
    cache_lock(entry->cache);
    settle(entry, STAGE_GIVEN_UP);
    cache_unlock(entry->cache);
}

/* Waits until the owner is beyond a stage, without the worker's slot; with the lock held. */
static void wait_beyond(struct verdict_cache_entry *entry, enum stage stage)
{
    struct verdict_cache *cache = entry->cache;

    if (entry->stage > stage)
        return;
    worker_slots_leave(cache->slots);
    while (entry->stage <= stage)
        (void)pthread_cond_wait(&cache->changed, &cache->lock);
    worker_slots_enter(cache->slots);
}

bool verdict_cache_wait_identity(struct verdict_cache_entry *entry,
    const struct identity **identity, struct forwarded *forwarded)
{
    bool good;

    cache_lock(entry->cache);
    wait_beyond(entry, STAGE_DECODING);
    good = entry->stage != STAGE_GIVEN_UP;
    if (good) {
        *identity = entry->identity;
        *forwarded = entry->forwarded;
    }
    cache_unlock(entry->cache);
    return good;
}

/* Copies a verdict that is there and good; with the lock held. */
static bool copy_verdict(
    const struct verdict_cache_entry *entry, time_t now, struct verdict *verdict)
{
    if (entry->stage != STAGE_DONE || !is_good_at(&entry->verdict, now))
        return false;
    *verdict = entry->verdict;
    verdict->checked_at = now;
    return true;
}

bool verdict_cache_wait_verdict(
    struct verdict_cache_entry *entry, time_t now, struct verdict *verdict)
{
    bool good;

    cache_lock(entry->cache);
    wait_beyond(entry, STAGE_JUDGING);
    good = copy_verdict(entry, now, verdict);
    cache_unlock(entry->cache);
    return good;
}

bool verdict_cache_peek_verdict(
    struct verdict_cache_entry *entry, time_t now, struct verdict *verdict)
{
    bool good;

    cache_lock(entry->cache);
    good = copy_verdict(entry, now, verdict);
    cache_unlock(entry->cache);
    return good;
}

bool verdict_cache_keep_object(struct verdict_cache_entry *entry, size_t number, void *object,
    size_t length, void (*release)(void *object))
{
    struct kept *kept = &entry->kept[number];
    bool taken = false;

    if (entry->is_digest)
        return false;
    cache_lock(entry->cache);
    if (kept->bytes == NULL) {
        *kept = (struct kept){.bytes = object, .length = length, .release = release};
        taken = true;
        table_grow(entry, length);
    }
    cache_unlock(entry->cache);
    return taken;
}

void verdict_cache_keep(
    struct verdict_cache_entry *entry, size_t number, const void *bytes, size_t length)
{
    void *copy = malloc(length + 1);

    if (copy == NULL)
        return;
    memcpy(copy, bytes, length);
    if (!verdict_cache_keep_object(entry, number, copy, length, free))
        free(copy);
}

const void *verdict_cache_find_kept(
    struct verdict_cache_entry *entry, size_t number, size_t *length)
{
    struct kept kept;

    cache_lock(entry->cache);
    kept = entry->kept[number];
    cache_unlock(entry->cache);
    *length = kept.length;
    return kept.bytes;
}

void verdict_cache_leave(struct verdict_cache_entry *entry)
{
    struct verdict_cache *cache;

    if (entry == NULL)
        return;
    cache = entry->cache;
    cache_lock(cache);
    table_release(entry);
    cache_unlock(cache);
}

void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes)
{
    cache_lock(cache);
    *entries = cache->count;
    *bytes = cache->bytes;
    cache_unlock(cache);
}
