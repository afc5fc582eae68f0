/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_key.h"
#include "unit/base/memory_fault.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct cache_secret secret = {{1, 2}}, other_secret = {{1, 3}};

static struct forwarded_selection select_two(const char *one, const char *two)
{
    struct forwarded_selection selection = {.count = 2};

    selection.items[0].parameter = one;
    selection.items[0].length = strlen(one);
    selection.items[1].parameter = two;
    selection.items[1].length = strlen(two);
    return selection;
}

/* Two keys at a time. */
static unsigned char rooms[2][CACHE_MAX_KEY];

static struct cache_key_bytes written(
    int room, const struct verdict_cache_key *key, const struct cache_secret *with)
{
    struct cache_key_bytes bytes;

    cr_assert(cache_key_write(&bytes, rooms[room], with, key));
    return bytes;
}

static bool is_same(const struct cache_key_bytes *one, const struct cache_key_bytes *other)
{
    return one->length == other->length && memcmp(one->data, other->data, one->length) == 0;
}

Test(verdict_cache_key, each_part_of_a_key_counts)
{
    const struct forwarded_selection selections[] = {select_two("ab", "c"), select_two("a", "bc"),
        select_two("ab", "d"), select_two("c", "ab"), select_two("abc", "")};
    const struct verdict_cache_key keys[] = {{&selections[0], 7, 9}, {&selections[1], 7, 9},
        {&selections[2], 7, 9}, {&selections[3], 7, 9}, {&selections[4], 7, 9},
        {&selections[0], 8, 9}, {&selections[0], 7, 8}, {&selections[0], 9, 7}};
    const size_t count = sizeof(keys) / sizeof(keys[0]);
    size_t i, j;

    for (i = 0; i < count; i++) {
        struct cache_key_bytes one = written(0, &keys[i], &secret);

        for (j = 0; j < count; j++) {
            struct cache_key_bytes other = written(1, &keys[j], &secret);

            cr_expect_eq(is_same(&one, &other), i == j, "%zu and %zu", i, j);
            cr_expect_eq(one.hash == other.hash, i == j, "%zu and %zu", i, j);
        }
    }
}

Test(verdict_cache_key, the_hash_of_a_key_hangs_on_the_secret)
{
    struct forwarded_selection selection = select_two("a", "b");
    const struct verdict_cache_key key = {&selection, 1, 1};
    struct cache_key_bytes one = written(0, &key, &secret), other = written(1, &key, &other_secret);

    cr_expect(is_same(&one, &other));
    cr_expect_neq(one.hash, other.hash);
}

Test(verdict_cache_key, a_hash_is_of_all_bytes_and_of_the_secret)
{
    char bytes[33];
    size_t length;

    memset(bytes, 'x', sizeof(bytes));
    for (length = 1; length <= sizeof(bytes); length++) {
        uint64_t hash = cache_hash_bytes(&secret, bytes, length);

        cr_expect_neq(hash, cache_hash_bytes(&secret, bytes, length - 1), "%zu", length);
        cr_expect_neq(hash, cache_hash_bytes(&other_secret, bytes, length), "%zu", length);
        bytes[length - 1] ^= 1;
        cr_expect_neq(hash, cache_hash_bytes(&secret, bytes, length), "%zu", length);
        bytes[length - 1] ^= 1;
        cr_expect_eq(hash, cache_hash_bytes(&secret, bytes, length), "%zu", length);
    }
}

Test(verdict_cache_key, a_digest_stands_for_a_long_key)
{
    char *long_words = malloc(CACHE_MAX_KEY + 1);
    struct forwarded_selection small = select_two("a", "b"), large;
    const struct verdict_cache_key key = {&small, 1, 1}, long_key = {&large, 1, 1};
    struct cache_key_bytes one = written(0, &key, &secret), other;

    cr_expect_not(one.is_digest);
    cr_expect_eq(one.length, 4 * sizeof(size_t) + 2);
    memset(long_words, 'x', CACHE_MAX_KEY);
    long_words[CACHE_MAX_KEY] = '\0';
    large = select_two("a", long_words);
    one = written(0, &long_key, &secret);
    cr_expect(one.is_digest);
    cr_expect_eq(one.length, CACHE_DIGEST_SIZE);
    long_words[CACHE_MAX_KEY - 1] = 'y';
    other = written(1, &long_key, &secret);
    cr_expect_not(is_same(&one, &other));
    memory_fault_at(1, false);
    cr_expect_not(cache_key_write(&one, rooms[0], &secret, &long_key));
    memory_fault_at(0, false);
    free(long_words);
}

Test(verdict_cache_key, two_secrets_are_not_the_same)
{
    struct cache_secret one = {{0, 0}}, two = {{0, 0}};

    cr_assert(cache_secret_draw(&one) && cache_secret_draw(&two));
    cr_expect_neq(memcmp(&one, &two, sizeof(one)), 0);
}
