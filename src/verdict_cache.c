#include "verdict_cache.h"
#include "verdict_cache_items.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
/* The digest is as good a hash as any: its first bytes will do. */
#define HASH_FUNCTION(key, length, hash) ((hash) = first_bytes(key))
#include <uthash.h>
#include <utlist.h>

#define MAX_SHARDS 16
/* Below this many entries one shard holds them all, so that each counts. */
#define ENTRIES_OF_A_SHARD 1024
#define BYTES_OF_AN_ENTRY ((size_t)16384)
/* Bytes of a key at the most: a long chain that is of no use must not push out many others. */
#define MAX_KEY ((size_t)32768)
/* What an identity takes, roughly: so many bytes, and so many for each byte of the certificate. */
#define IDENTITY_BYTES ((size_t)2048)
#define IDENTITY_BYTES_PER_BYTE ((size_t)3)

enum stage { STAGE_DECODING, STAGE_JUDGING, STAGE_DONE, STAGE_GIVEN_UP };

struct shard;

/* All but `identity`, `rendered` and `key`, which never change once they are there, is guarded by
 * the shard's lock. */
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
    char *rendered;
    size_t rendered_length;
    struct verdict verdict;
    size_t bytes;
};

struct shard {
    pthread_mutex_t lock;
    pthread_cond_t changed;            /* a stage of one of the entries */
    struct verdict_cache_entry *table; /* by digest */
    struct verdict_cache_entry *once;  /* newest first, as in the next */
    struct verdict_cache_entry *again; /* valid ones that came again */
    size_t count, count_again, bytes;
    size_t most, most_again, most_bytes;
};

struct verdict_cache {
    EVP_MD *sha256;
    size_t shard_count;
    struct shard shards[MAX_SHARDS];
};

static unsigned first_bytes(const void *digest)
{
    unsigned hash;

    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

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
    for (i = 0; i < cache->shard_count; i++) {
        struct shard *shard = &cache->shards[i];

        shard->most = entries / cache->shard_count;
        if (shard->most < 1)
            shard->most = 1;
        shard->most_again = shard->most * 3 / 4;
        shard->most_bytes = shard->most * BYTES_OF_AN_ENTRY;
        (void)pthread_mutex_init(&shard->lock, NULL);
        (void)pthread_cond_init(&shard->changed, NULL);
    }
    return cache;
}

static void entry_free(struct verdict_cache_entry *entry)
{
    if (entry == NULL)
        return;
    identity_free(entry->identity);
    free(entry->rendered);
    free(entry->key);
    free(entry);
}

/* Takes an entry out of the table and its list. Returns it when nobody else holds it, to be freed
 * once the lock is given back. */
static struct verdict_cache_entry *remove_entry(struct verdict_cache_entry *entry)
{
    struct shard *shard = entry->shard;

    if (!entry->in_table)
        return NULL;
    HASH_DEL(shard->table, entry);
    if (entry->returning)
        DL_DELETE(shard->again, entry);
    else
        DL_DELETE(shard->once, entry);
    shard->count_again -= entry->returning ? 1 : 0;
    shard->count--;
    shard->bytes -= entry->bytes;
    entry->in_table = false;
    entry->references--;
    return entry->references == 0 ? entry : NULL;
}

/* Makes room: what was seen once goes first, the oldest before the others. Returns what is to be
 * freed as a list. `spared` stays. */
static struct verdict_cache_entry *make_room(
    struct shard *shard, const struct verdict_cache_entry *spared)
{
    struct verdict_cache_entry *freed = NULL;

    while (shard->count > shard->most || shard->bytes > shard->most_bytes) {
        struct verdict_cache_entry *oldest = shard->once != NULL ? shard->once->prev : NULL;

        if (oldest == spared)
            oldest = NULL;
        if (oldest == NULL && shard->again != NULL)
            oldest = shard->again->prev;
        if (oldest == NULL || oldest == spared)
            break;
        oldest = remove_entry(oldest);
        if (oldest != NULL)
            LL_PREPEND(freed, oldest);
    }
    return freed;
}

static void free_all(struct verdict_cache_entry *freed)
{
    while (freed != NULL) {
        struct verdict_cache_entry *next = freed->next;

        entry_free(freed);
        freed = next;
    }
}

void verdict_cache_free(struct verdict_cache *cache)
{
    size_t i;

    if (cache == NULL)
        return;
    for (i = 0; i < cache->shard_count; i++) {
        struct shard *shard = &cache->shards[i];

        shard->most = 0;
        free_all(make_room(shard, NULL));
        (void)pthread_cond_destroy(&shard->changed);
        (void)pthread_mutex_destroy(&shard->lock);
    }
    EVP_MD_free(cache->sha256);
    free(cache);
}

