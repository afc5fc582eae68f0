#ifndef PEERCERT_VERDICT_CACHE_SHARD_H
#define PEERCERT_VERDICT_CACHE_SHARD_H

#include "cache/verdict_cache_items.h"

#include <pthread.h>

#define HASH_NONFATAL_OOM 1
/* The digest is as good a hash as any: its first bytes will do. */
#define HASH_FUNCTION(key, length, hash) ((hash) = first_bytes(key))
#include <uthash.h>

/* For verdict_cache.c alone: one part of the cache, with a lock of its own. What it holds is found
 * by digest and stands in one of two lists, newest first: what was seen once, and what is valid and
 * came again. All is called with the shard's lock held but for shard_begin and shard_end, and what
 * frees entries. */

enum stage { STAGE_DECODING, STAGE_JUDGING, STAGE_DONE, STAGE_GIVEN_UP };

struct shard;

/* What is kept with an entry besides; never changes once it is there. */
struct kept {
    void *bytes;
    size_t length;
};

/* All but `identity` and `key`, which never change once they are there, is guarded by the shard's
 * lock. */
struct verdict_cache_entry {
    UT_hash_handle hh;
    struct verdict_cache_entry *prev, *next; /* neighbours in the list that it stands in */
    struct shard *shard;
    unsigned char digest[DIGEST_SIZE];
    unsigned char *key;
    size_t key_length;
    size_t leaf_length;
    unsigned references; /* the table's own, and one for each that is within */
    bool in_table;
    bool returning; /* stands in the list `again` */
    enum stage stage;
    struct identity *identity;
    struct kept kept[VERDICT_CACHE_KEPT];
    struct verdict verdict;
    size_t bytes;
};

struct shard {
    pthread_mutex_t lock;
    pthread_cond_t changed;            /* a stage of one of the entries */
    struct verdict_cache_entry *table; /* by digest */
    struct verdict_cache_entry *once;
    struct verdict_cache_entry *again;
    size_t count, count_again, bytes;
    size_t most, most_again, most_bytes;
};

/* Makes an empty shard for this many entries (1 at least), and frees one that nobody uses any more.
 */
void shard_begin(struct shard *shard, size_t entries);
void shard_end(struct shard *shard);

/* Makes an entry that stands in no table yet; NULL for want of memory, or when the key is too large
 * to be kept. Free accepts NULL. */
struct verdict_cache_entry *shard_make_entry(
    struct shard *shard, const struct cache_items *items, const unsigned char digest[DIGEST_SIZE]);
void shard_free_entry(struct verdict_cache_entry *entry);

/* The entry with this digest, NULL when there is none. */
struct verdict_cache_entry *shard_find(
    struct shard *shard, const unsigned char digest[DIGEST_SIZE]);

/* Puts a new entry into the table, with a reference of the table's and one of the caller's. false
 * for want of memory. */
bool shard_insert(struct verdict_cache_entry *entry);

/* Takes an entry out of the table and its list. Returns it when nobody else holds it, to be freed
 * once the lock is given back; NULL otherwise. */
struct verdict_cache_entry *shard_remove(struct verdict_cache_entry *entry);

/* An entry came again: if it is valid to the front of the list for those, whose last may have to go
 * back. */
void shard_promote(struct verdict_cache_entry *entry);

/* Counts bytes that an entry has taken besides. */
void shard_grow(struct verdict_cache_entry *entry, size_t bytes);

/* Makes room: what was seen once goes first, the oldest before the others. `spared` stays. Returns
 * what is to be freed once the lock is given back, as a list (shard_free_all). */
struct verdict_cache_entry *shard_make_room(
    struct shard *shard, const struct verdict_cache_entry *spared);
void shard_free_all(struct verdict_cache_entry *freed);

#endif
