/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_table.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static void free_entry(struct verdict_cache_entry *entry)
{
    size_t i;

    identity_free(entry->identity);
    forwarded_free(&entry->forwarded);
    for (i = 0; i < VERDICT_CACHE_KEPT; i++) {
        if (entry->kept[i].bytes != NULL)
            entry->kept[i].release(entry->kept[i].bytes);
    }
    free(entry->key);
    free(entry);
}

void cache_lock(struct verdict_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
}

void cache_unlock(struct verdict_cache *cache)
{
    struct verdict_cache_entry *unused = cache->unused, *next;

    cache->unused = NULL;
    (void)pthread_mutex_unlock(&cache->lock);
    for (; unused != NULL; unused = next) {
        next = unused->next;
        free_entry(unused);
    }
}

struct verdict_cache_entry *table_find(
    struct verdict_cache *cache, const struct cache_key_bytes *key)
{
    struct verdict_cache_entry *found = NULL;

    HASH_FIND_BYHASHVALUE(hh, cache->entries, key->data, key->length, key->hash, found);
    return found;
}

struct verdict_cache_entry *table_add(
    struct verdict_cache *cache, const struct cache_key_bytes *key)
{
    struct verdict_cache_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->key = malloc(key->length);
    if (entry->key == NULL)
        goto fail;
    memcpy(entry->key, key->data, key->length);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, cache->entries, entry->key, key->length, key->hash, entry);
    if (entry->hh.tbl == NULL)
        goto fail;
    entry->cache = cache;
    entry->is_digest = key->is_digest;
    DL_PREPEND(cache->once, entry);
    entry->in_table = true;
    entry->references = 2;
    cache->count++;
    table_grow(entry, sizeof(*entry) + key->length);
    return entry;

fail:
    free_entry(entry);
    return NULL;
}

void table_release(struct verdict_cache_entry *entry)
{
    entry->references--;
    if (entry->references == 0)
        LL_PREPEND(entry->cache->unused, entry);
}

void table_remove(struct verdict_cache_entry *entry)
{
    struct verdict_cache *cache = entry->cache;

    if (!entry->in_table)
        return;
    HASH_DEL(cache->entries, entry);
    if (entry->returning)
        DL_DELETE(cache->again, entry);
    else
        DL_DELETE(cache->once, entry);
    cache->count_again -= entry->returning ? 1 : 0;
    cache->count--;
    cache->bytes -= entry->bytes;
    entry->in_table = false;
    table_release(entry);
}

void table_promote(struct verdict_cache_entry *entry)
{
    struct verdict_cache *cache = entry->cache;

    if (entry->returning) {
        DL_DELETE(cache->again, entry);
        DL_PREPEND(cache->again, entry);
        return;
    }
    if (cache->most_again == 0 || entry->stage != STAGE_DONE ||
        entry->verdict.status != VERDICT_VALID)
        return;
    DL_DELETE(cache->once, entry);
    DL_PREPEND(cache->again, entry);
    entry->returning = true;
    cache->count_again++;
    if (cache->count_again > cache->most_again) {
        struct verdict_cache_entry *last = cache->again->prev;

        DL_DELETE(cache->again, last);
        DL_PREPEND(cache->once, last);
        last->returning = false;
        cache->count_again--;
    }
}

void table_grow(struct verdict_cache_entry *entry, size_t bytes)
{
    entry->bytes += bytes;
    if (!entry->in_table)
        return;
    entry->cache->bytes += bytes;
    table_make_room(entry->cache, entry);
}

void table_make_room(struct verdict_cache *cache, const struct verdict_cache_entry *spared)
{
    while (cache->count > cache->most || cache->bytes > cache->most_bytes) {
        struct verdict_cache_entry *oldest = cache->once != NULL ? cache->once->prev : NULL;

        if (oldest == spared)
            oldest = NULL;
        if (oldest == NULL && cache->again != NULL)
            oldest = cache->again->prev;
        if (oldest == NULL)
            break;
        table_remove(oldest);
    }
}
