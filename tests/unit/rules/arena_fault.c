/* SPDX-License-Identifier: ISC */
#include "rules/rules_arena.h"
#include "unit/base/memory_fault.h"

/* Memory of an arena fails like any other: by the piece, not only where a chunk ends. */

void *__real_rules_arena_get(struct rules_arena *arena, size_t count, size_t size);
char *__real_rules_arena_copy(struct rules_arena *arena, const void *bytes, size_t length);
void *__wrap_rules_arena_get(struct rules_arena *arena, size_t count, size_t size);
char *__wrap_rules_arena_copy(struct rules_arena *arena, const void *bytes, size_t length);

void *__wrap_rules_arena_get(struct rules_arena *arena, size_t count, size_t size)
{
    return memory_fault_now() ? NULL : __real_rules_arena_get(arena, count, size);
}

char *__wrap_rules_arena_copy(struct rules_arena *arena, const void *bytes, size_t length)
{
    return memory_fault_now() ? NULL : __real_rules_arena_copy(arena, bytes, length);
}
