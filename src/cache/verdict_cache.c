/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache.h"
#include "cache/verdict_cache_table.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* What an identity takes, roughly: so many bytes, and so many for each byte of the certificate. */
#define IDENTITY_BYTES ((size_t)2048)
#define IDENTITY_BYTES_PER_BYTE ((size_t)3)

struct verdict_cache {
    struct cache_secret secret;
    struct table table;
};

struct verdict_cache *verdict_cache_new(size_t entries, struct worker_slots *slots)
{
    struct verdict_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL || !cache_secret_draw(&cache->secret)) {
        free(cache);
        return NULL;
    }
    table_begin(&cache->table, entries);
    cache->table.slots = slots;
    return cache;
}

void verdict_cache_free(struct verdict_cache *cache)
{
    if (cache == NULL)
        return;
    table_end(&cache->table);
    free(cache);
}

static bool is_good_at(const struct verdict *verdict, time_t now)
{
    return now >= verdict->good_from && now < verdict->good_until;
}

/* The entry that is found, unless its verdict has ended: then it goes, into *freed. With the lock
 * held. */
static struct verdict_cache_entry *find_good(
    struct table *table, uint64_t hash, time_t now, struct verdict_cache_entry **freed)
{
    struct verdict_cache_entry *found = table_find(table, hash);

    if (found == NULL || found->stage != STAGE_DONE || is_good_at(&found->verdict, now))
        return found;
    *freed = table_remove(found);
    if (*freed != NULL)
        (*freed)->next = NULL;
    return NULL;
}

/* Makes an entry and the room for it. With the lock held. */
static struct verdict_cache_entry *add(
    struct table *table, const struct cache_probe *probe, struct verdict_cache_entry **freed)
{
    struct verdict_cache_entry *fresh = table_make_entry(table, probe), *more;

    if (fresh != NULL && !table_insert(fresh)) {
        table_free_entry(fresh);
        return NULL;
    }
    if (fresh == NULL)
        return NULL;
    more = table_make_room(table, fresh);
    LL_CONCAT(*freed, more);
    return fresh;
}

enum verdict_cache_role verdict_cache_enter(struct verdict_cache *cache,
    const struct verdict_cache_key *key, time_t now, struct verdict_cache_entry **entry)
{
    struct verdict_cache_entry *found, *freed = NULL;
    enum verdict_cache_role role = CACHE_ALONE;
    struct cache_probe probe;

    *entry = NULL;
    if (cache == NULL || !cache_probe_key(&probe, &cache->secret, key))
        return CACHE_ALONE;
    (void)pthread_mutex_lock(&cache->table.lock);
    found = find_good(&cache->table, probe.hash, now, &freed);
    if (found == NULL) {
        *entry = add(&cache->table, &probe, &freed);
        role = *entry != NULL ? CACHE_OWNER : CACHE_ALONE;
    } else if (table_is_entry_of(found, &probe)) {
        found->references++;
        table_promote(found);
        *entry = found;
        role = CACHE_FOLLOWER;
    }
    (void)pthread_mutex_unlock(&cache->table.lock);
    table_free_all(freed);
    return role;
}

bool verdict_cache_publish_identity(
    struct verdict_cache_entry *entry, struct identity *identity, const struct forwarded *forwarded)
{
    struct table *table = entry->table;
    struct verdict_cache_entry *freed = NULL;
    bool keep = !entry->is_digest;

    (void)pthread_mutex_lock(&table->lock);
    entry->stage = STAGE_JUDGING;
    if (keep) {
        entry->identity = identity;
        entry->forwarded = *forwarded;
        entry->forwarded.chain_count = 0;
        table_grow(entry, IDENTITY_BYTES + (IDENTITY_BYTES_PER_BYTE + 1) * forwarded->leaf.length);
        if (entry->in_table)
            freed = table_make_room(table, entry);
    }
    (void)pthread_cond_broadcast(&table->changed);
    (void)pthread_mutex_unlock(&table->lock);
    table_free_all(freed);
    return keep;
}

/* Ends the owner's work. */
static void settle(struct verdict_cache_entry *entry, enum stage stage)
{
    struct table *table = entry->table;

    entry->stage = stage;
    if (stage == STAGE_GIVEN_UP)
        (void)table_remove(entry); /* the owner still holds it */
    (void)pthread_cond_broadcast(&table->changed);
}

