/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache.h"

#include <pthread.h>
#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* What an identity takes, roughly: so many bytes, and so many for each byte of the certificate. */
#define IDENTITY_BYTES ((size_t)2048)
#define IDENTITY_BYTES_PER_BYTE ((size_t)3)
/* The memory for an entry, on average. */
#define BYTES_OF_AN_ENTRY ((size_t)16384)

/* What is kept with an entry besides; never changes once there is an object. */
struct kept {
    void *_Atomic object;
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
    struct verdict_cache_entry *prev, *next; /* neighbours in the line */
    struct verdict_cache *cache;
    struct line *line;   /* that it stands in; NULL: it cannot be found */
    unsigned references; /* one for each that is within, and one while it can be found */
    size_t bytes;
    struct kept kept[VERDICT_CACHE_KEPT];
    struct identity *identity;
    struct forwarded forwarded; /* with its leaf, without its chain */
    struct verdict verdict;
    size_t key_length;
    unsigned char key[];
};

struct verdict_cache {
    size_t most, most_bytes;
    pthread_mutex_t lock;    /* guards all that follows */
    void *entries;           /* by key: a balanced tree (tsearch(3)), which needs no secret */
    struct line once, again; /* those that are valid and came again stand in the second */
    struct verdict_cache_entry *unused; /* nobody's any more: unlock frees them */
};

static void free_entry(struct verdict_cache_entry *entry)
{
    size_t i;

    identity_free(entry->identity);
    forwarded_free(&entry->forwarded);
    for (i = 0; i < VERDICT_CACHE_KEPT; i++) {
        if (entry->kept[i].object != NULL)
            entry->kept[i].release(entry->kept[i].object);
    }
    free(entry);
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

/* For tsearch(3). */
static int compare(const void *one, const void *other)
{
    const struct verdict_cache_entry *a = one, *b = other;

    if (a->key_length != b->key_length)
        return a->key_length < b->key_length ? -1 : 1;
    return memcmp(a->key, b->key, a->key_length);
}

/* All that follows down to verdict_cache_new is called with the lock held. */

/* Puts an entry at the front of a line (NULL: none), out of the one that it stood in. */
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
    (void)tdelete(entry, &entry->cache->entries, compare);
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

    if (cache == NULL)
        return NULL;
    cache->most = entries;
    cache->most_bytes = entries * BYTES_OF_AN_ENTRY;
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void verdict_cache_free(struct verdict_cache *cache)
{
    if (cache == NULL)
        return;
    (void)pthread_mutex_lock(&cache->lock);
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

/* Finds an entry that is good and has the key of this one, for the caller to hold. */
static struct verdict_cache_entry *find_good(const struct verdict_cache_entry *like, time_t now)
{
    struct verdict_cache *cache = like->cache;
    struct verdict_cache_entry *const *node, *found = NULL;

    (void)pthread_mutex_lock(&cache->lock);
    node = tfind(like, &cache->entries, compare);
    if (node != NULL && is_good_at(&(*node)->verdict, now)) {
        found = *node;
        found->references++;
        promote(found);
    } else if (node != NULL) {
        forget(*node);
    }
    unlock(cache);
    return found;
}

static size_t key_length(const struct verdict_cache_key *key)
{
    size_t i, length = sizeof(key->trust_number) + sizeof(key->rules_number);

    for (i = 0; i < key->selection->count; i++)
        length += sizeof(key->selection->items[i].length) + key->selection->items[i].length;
    return length;
}

/* A key as bytes: its numbers and items, each item with its length before it, so that no two keys
 * have the same bytes. */
static void write_key(unsigned char *to, const struct verdict_cache_key *key)
{
    size_t i;

    to = mempcpy(to, &key->trust_number, sizeof(key->trust_number));
    to = mempcpy(to, &key->rules_number, sizeof(key->rules_number));
    for (i = 0; i < key->selection->count; i++) {
        const size_t length = key->selection->items[i].length;

        to = mempcpy(to, &length, sizeof(length));
        to = mempcpy(to, key->selection->items[i].parameter, length);
    }
}

struct verdict_cache_entry *verdict_cache_enter(
    struct verdict_cache *cache, const struct verdict_cache_key *key, time_t now, bool *known)
{
    size_t length = key_length(key);
    struct verdict_cache_entry *found, *entry = malloc(sizeof(*entry) + length);

    *known = false;
    if (entry == NULL)
        return NULL;
    *entry = (struct verdict_cache_entry){
        .cache = cache, .references = 1, .bytes = sizeof(*entry) + length, .key_length = length};
    write_key(entry->key, key);
    found = find_good(entry, now);
    *known = found != NULL;
    if (found == NULL)
        return entry;
    free(entry);
    return found;
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
    struct verdict_cache_entry *const *node;
    bool first;

    if (verdict->status == VERDICT_NOT_JUDGED || !is_good_at(verdict, verdict->checked_at))
        return false;
    (void)pthread_mutex_lock(&cache->lock);
    node = tsearch(entry, &cache->entries, compare);
    first = node != NULL && *node == entry;
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
    struct kept *kept = &entry->kept[number];
    bool first;

    (void)pthread_mutex_lock(&entry->cache->lock);
    first = kept->object == NULL;
    if (first) {
        kept->length = length;
        kept->release = release_object;
        kept->object = object; /* last: others look without the lock */
        grow(entry, length);
    }
    unlock(entry->cache);
    return first;
}

const void *verdict_cache_find_kept(
    const struct verdict_cache_entry *entry, size_t number, size_t *length)
{
    const void *object = entry->kept[number].object;

    *length = object != NULL ? entry->kept[number].length : 0;
    return object;
}

void verdict_cache_leave(struct verdict_cache_entry *entry)
{
    struct verdict_cache *cache;

    if (entry == NULL)
        return;
    cache = entry->cache;
    (void)pthread_mutex_lock(&cache->lock);
    release(entry);
    unlock(cache);
}

void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes)
{
    (void)pthread_mutex_lock(&cache->lock);
    *entries = cache->once.count + cache->again.count;
    *bytes = cache->once.bytes + cache->again.bytes;
    unlock(cache);
}
