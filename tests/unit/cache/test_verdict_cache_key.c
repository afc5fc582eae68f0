/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_key.h"

#include <criterion/criterion.h>
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
    const size_t length = 2 * sizeof(uint64_t) + 2 * sizeof(size_t) + 3;
    unsigned char one[64], other[64];
    size_t i, j;

    for (i = 0; i < count; i++) {
        cr_assert_eq(cache_key_length(&keys[i]), length);
        cache_key_write(one, &keys[i]);
        for (j = 0; j < count; j++) {
            cache_key_write(other, &keys[j]);
            cr_expect_eq(memcmp(one, other, length) == 0, i == j, "%zu and %zu", i, j);
        }
    }
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

/* The values are those of an implementation of its own that gives the SipHash-2-4 of the paper's
 * appendix. */
Test(verdict_cache_key, the_hash_is_siphash_and_hangs_on_every_byte_and_on_the_secret)
{
    const struct cache_secret its = {{0x0706050403020100U, 0x0f0e0d0c0b0a0908U}},
                              another = {{0x0706050403020101U, 0x0f0e0d0c0b0a0908U}};
    unsigned char bytes[16];
    uint64_t before;
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    cr_expect_eq(cache_hash_bytes(&its, bytes, 0), 0xabac0158050fc4dcU);
    cr_expect_eq(cache_hash_bytes(&its, bytes, 8), 0x369095118d299a8eU);
    cr_expect_eq(cache_hash_bytes(&its, bytes, 15), 0xd320d86d2a519956U);
    cr_expect_eq(cache_hash_bytes(&its, bytes, 16), 0xcc4fdd1a7d908b66U);
    before = cache_hash_bytes(&its, bytes, 15);
    cr_expect_neq(before, cache_hash_bytes(&another, bytes, 15));
    cr_expect_neq(before, cache_hash_bytes(&its, bytes, 16));
    for (i = 0; i < 15; i++) {
        bytes[i] ^= 0x80;
        cr_expect_neq(before, cache_hash_bytes(&its, bytes, 15), "byte %zu", i);
        bytes[i] ^= 0x80;
    }
}

Test(verdict_cache_key, two_secrets_are_not_the_same)
{
    struct cache_secret one = {{0, 0}}, two = {{0, 0}};

    cr_assert(cache_secret_draw(&one) && cache_secret_draw(&two));
    cr_expect_neq(memcmp(&one, &two, sizeof(one)), 0);
}