void verdict_cache_publish_verdict(struct verdict_cache_entry *entry, const struct verdict *verdict)
{
    bool keep = verdict->status != VERDICT_NOT_JUDGED && is_good_at(verdict, verdict->checked_at);

    (void)pthread_mutex_lock(&entry->table->lock);
    entry->verdict = *verdict;
    settle(entry, keep ? STAGE_DONE : STAGE_GIVEN_UP);
    (void)pthread_mutex_unlock(&entry->table->lock);
}

void verdict_cache_give_up(struct verdict_cache_entry *entry)
{
    (void)pthread_mutex_lock(&entry->table->lock);
    settle(entry, STAGE_GIVEN_UP);
    (void)pthread_mutex_unlock(&entry->table->lock);
}

/* Waits until the owner is beyond a stage, without the worker's slot; with the lock held. */
static void wait_beyond(struct verdict_cache_entry *entry, enum stage stage)
{
    struct table *table = entry->table;

    if (entry->stage > stage)
        return;
    worker_slots_leave(table->slots);
    while (entry->stage <= stage)
        (void)pthread_cond_wait(&table->changed, &table->lock);
    worker_slots_enter(table->slots);
}

bool verdict_cache_wait_identity(struct verdict_cache_entry *entry)
{
    bool good;

    (void)pthread_mutex_lock(&entry->table->lock);
    wait_beyond(entry, STAGE_DECODING);
    good = entry->stage != STAGE_GIVEN_UP;
    (void)pthread_mutex_unlock(&entry->table->lock);
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

    (void)pthread_mutex_lock(&entry->table->lock);
    wait_beyond(entry, STAGE_JUDGING);
    good = copy_verdict(entry, now, verdict);
    (void)pthread_mutex_unlock(&entry->table->lock);
    return good;
}

bool verdict_cache_peek_verdict(
    struct verdict_cache_entry *entry, time_t now, struct verdict *verdict)
{
    bool good;

    (void)pthread_mutex_lock(&entry->table->lock);
    good = copy_verdict(entry, now, verdict);
    (void)pthread_mutex_unlock(&entry->table->lock);
    return good;
}

const struct identity *verdict_cache_identity(const struct verdict_cache_entry *entry)
{
    return entry->identity;
}

const struct forwarded *verdict_cache_forwarded(const struct verdict_cache_entry *entry)
{
    return &entry->forwarded;
}

bool verdict_cache_keep_object(struct verdict_cache_entry *entry, size_t number, void *object,
    size_t length, void (*release)(void *object))
{
    struct table *table = entry->table;
    struct verdict_cache_entry *freed = NULL;
    struct kept *kept = &entry->kept[number];
    bool taken = false;

    if (entry->is_digest)
        return false;
    (void)pthread_mutex_lock(&table->lock);
    if (kept->bytes == NULL) {
        *kept = (struct kept){.bytes = object, .length = length, .release = release};
        taken = true;
        table_grow(entry, length);
        if (entry->in_table)
            freed = table_make_room(table, entry);
    }
    (void)pthread_mutex_unlock(&table->lock);
    table_free_all(freed);
    return taken;
}

void verdict_cache_keep(
    struct verdict_cache_entry *entry, size_t number, const void *bytes, size_t length)
{
    void *copy = malloc(length > 0 ? length : 1);

    if (copy == NULL)
        return;
    if (length > 0)
        memcpy(copy, bytes, length);
    if (!verdict_cache_keep_object(entry, number, copy, length, free))
        free(copy);
}

const void *verdict_cache_find_kept(
    struct verdict_cache_entry *entry, size_t number, size_t *length)
{
    struct kept kept;

    (void)pthread_mutex_lock(&entry->table->lock);
    kept = entry->kept[number];
    (void)pthread_mutex_unlock(&entry->table->lock);
    *length = kept.length;
    return kept.bytes;
}

void verdict_cache_leave(struct verdict_cache_entry *entry)
{
    struct table *table;
    bool last;

    if (entry == NULL)
        return;
    table = entry->table;
    (void)pthread_mutex_lock(&table->lock);
    entry->references--;
    last = entry->references == 0;
    (void)pthread_mutex_unlock(&table->lock);
    if (last)
        table_free_entry(entry);
}

void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes)
{
    (void)pthread_mutex_lock(&cache->table.lock);
    *entries = cache->table.count;
    *bytes = cache->table.bytes;
    (void)pthread_mutex_unlock(&cache->table.lock);
}
