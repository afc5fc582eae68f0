/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_table.h"
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

Test(verdict_cache_table, it_holds_as_many_as_it_is_made_for)
{
    static const size_t sizes[] = {1, 2, 4, 64, 255};
    char name[32];
    size_t i, j;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct verdict_cache *cache = verdict_cache_new(sizes[i], NULL);

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

Test(verdict_cache_table, three_quarters_of_the_room_are_for_those_that_came_again)
{
    static const char *const valid[] = {"a", "b", "c"};
    struct verdict_cache *cache = verdict_cache_new(4, NULL);
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

Test(verdict_cache_table, owners_at_work_do_not_exceed_its_room)
{
    struct verdict_cache *cache = verdict_cache_new(4, NULL);
    struct verdict_cache_entry *entries[20] = {NULL};
    char name[32];
    size_t i;

    for (i = 0; i < 20; i++) {
        struct forwarded forwarded;

        (void)snprintf(name, sizeof(name), "%zu", i);
        forwarded = cache_forwarded(name);
        cr_expect_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entries[i]), CACHE_OWNER);
        cr_expect_leq(count_entries(cache), 4, "%zu entries", count_entries(cache));
        cache_forwarded_clear(&forwarded);
    }
    for (i = 0; i < 20; i++)
        cache_publish(entries[i], "rendered", cache_good(VERDICT_VALID));
    cr_expect_eq(count_entries(cache), 4);
    verdict_cache_free(cache);
}

/* About 28 KiB each, of 64 KiB. */
Test(verdict_cache_table, when_it_is_full_even_one_that_came_again_goes)
{
    struct verdict_cache *cache = verdict_cache_new(4, NULL);
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

Test(verdict_cache_table, one_that_is_larger_than_all_the_room_goes_with_the_next)
{
    struct verdict_cache *cache = verdict_cache_new(1, NULL);
    char *large = long_leaf('1', 5000);
    size_t entries, bytes;

    cr_expect_not(cache_ask(cache, large, VERDICT_VALID));
    cr_expect_not(cache_ask(cache, "small", VERDICT_VALID));
    verdict_cache_measure(cache, &entries, &bytes);
    cr_expect(entries == 1 && bytes <= 16384, "%zu, %zu bytes", entries, bytes);
    cr_expect(cache_ask(cache, "small", VERDICT_VALID));
    free(large);
    verdict_cache_free(cache);
}

/* 32 KiB with the two numbers, the item's length, its name and the equals sign. */
Test(verdict_cache_table, of_a_key_above_32_kib_the_verdict_alone_is_kept)
{
    struct verdict_cache *cache = verdict_cache_new(16, NULL);
    size_t longest = 32768 - 3 * sizeof(size_t) - strlen("SSL_CLIENT_CERT=");
    char *fits = long_leaf('1', longest), *large = long_leaf('2', longest + 1);
    struct forwarded forwarded = cache_forwarded(fits), other = cache_forwarded(large);
    struct verdict_cache_entry *entry = NULL;
    const struct identity *identity;
    struct forwarded known;
    struct verdict verdict;
    size_t entries, bytes;

    cr_assert_eq(cache_enter(cache, &other, 1, 0, NOW, &entry), CACHE_OWNER);
    cache_publish(entry, "", cache_good(VERDICT_UNTRUSTED));
    verdict_cache_measure(cache, &entries, &bytes);
    cr_expect_eq(entries, 1);
    cr_expect_lt(bytes, 3000, "%zu bytes", bytes);
    cr_assert_eq(cache_enter(cache, &other, 1, 0, NOW, &entry), CACHE_FOLLOWER);
    cr_expect(verdict_cache_wait_identity(entry, &identity, &known));
    cr_expect_null(identity);
    cr_expect_not(verdict_cache_keep_object(entry, 0, large, longest + 1, free), "it has no place");
    cr_expect(verdict_cache_peek_verdict(entry, NOW, &verdict));
    cr_expect_eq(verdict.status, VERDICT_UNTRUSTED);
    verdict_cache_leave(entry);
    other.leaf.data[other.leaf.length - 1] = 'y';
    cr_expect_eq(cache_enter(cache, &other, 1, 0, NOW, &entry), CACHE_OWNER);
    verdict_cache_give_up(entry);
    verdict_cache_leave(entry);
    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
    cache_publish(entry, "", cache_good(VERDICT_VALID));
    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_FOLLOWER);
    cr_expect(verdict_cache_wait_identity(entry, &identity, &known));
    cr_expect_not_null(identity);
    verdict_cache_leave(entry);
    cache_forwarded_clear(&forwarded);
    cache_forwarded_clear(&other);
    free(fits);
    free(large);
    verdict_cache_free(cache);
}

