/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_ARENA_H
#define PEERCERT_RULES_ARENA_H

#include <stddef.h>

/* Memory that lives as long as the rules and is freed at once. Zero it; free with
 * rules_arena_free. */
struct rules_arena {
    struct rules_chunk *chunks;
    size_t left;        /* bytes of the newest chunk */
    size_t chunk_bytes; /* of a new chunk; 0: 16 KiB */
    size_t size;        /* bytes in all */
};

/* Zeroed memory for `count` objects of `size` bytes, aligned for any object. NULL when out of
 * memory. Never NULL for 0 objects. */
void *rules_arena_get(struct rules_arena *arena, size_t count, size_t size);

/* A copy of the bytes with a NUL behind them. NULL when out of memory. */
char *rules_arena_copy(struct rules_arena *arena, const void *bytes, size_t length);

/* Frees all that was taken from the arena. */
void rules_arena_free(struct rules_arena *arena);

#endif
