#include "cache/verdict_cache_shard.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define BYTES_OF_AN_ENTRY ((size_t)16384)
/* Bytes of a key at the most: a long chain that is of no use must not push out many others. */
#define MAX_KEY ((size_t)32768)

static unsigned first_bytes(const void *digest)
{
    unsigned hash;

    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

void shard_begin(struct shard *shard, size_t entries)
{
    *shard = (struct shard){.most = entries};
    shard->most_again = shard->most * 3 / 4;
    shard->most_bytes = shard->most * BYTES_OF_AN_ENTRY;
    (void)pthread_mutex_init(&shard->lock, NULL);
    (void)pthread_cond_init(&shard->changed, NULL);
}

void shard_end(struct shard *shard)
{
    shard->most = 0;
    shard_free_all(shard_make_room(shard, NULL));
    (void)pthread_cond_destroy(&shard->changed);
    (void)pthread_mutex_destroy(&shard->lock);
}

struct verdict_cache_entry *shard_make_entry(
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

void shard_free_entry(struct verdict_cache_entry *entry)
{
    size_t i;

    if (entry == NULL)
        return;
    identity_free(entry->identity);
    for (i = 0; i < VERDICT_CACHE_KEPT; i++)
        free(entry->kept[i].bytes);
    free(entry->key);
    free(entry);
}

struct verdict_cache_entry *shard_find(struct shard *shard, const unsigned char digest[DIGEST_SIZE])
{
    struct verdict_cache_entry *found = NULL;

    HASH_FIND(hh, shard->table, digest, DIGEST_SIZE, found);
    return found;
}

bool shard_insert(struct verdict_cache_entry *entry)
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

struct verdict_cache_entry *shard_remove(struct verdict_cache_entry *entry)
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

void shard_promote(struct verdict_cache_entry *entry)
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

void shard_grow(struct verdict_cache_entry *entry, size_t bytes)
{
    entry->bytes += bytes;
    if (entry->in_table)
        entry->shard->bytes += bytes;
}

struct verdict_cache_entry *shard_make_room(
    struct shard *shard, const struct verdict_cache_entry *spared)
{
    struct verdict_cache_entry *freed = NULL;

    while (shard->count > shard->most || shard->bytes > shard->most_bytes) {
        struct verdict_cache_entry *oldest = shard->once != NULL ? shard->once->prev : NULL;

        if (oldest == spared)
            oldest = NULL;
        if (oldest == NULL && shard->again != NULL)
            oldest = shard->again->prev;
        if (oldest == NULL)
            break;
        oldest = shard_remove(oldest);
        if (oldest != NULL)
            LL_PREPEND(freed, oldest);
    }
    return freed;
}

void shard_free_all(struct verdict_cache_entry *freed)
{
    while (freed != NULL) {
        struct verdict_cache_entry *next = freed->next;

        shard_free_entry(freed);
        freed = next;
    }
}