Test(verdict_cache_table, the_last_of_a_full_chain_counts)
{
    struct verdict_cache *cache = verdict_cache_new(5000, NULL);
    struct forwarded keys[2] = {cache_forwarded("leaf"), cache_forwarded("leaf")};
    struct verdict_cache_entry *entry = NULL;
    size_t i, j;

    for (i = 0; i < 2; i++) {
        for (j = 0; j < CERTIFICATE_MAX_CHAIN; j++)
            cache_add_chain(
                &keys[i], i == 1 && j + 1 == CERTIFICATE_MAX_CHAIN ? "other" : "issuer");
        cr_assert_eq(cache_enter(cache, &keys[i], 1, 0, NOW, &entry), CACHE_OWNER);
        cache_publish(entry, "rendered", cache_good(VERDICT_VALID));
    }
    cr_expect_eq(count_entries(cache), 2);
    for (i = 0; i < 2; i++) {
        cr_expect_eq(cache_enter(cache, &keys[i], 1, 0, NOW, &entry), CACHE_FOLLOWER);
        verdict_cache_leave(entry);
        cache_forwarded_clear(&keys[i]);
    }
    verdict_cache_free(cache);
}

Test(verdict_cache_table, a_large_one_finds_all)
{
    struct verdict_cache *cache = verdict_cache_new(100000, NULL);
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

Test(verdict_cache_table, an_owner_may_give_up_what_was_pushed_out_meanwhile)
{
    struct verdict_cache *cache = verdict_cache_new(1, NULL);
    struct forwarded first = cache_forwarded("first"), second = cache_forwarded("second");
    struct verdict_cache_entry *entry = NULL, *other = NULL;

    cr_assert_eq(cache_enter(cache, &first, 1, 0, NOW, &entry), CACHE_OWNER);
    cr_assert_eq(cache_enter(cache, &second, 1, 0, NOW, &other), CACHE_OWNER);
    verdict_cache_give_up(entry);
    verdict_cache_leave(entry);
    cr_expect_eq(count_entries(cache), 1, "the second one's place is its own");
    cache_publish(other, "second", cache_good(VERDICT_VALID));
    cr_expect(cache_ask(cache, "second", VERDICT_VALID));
    cache_forwarded_clear(&first);
    cache_forwarded_clear(&second);
    verdict_cache_free(cache);
}

/* All have the same hash. */
Test(verdict_cache_table, the_keys_of_entries_are_compared_byte_by_byte)
{
    struct verdict_cache *cache = verdict_cache_new(100, NULL);
    unsigned char same[] = "key";
    const struct cache_key_bytes key = {.data = (const unsigned char *)"key", .length = 3};
    struct cache_key_bytes other = {.data = same, .length = 3};
    struct verdict_cache_entry *entry;
    size_t i;

    cache_lock(cache);
    entry = table_add(cache, &key);
    cr_assert_not_null(entry);
    cr_expect_eq(table_find(cache, &other), entry);
    for (i = 0; i < other.length; i++) {
        same[i] ^= 1;
        cr_expect_null(table_find(cache, &other), "byte %zu", i);
        same[i] ^= 1;
    }
    other.length = 2;
    cr_expect_null(table_find(cache, &other));
    table_release(entry);
    cache_unlock(cache);
    verdict_cache_free(cache);
}

Test(verdict_cache_table, each_cache_has_a_secret_of_its_own)
{
    struct verdict_cache *one = verdict_cache_new(1, NULL), *two = verdict_cache_new(1, NULL);

    cr_expect_neq(memcmp(&one->secret, &two->secret, sizeof(one->secret)), 0);
    verdict_cache_free(one);
    verdict_cache_free(two);
}

/* The values are those of an implementation of its own that gives the SipHash-2-4 of the paper's
 * appendix. */
Test(verdict_cache_table, the_hash_is_siphash_and_hangs_on_every_byte_and_on_the_secret)
{
    const struct cache_secret secret = {{0x0706050403020100U, 0x0f0e0d0c0b0a0908U}},
                              other = {{0x0706050403020101U, 0x0f0e0d0c0b0a0908U}};
    unsigned char bytes[16];
    uint64_t before;
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    cr_expect_eq(cache_hash_bytes(&secret, bytes, 0), 0xabac0158050fc4dcU);
    cr_expect_eq(cache_hash_bytes(&secret, bytes, 8), 0x369095118d299a8eU);
    cr_expect_eq(cache_hash_bytes(&secret, bytes, 15), 0xd320d86d2a519956U);
    cr_expect_eq(cache_hash_bytes(&secret, bytes, 16), 0xcc4fdd1a7d908b66U);
    before = cache_hash_bytes(&secret, bytes, 15);
    cr_expect_neq(before, cache_hash_bytes(&other, bytes, 15));
    cr_expect_neq(before, cache_hash_bytes(&secret, bytes, 16));
    for (i = 0; i < 15; i++) {
        bytes[i] ^= 0x80;
        cr_expect_neq(before, cache_hash_bytes(&secret, bytes, 15), "byte %zu", i);
        bytes[i] ^= 0x80;
    }
}

/* Bytes that malloc has given out, as far as it tells (nothing under a sanitizer, which looks for
 * itself). */
static size_t allocated(void)
{
    return mallinfo2().uordblks;
}

Test(verdict_cache_table, nothing_is_left_behind)
{
    size_t before = 0, i, j;
    char name[32];

    for (i = 0; i < 400; i++) {
        struct verdict_cache *cache = verdict_cache_new(4, NULL);

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
