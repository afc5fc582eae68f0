/* SPDX-License-Identifier: ISC */
#include "rules/rules_arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

Test(rules_arena, more_than_there_can_be_is_refused)
{
    struct rules_arena arena = {.chunk_bytes = 0};

    cr_expect_null(rules_arena_get(&arena, SIZE_MAX, 1));
    cr_expect_null(rules_arena_get(&arena, SIZE_MAX / 2, 3));
    cr_expect_null(rules_arena_get(&arena, SIZE_MAX / 16, 16));
    cr_expect_not_null(rules_arena_get(&arena, SIZE_MAX, 0));
    rules_arena_free(&arena);
}

/* Each piece is zero, aligned, and nobody else's; also those that are larger than a chunk. */
Test(rules_arena, pieces_are_zero_aligned_and_apart)
{
    static const size_t sizes[] = {1, 0, 15, 16, 17, 1000, 24, 5000, 3, 0, 2000, 1008, 1024, 7};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    struct rules_arena arena = {.chunk_bytes = 1024};
    unsigned char *pieces[COUNT];
    size_t i, j, sum = 0;

    for (i = 0; i < COUNT; i++) {
        pieces[i] = rules_arena_get(&arena, sizes[i], 1);
        cr_assert_not_null(pieces[i]);
        cr_expect_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (j = 0; j < sizes[i]; j++)
            cr_expect_eq(pieces[i][j], 0, "byte %zu of piece %zu", j, i);
        memset(pieces[i], (int)i + 1, sizes[i]);
        sum += sizes[i];
    }
    for (i = 0; i < COUNT; i++) {
        for (j = 0; j < sizes[i]; j++)
            cr_expect_eq(pieces[i][j], i + 1, "byte %zu of piece %zu", j, i);
    }
    cr_expect_geq(arena.size, sum);
    rules_arena_free(&arena);
    cr_expect_eq(arena.size, 0);
    cr_expect_null(arena.chunks);
}

Test(rules_arena, a_copy_ends_with_nul)
{
    struct rules_arena arena = {.chunk_bytes = 0};

    cr_expect_str_eq(rules_arena_copy(&arena, "abc", 2), "ab");
    cr_expect_str_eq(rules_arena_copy(&arena, NULL, 0), "");
    rules_arena_free(&arena);
}
