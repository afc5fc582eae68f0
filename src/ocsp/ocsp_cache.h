/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_CACHE_H
#define PEERCERT_OCSP_CACHE_H

#include "base/worker_slots.h"
#include "ocsp/ocsp_answer.h"
#include <stdint.h>

/* Answers as long as they may be relied on, and who is asking: of many threads that want the same
 * answer one asks and the others wait for it, and their number is bounded. Bounded; safe in several
 * threads at once; no lock is held while a responder is asked. */
struct ocsp_cache;

#define OCSP_CACHE_ENTRIES 1024
#define OCSP_KEY_SIZE 72
/* What a thread beyond that number waits for its turn while nothing comes, in milliseconds, and
 * while answers come: many requests at once, as browsers send them, need not be turned away. The
 * first is also how long nothing may come in time until half of the threads are spared. */
#define OCSP_GRACE_MS 200
#define OCSP_QUEUE_MS 1000

/* Whom an answer is about: SHA-256 of the issuer's key and of the certificate, and the number of
 * the trust's snapshot. */
struct ocsp_key {
    unsigned char bytes[OCSP_KEY_SIZE];
};

enum ocsp_turn {
    OCSP_TURN_KNOWN, /* *answer is filled */
    OCSP_TURN_ASK,   /* ask, then ocsp_cache_arrived, then ocsp_cache_leave */
    OCSP_TURN_BUSY,  /* too many are asking that responder, or in all: do without */
};

/* false when memory runs out, or when libcrypto fails. */
bool ocsp_key_make(struct ocsp_key *key, X509 *leaf, X509 *issuer, const struct trust *trust);

/* Makes a cache for `threads` that wait for answers at a time, and `processors` more that may ask
 * then: part of asking is work and no waiting. While nothing comes of a responder in time for
 * OCSP_GRACE_MS, half of `threads` (one at least) ask it, or wait for an answer that another asks
 * for, and others wait for their turn only as long as fewer than both numbers together wait: a
 * responder that is slow must not hold all threads. While answers come OCSP_MOST_QUEUED may. Where
 * there are several `responders`, one never has so many that less than half of `threads` are left
 * to the others. A thread gives its slot back while it waits here (`slots` is borrowed, and may be
 * NULL). NULL when out of memory; free with ocsp_cache_free, which accepts NULL. */
struct ocsp_cache *ocsp_cache_new(
    unsigned threads, unsigned processors, size_t responders, struct worker_slots *slots);
void ocsp_cache_free(struct ocsp_cache *cache);

/* Finds an answer that may be relied on at `now`, waits for one that another thread asks for
 * (`wait_ms` at the most), or has the caller ask the responder of this number, from 0. */
enum ocsp_turn ocsp_cache_enter(struct ocsp_cache *cache, size_t responder,
    const struct ocsp_key *key, time_t now, int64_t wait_ms, struct ocsp_answer *answer);

/* The caller has an answer of that responder, or will get none: another thread may ask while this
 * one checks it. `in_time`: an answer came, or it was seen within OCSP_GRACE_MS that none will; a
 * responder that refuses at once holds no threads. Who wants the same answer waits on. */
void ocsp_cache_arrived(struct ocsp_cache *cache, size_t responder, bool in_time);

/* Gives the turn back. The answer is copied and kept unless it is OCSP_FAILED. */
void ocsp_cache_leave(
    struct ocsp_cache *cache, const struct ocsp_key *key, const struct ocsp_answer *answer);

/* How many answers are kept, and how many threads ask or wait now; for tests and metrics. */
void ocsp_cache_measure(struct ocsp_cache *cache, size_t *answers, unsigned *asking);

#endif
