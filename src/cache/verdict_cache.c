#include "cache/verdict_cache.h"
#include "cache/verdict_cache_shard.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define MAX_SHARDS 16
/* Below this many entries one shard holds them all, so that each counts. */
#define ENTRIES_OF_A_SHARD 1024
/* What an identity takes, roughly: so many bytes, and so many for each byte of the certificate. */
#define IDENTITY_BYTES ((size_t)2048)
#define IDENTITY_BYTES_PER_BYTE ((size_t)3)

struct verdict_cache {
    EVP_MD *sha256;
    size_t shard_count;
    struct shard shards[MAX_SHARDS];
};

struct verdict_cache *verdict_cache_new(size_t entries)
{
    struct verdict_cache *cache = calloc(1, sizeof(*cache));
    size_t i;

    if (cache == NULL)
        return NULL;
    cache->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (cache->sha256 == NULL) {
        ERR_clear_error();
        free(cache);
        return NULL;
    }
    cache->shard_count = entries / ENTRIES_OF_A_SHARD;
    if (cache->shard_count < 1)
        cache->shard_count = 1;
    if (cache->shard_count > MAX_SHARDS)
        cache->shard_count = MAX_SHARDS;
    for (i = 0; i < cache->shard_count; i++)
        shard_begin(&cache->shards[i], entries / cache->shard_count);
    return cache;
}

void verdict_cache_free(struct verdict_cache *cache)
{
    size_t i;

    if (cache == NULL)
        return;
    for (i = 0; i < cache->shard_count; i++)
        shard_end(&cache->shards[i]);
    EVP_MD_free(cache->sha256);
    free(cache);
}

static bool is_good_at(const struct verdict *verdict, time_t now)
{
    return now >= verdict->good_from && now < verdict->good_until;
}

enum verdict_cache_role verdict_cache_enter(struct verdict_cache *cache,
    const struct verdict_cache_key *key, time_t now, struct verdict_cache_entry **entry)
{
    struct verdict_cache_entry *found, *freed = NULL, *fresh = NULL;
    enum verdict_cache_role role = CACHE_ALONE;
    unsigned char digest[DIGEST_SIZE];
    struct cache_items items;
    struct shard *shard;

    *entry = NULL;
    if (cache == NULL)
        return CACHE_ALONE;
    cache_items_collect(&items, key);
    if (!cache_items_digest(&items, cache->sha256, digest))
        return CACHE_ALONE;
    shard = &cache->shards[digest[DIGEST_SIZE - 1] % cache->shard_count];
    (void)pthread_mutex_lock(&shard->lock);
    found = shard_find(shard, digest);
    if (found != NULL && found->stage == STAGE_DONE && !is_good_at(&found->verdict, now)) {
        freed = shard_remove(found);
        found = NULL;
    }
    if (found == NULL) {
        fresh = shard_make_entry(shard, &items, digest);
        if (fresh != NULL && shard_insert(fresh))
            role = CACHE_OWNER;
    } else if (cache_items_equal(&items, found->key, found->key_length)) {
        found->references++;
        shard_promote(found);
        role = CACHE_FOLLOWER;
    }
    *entry = role == CACHE_OWNER ? fresh : role == CACHE_FOLLOWER ? found : NULL;
    if (freed != NULL)
        freed->next = NULL;
    if (role == CACHE_OWNER) {
        struct verdict_cache_entry *more = shard_make_room(shard, fresh);

        LL_CONCAT(freed, more);
    }
    (void)pthread_mutex_unlock(&shard->lock);
    shard_free_all(freed);
    if (role == CACHE_ALONE)
        shard_free_entry(fresh);
    return role;
}

void verdict_cache_publish_identity(struct verdict_cache_entry *entry, struct identity *identity)
{
    struct shard *shard = entry->shard;
    struct verdict_cache_entry *freed = NULL;
    size_t more = IDENTITY_BYTES + IDENTITY_BYTES_PER_BYTE * entry->leaf_length;

    (void)pthread_mutex_lock(&shard->lock);
    entry->identity = identity;
    entry->stage = STAGE_JUDGING;
    shard_grow(entry, more);
    if (entry->in_table)
        freed = shard_make_room(shard, entry);
    (void)pthread_cond_broadcast(&shard->changed);
    (void)pthread_mutex_unlock(&shard->lock);
    shard_free_all(freed);
}

