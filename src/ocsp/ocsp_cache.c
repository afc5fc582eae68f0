/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_cache.h"
#include "base/clock.h"
#include "certificate/alloc_watch.h"
#include "ocsp/ocsp.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

struct entry {
    UT_hash_handle hh; /* in the order in which they came */
    struct ocsp_key key;
    bool asking;
    struct ocsp_answer answer;
};

/* Threads that ask a responder, or all of them, or wait for one that asks the same; and those that
 * wait for their turn to do either. */
struct load {
    unsigned asking, queued;
};

/* One who waits for its turn to ask. Lives where its thread waits. */
struct place {
    struct place *prev, *next;
    bool taken; /* it stands in the line */
};

struct responder {
    struct load load;
    struct place *line; /* who came first is first */
    int64_t progress;   /* when an answer came, or the first thread began to ask (milliseconds) */
};

struct ocsp_cache {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    struct entry *table;
    size_t count;
    struct load all;
    /* These never change: how many may ask in all, and one responder while answers of its come, and
     * while none does. */
    unsigned most_asking, most_of_one, most_slow;
    struct worker_slots *slots; /* borrowed; never changes */
    struct responder responders[];
};

bool ocsp_key_make(struct ocsp_key *key, X509 *leaf, X509 *issuer, const struct trust *trust)
{
    uint64_t number = trust_number(trust);
    unsigned size = 0;

    alloc_watch_clear();
    if (X509_pubkey_digest(issuer, EVP_sha256(), key->bytes, &size) != 1 || size != 32 ||
        X509_digest(leaf, EVP_sha256(), key->bytes + 32, &size) != 1 || size != 32 ||
        alloc_watch_failed()) {
        ERR_clear_error();
        return false;
    }
    memcpy(key->bytes + 64, &number, sizeof(number));
    return true;
}

struct ocsp_cache *ocsp_cache_new(
    unsigned threads, unsigned processors, size_t responders, struct worker_slots *slots)
{
    struct ocsp_cache *cache =
        calloc(1, sizeof(*cache) + responders * sizeof(cache->responders[0]));

    if (cache == NULL)
        return NULL;
    cache->most_asking = threads + processors;
    cache->most_slow = threads > 1 ? threads / 2 : 1;
    cache->most_of_one = cache->most_asking - (responders > 1 ? cache->most_slow : 0);
    if (cache->most_of_one == 0)
        cache->most_of_one = 1;
    cache->slots = slots;
    (void)pthread_mutex_init(&cache->lock, NULL);
    clock_condition_init(&cache->changed);
    return cache;
}

static void drop(struct ocsp_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->table, entry);
    cache->count--;
    free(entry);
}

void ocsp_cache_free(struct ocsp_cache *cache)
{
    struct entry *entry;

    if (cache == NULL)
        return;
    entry = cache->table;
    HASH_CLEAR(hh, cache->table);
    while (entry != NULL) {
        struct entry *next = entry->hh.next;

        free(entry);
        entry = next;
    }
    (void)pthread_cond_destroy(&cache->changed);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* The entry of a key, unless its answer's time is over: then it goes. */
static struct entry *find(struct ocsp_cache *cache, const struct ocsp_key *key, time_t now)
{
    struct entry *entry = NULL;

    HASH_FIND(hh, cache->table, key, sizeof(*key), entry);
    if (entry == NULL || entry->asking || (now >= entry->answer.from && now < entry->answer.until))
        return entry;
    drop(cache, entry);
    return NULL;
}

/* The oldest answer goes when there are too many. Those that are asked for now are few. */
static void make_room(struct ocsp_cache *cache)
{
    struct entry *entry = cache->table;

    if (cache->count < OCSP_CACHE_ENTRIES)
        return;
    while (entry != NULL && entry->asking)
        entry = entry->hh.next;
    if (entry != NULL)
        drop(cache, entry);
}

/* Notes that the caller asks. When memory runs out nobody hears of its answer. */
static void note(struct ocsp_cache *cache, const struct ocsp_key *key)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return;
    make_room(cache);
    entry->key = *key;
    entry->asking = true;
    HASH_ADD(hh, cache->table, key, sizeof(entry->key), entry);
    if (entry->hh.tbl == NULL)
        free(entry);
    else
        cache->count++;
}

static struct timespec moment(int64_t milliseconds)
{
    return clock_timespec(clock_microseconds() + milliseconds * 1000);
}

static bool is_slow(const struct responder *responder)
{
    return clock_milliseconds() - responder->progress >= OCSP_GRACE_MS;
}

/* Whether another thread may ask a responder, or wait for the one that asks it about the same. */
static bool may_count(
    const struct ocsp_cache *cache, const struct responder *responder, const struct entry *entry)
{
    if (cache->all.asking >= cache->most_asking)
        return false;
    if (responder->load.asking < cache->most_slow)
        return true;
    return entry == NULL && responder->load.asking < cache->most_of_one && !is_slow(responder);
}

