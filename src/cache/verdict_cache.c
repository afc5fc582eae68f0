/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache.h"
#include "cache/verdict_cache_key.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* What an identity takes, roughly: so many bytes, and so many for each byte of the certificate. */
#define IDENTITY_BYTES ((size_t)2048)
#define IDENTITY_BYTES_PER_BYTE ((size_t)3)
/* The memory for an entry, on average. */
#define BYTES_OF_AN_ENTRY ((size_t)16384)
/* Keys up to this length need no memory of their own while they are looked for. */
#define USUAL_KEY ((size_t)16384)

/* What is kept with an entry besides; never changes once it is there. */
struct kept {
    void *object;
    size_t length;
    void (*release)(void *object);
};

/* Entries that can be found, newest first. */
struct line {
    struct verdict_cache_entry *first;
    size_t count, bytes;
};

/* Key, identity, what was forwarded and the verdict never change once others can find them, nor
 * does what is kept once it is there; all else is guarded by the cache's lock. */
struct verdict_cache_entry {
    UT_hash_handle hh;
    struct verdict_cache_entry *prev, *next; /* neighbours in the line */
    struct verdict_cache *cache;
    struct line *line;   /* that it stands in; NULL: it cannot be found */
    unsigned references; /* one for each that is within, and one while it can be found */
    size_t bytes;
    _Atomic(struct kept *) kept[VERDICT_CACHE_KEPT];
    struct identity *identity;
    struct forwarded forwarded; /* with its leaf, without its chain */
    struct verdict verdict;
    unsigned hash;
    size_t key_length;
    unsigned char key[];
};

struct verdict_cache {
    struct cache_secret secret;
    size_t most, most_bytes;
    pthread_mutex_t lock;                /* guards all that follows */
    struct verdict_cache_entry *entries; /* by key */
    struct line once, again; /* those that are valid and came again stand in the second */
    struct verdict_cache_entry *unused; /* nobody's any more: unlock frees them */
};

static void free_entry(struct verdict_cache_entry *entry)
{
    size_t i;

    identity_free(entry->identity);
    forwarded_free(&entry->forwarded);
    for (i = 0; i < VERDICT_CACHE_KEPT; i++) {
        struct kept *kept = atomic_load(&entry->kept[i]);

        if (kept != NULL)
            kept->release(kept->object);
        free(kept);
    }
    free(entry);
}

static void lock(struct verdict_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
}

/* Only now are entries freed that nobody holds any more. */
static void unlock(struct verdict_cache *cache)
{
    struct verdict_cache_entry *unused = cache->unused, *next;

    cache->unused = NULL;
    (void)pthread_mutex_unlock(&cache->lock);
    for (; unused != NULL; unused = next) {
        next = unused->next;
        free_entry(unused);
    }
}

/* All that follows down to verdict_cache_new is called with the lock held. */

/* Puts an entry at the front of a line (NULL: none), and takes it out of the one that it stood in.
 */
static void change_line(struct verdict_cache_entry *entry, struct line *line)
{
    if (entry->line != NULL) {
        DL_DELETE(entry->line->first, entry);
        entry->line->count--;
        entry->line->bytes -= entry->bytes;
    }
    entry->line = line;
    if (line != NULL) {
        DL_PREPEND(line->first, entry);
        line->count++;
        line->bytes += entry->bytes;
    }
}

static void release(struct verdict_cache_entry *entry)
{
    if (--entry->references == 0)
        LL_PREPEND(entry->cache->unused, entry);
}