static struct verdict_cache_entry *make_entry(
    struct shard *shard, const struct cache_items *items, const unsigned char digest[DIGEST_SIZE])
{
    struct verdict_cache_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->key_length = cache_items_length(items);
    if (entry->key_length <= MAX_KEY)
        entry->key = malloc(entry->key_length);
    if (entry->key == NULL) {
        free(entry);
        return NULL;
    }
    cache_items_copy(items, entry->key);
    memcpy(entry->digest, digest, DIGEST_SIZE);
    entry->shard = shard;
    entry->leaf_length = items->leaf_length;
    entry->bytes = sizeof(*entry) + entry->key_length;
    return entry;
}

static bool is_good_at(const struct verdict *verdict, time_t now)
{
    return now >= verdict->good_from && now < verdict->good_until;
}

/* It came again: if it is valid to the front of the list for those, whose last may have to go back.
 */
static void promote(struct verdict_cache_entry *entry)
{
    struct shard *shard = entry->shard;

    if (entry->returning) {
        DL_DELETE(shard->again, entry);
        DL_PREPEND(shard->again, entry);
        return;
    }
    if (shard->most_again == 0 || entry->stage != STAGE_DONE ||
        entry->verdict.status != VERDICT_VALID)
        return;
    DL_DELETE(shard->once, entry);
    DL_PREPEND(shard->again, entry);
    entry->returning = true;
    shard->count_again++;
    if (shard->count_again > shard->most_again) {
        struct verdict_cache_entry *last = shard->again->prev;

        DL_DELETE(shard->again, last);
        DL_PREPEND(shard->once, last);
        last->returning = false;
        shard->count_again--;
    }
}

/* Puts a new entry into the table. false for want of memory. */
static bool insert(struct verdict_cache_entry *entry)
{
    struct shard *shard = entry->shard;

    HASH_ADD(hh, shard->table, digest, DIGEST_SIZE, entry);
    if (entry->hh.tbl == NULL)
        return false;
    DL_PREPEND(shard->once, entry);
    entry->in_table = true;
    entry->references = 2;
    shard->count++;
    shard->bytes += entry->bytes;
    return true;
}

enum verdict_cache_role verdict_cache_enter(struct verdict_cache *cache,
    const struct verdict_cache_key *key, time_t now, struct verdict_cache_entry **entry)
{
    struct verdict_cache_entry *found = NULL, *freed = NULL, *fresh = NULL;
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
    HASH_FIND(hh, shard->table, digest, DIGEST_SIZE, found);
    if (found != NULL && found->stage == STAGE_DONE && !is_good_at(&found->verdict, now)) {
        freed = remove_entry(found);
        found = NULL;
    }
    if (found == NULL) {
        fresh = make_entry(shard, &items, digest);
        if (fresh != NULL && insert(fresh))
            role = CACHE_OWNER;
    } else if (cache_items_equal(&items, found->key, found->key_length)) {
        found->references++;
        promote(found);
        role = CACHE_FOLLOWER;
    }
    *entry = role == CACHE_OWNER ? fresh : role == CACHE_FOLLOWER ? found : NULL;
    if (freed != NULL)
        freed->next = NULL;
    if (role == CACHE_OWNER) {
        struct verdict_cache_entry *more = make_room(shard, fresh);

        LL_CONCAT(freed, more);
    }
    (void)pthread_mutex_unlock(&shard->lock);
    free_all(freed);
    if (role == CACHE_ALONE)
        entry_free(fresh);
    return role;
}

void verdict_cache_publish_identity(
    struct verdict_cache_entry *entry, struct identity *identity, char *rendered, size_t length)
{
    struct shard *shard = entry->shard;
    struct verdict_cache_entry *freed = NULL;
    size_t more = length + IDENTITY_BYTES + IDENTITY_BYTES_PER_BYTE * entry->leaf_length;

    (void)pthread_mutex_lock(&shard->lock);
    entry->identity = identity;
    entry->rendered = rendered;
    entry->rendered_length = length;
    entry->stage = STAGE_JUDGING;
    entry->bytes += more;
    if (entry->in_table) {
        shard->bytes += more;
        freed = make_room(shard, entry);
    }
    (void)pthread_cond_broadcast(&shard->changed);
    (void)pthread_mutex_unlock(&shard->lock);
    free_all(freed);
}

/* Ends the owner's work. */
static void settle(struct verdict_cache_entry *entry, enum stage stage)
{
    struct shard *shard = entry->shard;

    entry->stage = stage;
    if (stage == STAGE_GIVEN_UP)
        (void)remove_entry(entry); /* the owner still holds it */
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

const char *verdict_cache_rendered(const struct verdict_cache_entry *entry, size_t *length)
{
    *length = entry->rendered_length;
    return entry->rendered;
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
        entry_free(entry);
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
