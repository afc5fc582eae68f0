/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_table.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define BYTES_OF_AN_ENTRY ((size_t)16384)

unsigned table_lower_half(const void *hash)
{
    uint64_t whole;

    memcpy(&whole, hash, sizeof(whole));
    return (unsigned)(whole & 0xFFFFFFFFU);
}

void table_begin(struct table *table, size_t entries)
{
    *table = (struct table){.most = entries};
    table->most_again = table->most * 3 / 4;
    table->most_bytes = table->most * BYTES_OF_AN_ENTRY;
    (void)pthread_mutex_init(&table->lock, NULL);
    (void)pthread_cond_init(&table->changed, NULL);
}

void table_end(struct table *table)
{
    table->most = 0;
    table_free_all(table_make_room(table, NULL));
    (void)pthread_cond_destroy(&table->changed);
    (void)pthread_mutex_destroy(&table->lock);
}

struct verdict_cache_entry *table_make_entry(struct table *table, const struct cache_probe *probe)
{
    struct verdict_cache_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->is_digest = probe->is_long;
    entry->key_length = probe->is_long ? CACHE_DIGEST_SIZE : probe->length;
    entry->key = malloc(entry->key_length);
    if (entry->key == NULL) {
        free(entry);
        return NULL;
    }
    if (probe->is_long)
        memcpy(entry->key, probe->digest, CACHE_DIGEST_SIZE);
    else
        cache_key_copy(probe->key, entry->key);
    entry->hash = probe->hash;
    entry->table = table;
    entry->bytes = sizeof(*entry) + entry->key_length;
    return entry;
}

void table_free_entry(struct verdict_cache_entry *entry)
{
    size_t i;

    if (entry == NULL)
        return;
    identity_free(entry->identity);
    forwarded_free(&entry->forwarded);
    for (i = 0; i < VERDICT_CACHE_KEPT; i++) {
        if (entry->kept[i].bytes != NULL)
            entry->kept[i].release(entry->kept[i].bytes);
    }
    free(entry->key);
    free(entry);
}

struct verdict_cache_entry *table_find(struct table *table, uint64_t hash)
{
    struct verdict_cache_entry *found = NULL;

    HASH_FIND(hh, table->entries, &hash, sizeof(hash), found);
    return found;
}

bool table_is_entry_of(const struct verdict_cache_entry *entry, const struct cache_probe *probe)
{
    if (entry->is_digest != probe->is_long)
        return false;
    return entry->is_digest ? memcmp(entry->key, probe->digest, CACHE_DIGEST_SIZE) == 0
                            : cache_key_equal(probe->key, entry->key, entry->key_length);
}

bool table_insert(struct verdict_cache_entry *entry)
{
    struct table *table = entry->table;

    HASH_ADD(hh, table->entries, hash, sizeof(entry->hash), entry);
    if (entry->hh.tbl == NULL)
        return false;
    DL_PREPEND(table->once, entry);
    entry->in_table = true;
    entry->references = 2;
    table->count++;
    table->bytes += entry->bytes;
    return true;
}

struct verdict_cache_entry *table_remove(struct verdict_cache_entry *entry)
{
    struct table *table = entry->table;

    if (!entry->in_table)
        return NULL;
    HASH_DEL(table->entries, entry);
    if (entry->returning)
        DL_DELETE(table->again, entry);
    else
        DL_DELETE(table->once, entry);
    table->count_again -= entry->returning ? 1 : 0;
    table->count--;
    table->bytes -= entry->bytes;
    entry->in_table = false;
    entry->references--;
    return entry->references == 0 ? entry : NULL;
}

void table_promote(struct verdict_cache_entry *entry)
{
    struct table *table = entry->table;

    if (entry->returning) {
        DL_DELETE(table->again, entry);
        DL_PREPEND(table->again, entry);
        return;
    }
    if (table->most_again == 0 || entry->stage != STAGE_DONE ||
        entry->verdict.status != VERDICT_VALID)
        return;
    DL_DELETE(table->once, entry);
    DL_PREPEND(table->again, entry);
    entry->returning = true;
    table->count_again++;
    if (table->count_again > table->most_again) {
        struct verdict_cache_entry *last = table->again->prev;

        DL_DELETE(table->again, last);
        DL_PREPEND(table->once, last);
        last->returning = false;
        table->count_again--;
    }
}

void table_grow(struct verdict_cache_entry *entry, size_t bytes)
{
    entry->bytes += bytes;
    if (entry->in_table)
        entry->table->bytes += bytes;
}

struct verdict_cache_entry *table_make_room(
    struct table *table, const struct verdict_cache_entry *spared)
{
    struct verdict_cache_entry *freed = NULL;

    while (table->count > table->most || table->bytes > table->most_bytes) {
        struct verdict_cache_entry *oldest = table->once != NULL ? table->once->prev : NULL;

        if (oldest == spared)
            oldest = NULL;
        if (oldest == NULL && table->again != NULL)
            oldest = table->again->prev;
        if (oldest == NULL)
            break;
        oldest = table_remove(oldest);
        if (oldest != NULL)
            LL_PREPEND(freed, oldest);
    }
    return freed;
}

void table_free_all(struct verdict_cache_entry *freed)
{
    while (freed != NULL) {
        struct verdict_cache_entry *next = freed->next;

        table_free_entry(freed);
        freed = next;
    }
}