/* Counts one more, or less. */
static void count_asking(struct ocsp_cache *cache, struct responder *responder, int change)
{
    if (responder->load.asking == 0)
        responder->progress = clock_milliseconds();
    responder->load.asking += (unsigned)change;
    cache->all.asking += (unsigned)change;
}

static bool is_full(const struct load *load, unsigned most)
{
    return load->asking + load->queued >= most;
}

/* Waits for a change until a moment; false when there is none. */
static bool await_change(struct ocsp_cache *cache, const struct timespec *until)
{
    worker_slots_leave(cache->slots);
    return pthread_cond_timedwait(&cache->changed, &cache->lock, until) == 0;
}

/* Goes to the end of a responder's line, or out of it. */
static void stand_in_line(
    struct ocsp_cache *cache, struct responder *responder, struct place *place, bool wanted)
{
    if (wanted && !place->taken) {
        DL_APPEND(responder->line, place);
    } else if (!wanted && place->taken) {
        /* One that is taken has neighbours. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        DL_DELETE(responder->line, place);
        (void)pthread_cond_broadcast(&cache->changed); /* another one is first */
    }
    place->taken = wanted;
}

/* Whether as many wait for their turn as may: there must be threads for others. */
static bool is_crowded(const struct ocsp_cache *cache, const struct responder *responder)
{
    if (!is_slow(responder))
        return cache->all.queued >= OCSP_MOST_QUEUED;
    return is_full(&cache->all, cache->most_asking) ||
           is_full(&responder->load, cache->most_of_one);
}

/* The same for one who is not counted: true also when answers came meanwhile. */
static bool await_turn(
    struct ocsp_cache *cache, struct responder *responder, const struct timespec *until)
{
    bool changed;

    cache->all.queued++;
    responder->load.queued++;
    changed = await_change(cache, until);
    responder->load.queued--;
    cache->all.queued--;
    return changed || !is_slow(responder);
}

enum ocsp_turn ocsp_cache_enter(struct ocsp_cache *cache, size_t number, const struct ocsp_key *key,
    time_t now, int64_t wait_ms, struct ocsp_answer *answer)
{
    struct responder *responder = &cache->responders[number];
    const int64_t give_up = clock_milliseconds() + OCSP_QUEUE_MS;
    struct timespec until = {.tv_sec = 0};
    enum ocsp_turn turn = OCSP_TURN_BUSY;
    struct place place = {.taken = false};
    bool counted = false, late = false;

    (void)pthread_mutex_lock(&cache->lock);
    for (;;) {
        const struct entry *entry = find(cache, key, now);

        if (entry != NULL && !entry->asking) {
            *answer = entry->answer;
            turn = OCSP_TURN_KNOWN;
            break;
        }
        if (!counted && (entry != NULL || responder->line == NULL || responder->line == &place) &&
            may_count(cache, responder, entry)) {
            counted = true;
            count_asking(cache, responder, 1);
            until = moment(wait_ms);
            late = false;
        }
        if (entry == NULL && counted) {
            note(cache, key);
            turn = OCSP_TURN_ASK;
            break;
        }
        if (late || (!counted && is_crowded(cache, responder)))
            break;
        stand_in_line(cache, responder, &place, !counted && entry == NULL);
        if (counted) {
            late = !await_change(cache, &until);
        } else {
            until = moment(OCSP_GRACE_MS);
            late = !await_turn(cache, responder, &until) || clock_milliseconds() >= give_up;
        }
    }
    stand_in_line(cache, responder, &place, false);
    if (counted && turn != OCSP_TURN_ASK) {
        count_asking(cache, responder, -1);
        (void)pthread_cond_broadcast(&cache->changed);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return turn;
}

void ocsp_cache_arrived(struct ocsp_cache *cache, size_t number, bool in_time)
{
    struct responder *responder = &cache->responders[number];

    (void)pthread_mutex_lock(&cache->lock);
    count_asking(cache, responder, -1);
    if (in_time)
        responder->progress = clock_milliseconds();
    (void)pthread_cond_broadcast(&cache->changed);
    (void)pthread_mutex_unlock(&cache->lock);
}

void ocsp_cache_leave(
    struct ocsp_cache *cache, const struct ocsp_key *key, const struct ocsp_answer *answer)
{
    struct entry *entry = NULL;

    (void)pthread_mutex_lock(&cache->lock);
    HASH_FIND(hh, cache->table, key, sizeof(*key), entry);
    if (entry != NULL && answer->result == OCSP_FAILED) {
        drop(cache, entry);
    } else if (entry != NULL) {
        entry->answer = *answer;
        entry->asking = false;
    }
    (void)pthread_cond_broadcast(&cache->changed);
    (void)pthread_mutex_unlock(&cache->lock);
}

void ocsp_cache_measure(struct ocsp_cache *cache, size_t *answers, unsigned *asking)
{
    (void)pthread_mutex_lock(&cache->lock);
    *answers = cache->count;
    *asking = cache->all.asking;
    (void)pthread_mutex_unlock(&cache->lock);
}