/* Nobody finds the entry any more. */
static void forget(struct verdict_cache_entry *entry)
{
    /* The table has it. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    HASH_DEL(entry->cache->entries, entry);
    change_line(entry, NULL);
    release(entry);
}

/* What was seen once goes first, the oldest before the others. */
static void make_room(struct verdict_cache *cache)
{
    while (cache->once.count + cache->again.count > cache->most ||
           cache->once.bytes + cache->again.bytes > cache->most_bytes)
        forget((cache->once.count > 0 ? &cache->once : &cache->again)->first->prev);
}

/* An entry came again: if it is valid it moves to the front of those, whose last may have to go
 * back. */
static void promote(struct verdict_cache_entry *entry)
{
    struct verdict_cache *cache = entry->cache;

    if (entry->verdict.status != VERDICT_VALID)
        return;
    change_line(entry, &cache->again);
    while (
        cache->again.count > cache->most * 3 / 4 || cache->again.bytes > cache->most_bytes / 4 * 3)
        change_line(cache->again.first->prev, &cache->once);
}

/* Counts bytes that an entry has taken besides, and makes room for them. */
static void grow(struct verdict_cache_entry *entry, size_t bytes)
{
    entry->bytes += bytes;
    if (entry->line != NULL) {
        entry->line->bytes += bytes;
        make_room(entry->cache);
    }
}

struct verdict_cache *verdict_cache_new(size_t entries)
{
    struct verdict_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL || !cache_secret_draw(&cache->secret)) {
        free(cache);
        return NULL;
    }
    cache->most = entries;
    cache->most_bytes = entries * BYTES_OF_AN_ENTRY;
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void verdict_cache_free(struct verdict_cache *cache)
{
    if (cache == NULL)
        return;
    lock(cache);
    cache->most = 0;
    make_room(cache);
    unlock(cache);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static bool is_good_at(const struct verdict *verdict, time_t now)
{
    return now >= verdict->good_from && now < verdict->good_until;
}

static struct verdict_cache_entry *find(
    struct verdict_cache *cache, const unsigned char *key, size_t length, unsigned hash)
{
    struct verdict_cache_entry *found = NULL;

    HASH_FIND_BYHASHVALUE(hh, cache->entries, key, length, hash, found);
    return found;
}

/* Finds an entry that is good, for the caller to hold. */
static struct verdict_cache_entry *find_good(
    struct verdict_cache *cache, const unsigned char *key, size_t length, unsigned hash, time_t now)
{
    struct verdict_cache_entry *found;

    lock(cache);
    found = find(cache, key, length, hash);
    if (found != NULL && !is_good_at(&found->verdict, now)) {
        forget(found);
        found = NULL;
    }
    if (found != NULL) {
        found->references++;
        promote(found);
    }
    unlock(cache);
    return found;
}

static struct verdict_cache_entry *make(
    struct verdict_cache *cache, const unsigned char *key, size_t length, unsigned hash)
{
    struct verdict_cache_entry *entry = calloc(1, sizeof(*entry) + length);

    if (entry == NULL)
        return NULL;
    entry->cache = cache;
    entry->references = 1;
    entry->bytes = sizeof(*entry) + length;
    entry->hash = hash;
    entry->key_length = length;
    memcpy(entry->key, key, length);
    return entry;
}

struct verdict_cache_entry *verdict_cache_enter(
    struct verdict_cache *cache, const struct verdict_cache_key *key, time_t now, bool *known)
{
    struct verdict_cache_entry *entry;
    size_t length = cache_key_length(key);
    unsigned char room[USUAL_KEY], *bytes = length <= sizeof(room) ? room : malloc(length);
    unsigned hash;

    *known = false;
    if (bytes == NULL)
        return NULL;
    cache_key_write(bytes, key);
    hash = (unsigned)cache_hash_bytes(&cache->secret, bytes, length);
    entry = find_good(cache, bytes, length, hash, now);
    *known = entry != NULL;
    if (entry == NULL)
        entry = make(cache, bytes, length, hash);
    if (bytes != room)
        free(bytes);
    return entry;
}

void verdict_cache_read(const struct verdict_cache_entry *entry, time_t now,
    const struct identity **identity, struct forwarded *forwarded, struct verdict *verdict)
{
    *identity = entry->identity;
    *forwarded = entry->forwarded;
    *verdict = entry->verdict;
    verdict->checked_at = now;
}

bool verdict_cache_publish(struct verdict_cache_entry *entry, struct identity *identity,
    const struct forwarded *forwarded, const struct verdict *verdict)
{
    struct verdict_cache *cache = entry->cache;
    bool first;

    if (verdict->status == VERDICT_NOT_JUDGED || !is_good_at(verdict, verdict->checked_at))
        return false;
    lock(cache);
    first = find(cache, entry->key, entry->key_length, entry->hash) == NULL;
    if (first)
        HASH_ADD_KEYPTR_BYHASHVALUE(
            hh, cache->entries, entry->key, entry->key_length, entry->hash, entry);
    first = first && entry->hh.tbl != NULL;
    if (first) {
        entry->identity = identity;
        entry->forwarded = *forwarded;
        entry->forwarded.chain_count = 0;
        entry->verdict = *verdict;
        entry->references++;
        change_line(entry, &cache->once);
        grow(entry, IDENTITY_BYTES + (IDENTITY_BYTES_PER_BYTE + 1) * forwarded->leaf.length);
    }
    unlock(cache);
    return first;
}

bool verdict_cache_keep(struct verdict_cache_entry *entry, size_t number, void *object,
    size_t length, void (*release_object)(void *object))
{
    struct kept *kept = malloc(sizeof(*kept)), *none = NULL;

    if (kept == NULL)
        return false;
    *kept = (struct kept){.object = object, .length = length, .release = release_object};
    if (!atomic_compare_exchange_strong(&entry->kept[number], &none, kept)) {
        free(kept);
        return false;
    }
    lock(entry->cache);
    grow(entry, sizeof(*kept) + length);
    unlock(entry->cache);
    return true;
}

const void *verdict_cache_find_kept(
    const struct verdict_cache_entry *entry, size_t number, size_t *length)
{
    const struct kept *kept = atomic_load(&entry->kept[number]);

    *length = kept != NULL ? kept->length : 0;
    return kept != NULL ? kept->object : NULL;
}

void verdict_cache_leave(struct verdict_cache_entry *entry)
{
    struct verdict_cache *cache;

    if (entry == NULL)
        return;
    cache = entry->cache;
    lock(cache);
    release(entry);
    unlock(cache);
}

void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes)
{
    lock(cache);
    *entries = cache->once.count + cache->again.count;
    *bytes = cache->once.bytes + cache->again.bytes;
    unlock(cache);
}
