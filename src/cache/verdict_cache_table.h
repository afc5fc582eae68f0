/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_CACHE_TABLE_H
#define PEERCERT_VERDICT_CACHE_TABLE_H

#include "cache/verdict_cache_key.h"

#include <pthread.h>

#define HASH_NONFATAL_OOM 1
/* The hash is keyed already: its lower half will do. */
#define HASH_FUNCTION(key, length, hash) ((hash) = table_lower_half(key))
#include <uthash.h>

/* For verdict_cache.c alone: the entries, found by hash, in one of two lists, newest first: what
 * was seen once, and what is valid and came again. All is called with the table's lock held but for
 * table_begin, table_end, table_make_entry and what frees entries. */

/* In the order in which they follow each other. */
enum stage { STAGE_DECODING, STAGE_JUDGING, STAGE_DONE, STAGE_GIVEN_UP };

struct table;

/* What is kept with an entry besides; never changes once it is there. */
struct kept {
    void *bytes;
    size_t length;
    void (*release)(void *bytes);
};

/* All but `identity`, `forwarded` and `key`, which never change once they are there, is guarded by
 * the table's lock. */
struct verdict_cache_entry {
    UT_hash_handle hh;
    struct verdict_cache_entry *prev, *next; /* neighbours in the list that it stands in */
    struct table *table;
    uint64_t hash;
    unsigned char *key; /* its bytes, or their digest when they are long */
    size_t key_length;
    bool is_digest;
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

struct table {
    struct worker_slots *slots; /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t changed;              /* a stage of one of the entries */
    struct verdict_cache_entry *entries; /* by hash */
    struct verdict_cache_entry *once;
    struct verdict_cache_entry *again;
    size_t count, count_again, bytes;
    size_t most, most_again, most_bytes;
};

/* Makes an empty table for this many entries (1 at least), and frees one that nobody uses any more.
 */
void table_begin(struct table *table, size_t entries);
void table_end(struct table *table);

/* Makes an entry that stands in no table yet; NULL when out of memory. Free accepts NULL. */
struct verdict_cache_entry *table_make_entry(struct table *table, const struct cache_probe *probe);
void table_free_entry(struct verdict_cache_entry *entry);

/* The entry with this hash, NULL when there is none. */
struct verdict_cache_entry *table_find(struct table *table, uint64_t hash);

/* True when the entry is that of the key: the hash alone is not believed. */
bool table_is_entry_of(const struct verdict_cache_entry *entry, const struct cache_probe *probe);

/* Puts a new entry into the table, with a reference of the table's and one of the caller's. false
 * when out of memory. */
bool table_insert(struct verdict_cache_entry *entry);

/* Takes an entry out of the table and its list. Returns it when nobody else holds it, to be freed
 * once the lock is given back; NULL otherwise. */
struct verdict_cache_entry *table_remove(struct verdict_cache_entry *entry);

/* An entry came again: if it is valid it moves to the front of the list for those, whose last may
 * have to go back. */
void table_promote(struct verdict_cache_entry *entry);

/* Counts bytes that an entry has taken besides. */
void table_grow(struct verdict_cache_entry *entry, size_t bytes);

/* Makes room: what was seen once goes first, the oldest before the others. `spared` stays. Returns
 * what is to be freed once the lock is given back, as a list (table_free_all). */
struct verdict_cache_entry *table_make_room(
    struct table *table, const struct verdict_cache_entry *spared);
void table_free_all(struct verdict_cache_entry *freed);

/* The lower half of a hash in memory, for uthash. */
unsigned table_lower_half(const void *hash);

#endif
