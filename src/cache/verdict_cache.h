/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_CACHE_H
#define PEERCERT_VERDICT_CACHE_H

#include "certificate/identity.h"
#include "forwarded/forwarded.h"
#include "verify/verdict.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Remembers verdicts for as long as they cannot change: a hit never changes an answer, only its
 * cost. Decides nothing. Bounded in entries and bytes, safe in several threads at once; no lock is
 * held while a certificate is decoded or verified. Threads that ask for the same new certificate at
 * the same time each do the work, as many as there are processors at the most, and the first one's
 * is remembered.
 *
 * Valid certificates that come again are kept in three quarters of the room, all others pass
 * through the rest: a flood of certificates that are not valid, or are seen once, pushes out none
 * of them. */
struct verdict_cache;

/* What is remembered of one request, or will be. Held from verdict_cache_enter to
 * verdict_cache_leave. */
struct verdict_cache_entry;

/* All that an answer depends on besides the configuration, which does not change, and the time:
 * what was forwarded, as it came (forwarded_select), the snapshot of the trust, and the access
 * rules' number (0: none). Borrowed. */
struct verdict_cache_key {
    const struct forwarded_selection *selection;
    uint64_t trust_number;
    uint64_t rules_number;
};

/* Makes a cache for this many entries (1 at least), and on average 16 KiB for each at the most.
 * NULL when out of memory. Free when nobody holds an entry any more; accepts NULL. */
struct verdict_cache *verdict_cache_new(size_t entries);
void verdict_cache_free(struct verdict_cache *cache);

/* Finds the entry of a key, whose verdict must be good at `now` (verdict.good_from, good_until);
 * *known is true then. Otherwise makes one, which nobody else finds until it is published. NULL
 * when out of memory. Keys are compared byte by byte, so no two share an entry, and found in a
 * balanced tree, whose depth nobody can choose. */
struct verdict_cache_entry *verdict_cache_enter(
    struct verdict_cache *cache, const struct verdict_cache_key *key, time_t now, bool *known);

/* What is known: the identity and what was forwarded (without its chain), which are borrowed until
 * verdict_cache_leave, and the verdict with checked_at set to `now`. */
void verdict_cache_read(const struct verdict_cache_entry *entry, time_t now,
    const struct identity **identity, struct forwarded *forwarded, struct verdict *verdict);

/* Whoever has made the entry lets others find it with this verdict. From now on it owns *identity
 * and the leaf of *forwarded, which can be read as long as the entry is held (*forwarded keeps its
 * pointers; its chain stays the caller's). Returns false when nothing is to be found: the verdict
 * was not judged, or is good for no stretch of time, or somebody else was first. Then both stay the
 * caller's. */
bool verdict_cache_publish(struct verdict_cache_entry *entry, struct identity *identity,
    const struct forwarded *forwarded, const struct verdict *verdict);

/* What is kept with an entry besides, by its number: a rendering for each format, for instance. */
#define VERDICT_CACHE_KEPT 5

/* Keeps an object of `length` bytes in all, which the entry owns from now on and gives to `release`
 * at its end; whoever holds the entry may keep something. false when there is one already: it stays
 * the caller's. */
bool verdict_cache_keep(struct verdict_cache_entry *entry, size_t number, void *object,
    size_t length, void (*release)(void *object));

/* What was kept, *length bytes, borrowed until verdict_cache_leave; NULL when there is none. */
const void *verdict_cache_find_kept(
    const struct verdict_cache_entry *entry, size_t number, size_t *length);

/* Gives the entry back. Accepts NULL. */
void verdict_cache_leave(struct verdict_cache_entry *entry);

/* How many entries there are, and their bytes; for tests and metrics. */
void verdict_cache_measure(struct verdict_cache *cache, size_t *entries, size_t *bytes);

#endif
