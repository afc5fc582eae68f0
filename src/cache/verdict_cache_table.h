/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_CACHE_TABLE_H
#define PEERCERT_VERDICT_CACHE_TABLE_H

#include "cache/verdict_cache_key.h"

#include <pthread.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* For verdict_cache.c alone: the entries, found by their key, in one of two lists, newest first:
 * what was seen once, and what is valid and came again. All is called with the cache's lock held
 * but for cache_lock. */

/* In the order in which they follow each other. */
enum stage { STAGE_DECODING, STAGE_JUDGING, STAGE_DONE, STAGE_GIVEN_UP };

/* What is kept with an entry besides; never changes once it is there. */
struct kept {
    void *bytes;
    size_t length;
    void (*release)(void *bytes);
};

/* All but `identity`, `forwarded` and `key`, which never change once they are there, is guarded by
 * the cache's lock. */
struct verdict_cache_entry {
    UT_hash_handle hh;
    struct verdict_cache_entry *prev, *next; /* neighbours in the list that it stands in */
    struct verdict_cache *cache;
    unsigned char *key;  /* owned */
    bool is_digest;      /* of a key that is too long */
    unsigned references; /* the table's own, and one for each that is within */
    bool in_table;
    bool returning; /* stands in the list `again` */
    enum stage stage;
    struct identity *identity;
    struct forwarded forwarded; /* with its leaf, without its chain */
    struct kept kept[VERDICT_CACHE_KEPT];
    struct verdict verdict;
    size_t bytes;
};

struct verdict_cache {
    struct cache_secret secret;
    struct worker_slots *slots; /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t changed;              /* a stage of one of the entries */
    struct verdict_cache_entry *entries; /* by key */
    struct verdict_cache_entry *once;
    struct verdict_cache_entry *again;
    struct verdict_cache_entry *unused; /* nobody's any more: cache_unlock frees them */
    size_t count, count_again, bytes;
    size_t most, most_again, most_bytes;
};

/* Takes the lock, and gives it back; only then are entries freed that nobody holds any more. */
void cache_lock(struct verdict_cache *cache);
void cache_unlock(struct verdict_cache *cache);

/* The entry with this key, NULL when there is none. */
struct verdict_cache_entry *table_find(
    struct verdict_cache *cache, const struct cache_key_bytes *key);

/* Makes an entry, with a reference of the table's and one of the caller's, and the room for it;
 * copies the key. NULL when out of memory. */
struct verdict_cache_entry *table_add(
    struct verdict_cache *cache, const struct cache_key_bytes *key);

/* Takes an entry out of the table and its list; no effect when it was taken out before. */
void table_remove(struct verdict_cache_entry *entry);

/* Gives a reference back. */
void table_release(struct verdict_cache_entry *entry);

/* An entry came again: if it is valid it moves to the front of the list for those, whose last may
 * have to go back. */
void table_promote(struct verdict_cache_entry *entry);

/* Counts bytes that an entry has taken besides, and makes room for them. */
void table_grow(struct verdict_cache_entry *entry, size_t bytes);

/* Makes room: what was seen once goes first, the oldest before the others. `spared` stays. */
void table_make_room(struct verdict_cache *cache, const struct verdict_cache_entry *spared);

#endif
