/* SPDX-License-Identifier: ISC */
#include "unit/cache/verdict_cache_helpers.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A leaf of this length whose first byte is `name`. Free with free(). */
static char *long_leaf(char name, size_t length)
{
    char *leaf = malloc(length + 1);

    memset(leaf, 'x', length);
    leaf[0] = name;
    leaf[length] = '\0';
    return leaf;
}

static size_t count_entries(struct verdict_cache *cache)
{
    size_t entries, bytes;

    verdict_cache_measure(cache, &entries, &bytes);
    return entries;
}

Test(verdict_cache_room, it_holds_as_many_as_it_is_made_for)
{
    static const size_t sizes[] = {1, 2, 4, 64, 255};
    char name[32];
    size_t i, j;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct verdict_cache *cache = verdict_cache_new(sizes[i]);

        for (j = 0; j < sizes[i]; j++) {
            (void)snprintf(name, sizeof(name), "%zu", j);
            (void)cache_ask(cache, name, VERDICT_UNTRUSTED);
        }
        cr_expect_eq(count_entries(cache), sizes[i], "%zu of %zu", count_entries(cache), sizes[i]);
        cr_expect(cache_ask(cache, "0", VERDICT_UNTRUSTED), "the first of %zu is gone", sizes[i]);
        cr_expect_not(cache_ask(cache, "one more", VERDICT_UNTRUSTED));
        cr_expect_eq(count_entries(cache), sizes[i]);
        cr_expect_not(
            cache_ask(cache, "0", VERDICT_UNTRUSTED), "the oldest of %zu stayed", sizes[i]);
        verdict_cache_free(cache);
    }
}

Test(verdict_cache_room, three_quarters_of_the_room_are_for_those_that_came_again)
{
    static const char *const valid[] = {"a", "b", "c"};
    struct verdict_cache *cache = verdict_cache_new(4);
    char name[32];
    size_t i;

    for (i = 0; i < 6; i++)
        (void)cache_ask(cache, valid[i % 3], VERDICT_VALID);
    for (i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof(name), "once %zu", i);
        (void)cache_ask(cache, name, VERDICT_VALID);
    }
    for (i = 0; i < 3; i++)
        cr_expect(cache_ask(cache, valid[i], VERDICT_VALID), "%s was pushed out", valid[i]);
    verdict_cache_free(cache);
}

/* About 28 KiB each, of 64 KiB. */
Test(verdict_cache_room, when_it_is_full_even_one_that_came_again_goes)
{
    struct verdict_cache *cache = verdict_cache_new(4);
    char *one = long_leaf('1', 4200), *two = long_leaf('2', 4200), *three = long_leaf('3', 4200);
    size_t entries, bytes;
    int i;

    for (i = 0; i < 2; i++) {
        (void)cache_ask(cache, one, VERDICT_VALID);
        (void)cache_ask(cache, two, VERDICT_VALID);
    }
    (void)cache_ask(cache, three, VERDICT_VALID);
    verdict_cache_measure(cache, &entries, &bytes);
    cr_expect(entries == 2 && bytes <= (size_t)4 * 16384, "%zu, %zu bytes", entries, bytes);
    cr_expect(cache_ask(cache, two, VERDICT_VALID));
    cr_expect(cache_ask(cache, three, VERDICT_VALID));
    cr_expect_not(cache_ask(cache, one, VERDICT_VALID));
    free(one);
    free(two);
    free(three);
    verdict_cache_free(cache);
}

/* What comes after it finds its place at once, and what came again keeps its own. */
Test(verdict_cache_room, one_that_is_larger_than_all_the_room_is_not_kept)
{
    struct verdict_cache *cache = verdict_cache_new(4);
    char *large = long_leaf('1', 20000);
    int i;

    for (i = 0; i < 2; i++)
        (void)cache_ask(cache, "again", VERDICT_VALID);
    cr_expect_not(cache_ask(cache, large, VERDICT_VALID));
    cr_expect_not(cache_ask(cache, large, VERDICT_VALID));
    cr_expect_eq(count_entries(cache), 1);
    cr_expect(cache_ask(cache, "again", VERDICT_VALID));
    cr_expect_not(cache_ask(cache, "small", VERDICT_VALID));
    cr_expect(cache_ask(cache, "small", VERDICT_VALID));
    free(large);
    verdict_cache_free(cache);
}

/* A stranger's long chains are verified once as well; but for their number they are found like
 * others. */
Test(verdict_cache_room, a_long_key_counts_with_all_its_bytes)
{
    struct verdict_cache *cache = verdict_cache_new(64);
    char *large = long_leaf('1', 60000);

    cr_expect_not(cache_ask(cache, large, VERDICT_UNTRUSTED));
    cr_expect(cache_ask(cache, large, VERDICT_UNTRUSTED));
    large[59999] = 'y';
    cr_expect_not(cache_ask(cache, large, VERDICT_UNTRUSTED));
    large[59999] = 'x';
    cr_expect(cache_ask(cache, large, VERDICT_UNTRUSTED));
    free(large);
    verdict_cache_free(cache);
}

Test(verdict_cache_room, the_last_of_a_full_chain_counts)
{
    struct verdict_cache *cache = verdict_cache_new(5000);
    struct forwarded keys[2] = {cache_forwarded("leaf"), cache_forwarded("leaf")};
    struct verdict_cache_entry *entry;
    bool known;
    size_t i, j;

    for (i = 0; i < 2; i++) {
        for (j = 0; j < CERTIFICATE_MAX_CHAIN; j++)
            cache_add_chain(
                &keys[i], i == 1 && j + 1 == CERTIFICATE_MAX_CHAIN ? "other" : "issuer");
        entry = cache_enter(cache, &keys[i], 1, 0, NOW, &known);
        cr_expect_not(known);
        (void)cache_publish(entry, "rendered", cache_good(VERDICT_VALID));
    }
    cr_expect_eq(count_entries(cache), 2);
    for (i = 0; i < 2; i++) {
        verdict_cache_leave(cache_enter(cache, &keys[i], 1, 0, NOW, &known));
        cr_expect(known);
        cache_forwarded_clear(&keys[i]);
    }
    verdict_cache_free(cache);
}

Test(verdict_cache_room, a_large_one_finds_all)
{
    struct verdict_cache *cache = verdict_cache_new(100000);
    char name[32];
    int i, round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < 500; i++) {
            (void)snprintf(name, sizeof(name), "%d", i);
            cr_expect_eq(cache_ask(cache, name, VERDICT_VALID), round > 0, "%s", name);
        }
    }
    cr_expect_eq(count_entries(cache), 500);
    verdict_cache_free(cache);
}

/* Bytes that malloc has given out, as far as it tells (nothing under a sanitizer, which looks for
 * itself). */
static size_t allocated(void)
{
    return mallinfo2().uordblks;
}

Test(verdict_cache_room, nothing_is_left_behind)
{
    size_t before = 0, i, j;
    char name[32];

    for (i = 0; i < 400; i++) {
        struct verdict_cache *cache = verdict_cache_new(4);

        for (j = 0; j < 20; j++) {
            (void)snprintf(name, sizeof(name), "%zu", j / 2);
            (void)cache_ask(cache, name, j < 6 ? VERDICT_VALID : VERDICT_UNTRUSTED);
        }
        verdict_cache_free(cache);
        if (i == 99)
            before = allocated();
    }
    cr_expect_leq(allocated(), before + 20000, "%zu bytes more", allocated() - before);
    verdict_cache_free(NULL);
}