/* Ends the owner's work. */
static void settle(struct verdict_cache_entry *entry, enum stage stage)
{
    struct shard *shard = entry->shard;

    entry->stage = stage;
    if (stage == STAGE_GIVEN_UP)
        (void)shard_remove(entry); /* the owner still holds it */
    (void)pthread_cond_broadcast(&shard->changed);
}

void verdict_cache_publish_verdict(struct verdict_cache_entry *entry, const struct verdict *verdict)
{
    bool keep = verdict->status != VERDICT_NOT_JUDGED && is_good_at(verdict, verdict->checked_at);

    (void)pthread_mutex_lock(&entry->shard->lock);
    entry->verdict = *verdict;
    settle(entry, keep ? STAGE_DONE : STAGE_GIVEN_UP);
    (void)pthread_mutex_unlock(&entry->shard->lock);
}

void verdict_cache_give_up(struct verdict_cache_entry *entry)
{
    (void)pthread_mutex_lock(&entry->shard->lock);
    settle(entry, STAGE_GIVEN_UP);
    (void)pthread_mutex_unlock(&entry->shard->lock);
}

bool verdict_cache_wait_identity(struct verdict_cache_entry *entry)
{
    bool good;

    (void)pthread_mutex_lock(&entry->shard->lock);
    while (entry->stage == STAGE_DECODING)
        (void)pthread_cond_wait(&entry->shard->changed, &entry->shard->lock);
    good = entry->stage != STAGE_GIVEN_UP;
    (void)pthread_mutex_unlock(&entry->shard->lock);
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

    (void)pthread_mutex_lock(&entry->shard->lock);
    while (entry->stage == STAGE_DECODING || entry->stage == STAGE_JUDGING)
        (void)pthread_cond_wait(&entry->shard->changed, &entry->shard->lock);
    good = copy_verdict(entry, now, verdict);
    (void)pthread_mutex_unlock(&entry->shard->lock);
    return good;
}

bool verdict_cache_peek_verdict(
    struct verdict_cache_entry *entry, time_t now, struct verdict *verdict)
{
    bool good;

    (void)pthread_mutex_lock(&entry->shard->lock);
    good = copy_verdict(entry, now, verdict);
    (void)pthread_mutex_unlock(&entry->shard->lock);
    return good;
}

const struct identity *verdict_cache_identity(const struct verdict_cache_entry *entry)
{
    return entry->identity;
}

void verdict_cache_keep(
    struct verdict_cache_entry *entry, size_t number, const void *bytes, size_t length)
{
    struct shard *shard = entry->shard;
    struct verdict_cache_entry *freed = NULL;
    struct kept *kept = &entry->kept[number];
    void *copy = malloc(length > 0 ? length : 1);

    if (copy == NULL)
        return;
    if (length > 0)
        memcpy(copy, bytes, length);
    (void)pthread_mutex_lock(&shard->lock);
    if (kept->bytes == NULL) {
        *kept = (struct kept){.bytes = copy, .length = length};
        copy = NULL;
        shard_grow(entry, length);
        if (entry->in_table)
            freed = shard_make_room(shard, entry);
    }
    (void)pthread_mutex_unlock(&shard->lock);
    free(copy);
    shard_free_all(freed);
}

const void *verdict_cache_find_kept(
    struct verdict_cache_entry *entry, size_t number, size_t *length)
{
    struct kept kept;

    (void)pthread_mutex_lock(&entry->shard->lock);
    kept = entry->kept[number];
    (void)pthread_mutex_unlock(&entry->shard->lock);
    *length = kept.length;
    return kept.bytes;
}

void verdict_cache_leave(struct verdict_cache_entry *entry)
{
    struct shard *shard;
    bool last;

    if (entry == NULL)
        return;
    shard = entry->shard;
    (void)pthread_mutex_lock(&shard->lock);
    entry->references--;
    last = entry->references == 0;
    (void)pthread_mutex_unlock(&shard->lock);
    if (last)
        shard_free_entry(entry);
}

void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes)
{
    size_t i;

    *entries = 0;
    *bytes = 0;
    for (i = 0; i < cache->shard_count; i++) {
        (void)pthread_mutex_lock(&cache->shards[i].lock);
        *entries += cache->shards[i].count;
        *bytes += cache->shards[i].bytes;
        (void)pthread_mutex_unlock(&cache->shards[i].lock);
    }
}
