/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_key.h"

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
        size_t length = cache_key_length(&keys[i]);
        unsigned char *copy = malloc(length);

        cache_key_copy(&keys[i], copy);
        for (j = 0; j < count; j++) {
            cr_expect_eq(cache_key_equal(&keys[j], copy, length), i == j, "%zu and %zu", i, j);
            cr_expect_eq(cache_key_hash(&secret, &keys[i]) == cache_key_hash(&secret, &keys[j]),
                i == j, "%zu and %zu", i, j);
        }
        cr_expect_not(cache_key_equal(&keys[i], copy, length - 1));
        free(copy);
    }
    cr_expect_neq(cache_key_hash(&secret, &keys[0]), cache_key_hash(&other_secret, &keys[0]));
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
    struct verdict_cache_key key = {&small, 1, 1}, long_key = {&large, 1, 1};
    struct cache_probe probe, other;

    memset(long_words, 'x', CACHE_MAX_KEY);
    long_words[CACHE_MAX_KEY] = '\0';
    large = select_two("a", long_words);
    cr_assert(cache_probe_key(&probe, &secret, &key));
    cr_expect_not(probe.is_long);
    cr_expect_eq(probe.length, cache_key_length(&key));
    cr_expect_eq(probe.hash, cache_key_hash(&secret, &key));
    cr_assert(cache_probe_key(&probe, &secret, &long_key));
    cr_expect(probe.is_long);
    long_words[CACHE_MAX_KEY - 1] = 'y';
    cr_assert(cache_probe_key(&other, &secret, &long_key));
    cr_expect_neq(memcmp(probe.digest, other.digest, CACHE_DIGEST_SIZE), 0);
    free(long_words);
}

Test(verdict_cache_key, two_secrets_are_not_the_same)
{
    struct cache_secret one = {{0, 0}}, two = {{0, 0}};

    cr_assert(cache_secret_draw(&one) && cache_secret_draw(&two));
    cr_expect_neq(memcmp(&one, &two, sizeof(one)), 0);
}
