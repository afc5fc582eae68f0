/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_CACHE_H
#define PEERCERT_VERDICT_CACHE_H

#include "base/worker_slots.h"
#include "certificate/identity.h"
#include "forwarded/forwarded.h"
#include "verify/verdict.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Remembers verdicts for as long as they cannot change: a hit never changes an answer, only its
 * cost. Decides nothing. Bounded in entries and bytes, safe in several threads at once; no lock is
 * held while a certificate is decoded or verified, and of many threads that ask for the same new
 * certificate one works and the others wait for it.
 *
 * Valid certificates that come again are kept in three quarters of the room, all others pass
 * through the rest: a flood of certificates that are not valid, or are seen once, pushes out none
 * of them. */
struct verdict_cache;

/* One certificate's place. Held from verdict_cache_enter to verdict_cache_leave. */
struct verdict_cache_entry;

/* All that an answer depends on besides the configuration, which does not change, and the time:
 * what was forwarded, as it came (forwarded_select), the snapshot of the trust, and the access
 * rules' number (0: none). Borrowed. */
struct verdict_cache_key {
    const struct forwarded_selection *selection;
    uint64_t trust_number;
    uint64_t rules_number;
};

enum verdict_cache_role {
    CACHE_ALONE,    /* no entry: work, and tell nobody (no cache, out of memory) */
    CACHE_OWNER,    /* new: work, and publish the identity and the verdict, or give up */
    CACHE_FOLLOWER, /* known, or somebody works on it: wait for the identity and the verdict */
};

/* Makes a cache for this many entries (1 at least), and on average 16 KiB for each at the most. Who
 * waits for another's work gives its slot back meanwhile (`slots`, borrowed, may be NULL). NULL
 * when out of memory. Free when nobody holds an entry any more; accepts NULL. */
struct verdict_cache *verdict_cache_new(size_t entries, struct worker_slots *slots);
void verdict_cache_free(struct verdict_cache *cache);

/* Finds or makes the entry of a key. `cache` may be NULL. *entry is NULL for CACHE_ALONE. An entry
 * whose verdict is not good at `now` (verdict.good_from, good_until) is not found. An entry is
 * found by a keyed hash of its key, whose bytes are then compared, so no two keys share an entry;
 * of a key above 32 KiB only the SHA-256 is kept and compared, and with it the verdict alone, no
 * identity. */
enum verdict_cache_role verdict_cache_enter(struct verdict_cache *cache,
    const struct verdict_cache_key *key, time_t now, struct verdict_cache_entry **entry);

/* The owner publishes the identity and what was forwarded; from now on the entry owns *identity and
 * the leaf of *forwarded, which can be read as long as the entry is held (*forwarded keeps its
 * pointers; its chain stays the caller's). Returns false when the entry keeps no identity (a key
 * above 32 KiB): then both stay the caller's. */
bool verdict_cache_publish_identity(struct verdict_cache_entry *entry, struct identity *identity,
    const struct forwarded *forwarded);

/* The owner publishes the verdict, which is copied. One that was not judged, or is good for no
 * stretch of time, is not kept and not given to followers. */
void verdict_cache_publish_verdict(
    struct verdict_cache_entry *entry, const struct verdict *verdict);

/* The owner publishes nothing (more): followers work alone. */
void verdict_cache_give_up(struct verdict_cache_entry *entry);

/* Waits until the owner has published the identity and what was forwarded (without its chain),
 * which are borrowed until verdict_cache_leave; *identity is NULL when the entry keeps none. false
 * when the owner gave up: work alone then. */
bool verdict_cache_wait_identity(struct verdict_cache_entry *entry,
    const struct identity **identity, struct forwarded *forwarded);

/* Waits until the owner has published a verdict that is good at `now`, and copies it with
 * checked_at set to `now`. false when there is none: work alone then. */
bool verdict_cache_wait_verdict(
    struct verdict_cache_entry *entry, time_t now, struct verdict *verdict);

/* The same without waiting: false also when there is no verdict yet. */
bool verdict_cache_peek_verdict(
    struct verdict_cache_entry *entry, time_t now, struct verdict *verdict);

/* What is kept with an entry besides, by its number: a rendering for each format, for instance. The
 * first that is kept stays. Keeps a copy, unless memory is short or the entry keeps no identity;
 * whoever holds the entry may do so. What is found, *length bytes, is borrowed until
 * verdict_cache_leave; NULL when there is none. */
#define VERDICT_CACHE_KEPT 5
/* Keeps a copy of the bytes at this place of the entry, unless something is there; does nothing
 * when out of memory. */
void verdict_cache_keep(
    struct verdict_cache_entry *entry, size_t number, const void *bytes, size_t length);
const void *verdict_cache_find_kept(
    struct verdict_cache_entry *entry, size_t number, size_t *length);

/* The same for an object of `length` bytes in all, which the entry owns from now on and gives to
 * `release` at its end. false when there is one already, or no place: it stays the caller's. */
bool verdict_cache_keep_object(struct verdict_cache_entry *entry, size_t number, void *object,
    size_t length, void (*release)(void *object));

/* Gives the entry back; the owner after it has published a verdict or given up. Accepts NULL. */
void verdict_cache_leave(struct verdict_cache_entry *entry);

/* How many entries there are, and their bytes; for tests and metrics. */
void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes);

#endif
