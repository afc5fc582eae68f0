/* SPDX-License-Identifier: ISC */
#include "rules/rules_arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)16 * 1024)
#define ALIGNMENT alignof(max_align_t)

struct rules_chunk {
    struct rules_chunk *next;
    size_t size;
    alignas(ALIGNMENT) unsigned char data[];
};

void *rules_arena_get(struct rules_arena *arena, size_t count, size_t size)
{
    struct rules_chunk *chunk = arena->chunks;
    size_t wanted;

    if (size != 0 && count > (SIZE_MAX - CHUNK_BYTES) / size)
        return NULL;
    wanted = (count * size + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    if (wanted > arena->left) {
        size_t bytes = arena->chunk_bytes != 0 ? arena->chunk_bytes : CHUNK_BYTES;

        bytes = wanted > bytes ? wanted : bytes;
        chunk = calloc(1, sizeof(*chunk) + bytes);
        if (chunk == NULL)
            return NULL;
        chunk->next = arena->chunks;
        chunk->size = bytes;
        arena->chunks = chunk;
        arena->left = bytes;
        arena->size += sizeof(*chunk) + bytes;
    }
    arena->left -= wanted;
    return chunk->data + (chunk->size - arena->left - wanted);
}

char *rules_arena_copy(struct rules_arena *arena, const void *bytes, size_t length)
{
    char *copy = rules_arena_get(arena, length + 1, 1);

    if (copy != NULL && length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

void rules_arena_free(struct rules_arena *arena)
{
    while (arena->chunks != NULL) {
        struct rules_chunk *next = arena->chunks->next;

        free(arena->chunks);
        arena->chunks = next;
    }
    arena->left = 0;
    arena->size = 0;
}
