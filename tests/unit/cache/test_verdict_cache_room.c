#include "cache/verdict_cache_items.h"
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

Test(verdict_cache_room, owners_at_work_do_not_exceed_its_room)
{
    struct verdict_cache *cache = verdict_cache_new(4);
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

/* About 27 KiB each, of 64 KiB. */
Test(verdict_cache_room, for_want_of_room_even_one_that_came_again_goes)
{
    struct verdict_cache *cache = verdict_cache_new(4);
    char *one = long_leaf('1', 5000), *two = long_leaf('2', 5000), *three = long_leaf('3', 5000);
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

Test(verdict_cache_room, one_that_is_larger_than_all_the_room_goes_with_the_next)
{
    struct verdict_cache *cache = verdict_cache_new(1);
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

/* 32 KiB with the length of each of the six items, the source, the form, the snapshot's number and
 * the rules'. */
Test(verdict_cache_room, a_key_of_32_kib_is_kept_and_no_longer_one)
{
    struct verdict_cache *cache = verdict_cache_new(16);
    size_t longest = 32768 - 6 * sizeof(size_t) - strlen("SSL_CLIENT_CERT") - strlen("PEM") - 16;
    char *fits = long_leaf('1', longest), *large = long_leaf('2', longest + 1);
    struct forwarded forwarded = cache_forwarded(fits), other = cache_forwarded(large);
    struct verdict_cache_entry *entry = NULL;

    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
    cache_publish(entry, "", cache_good(VERDICT_VALID));
    cr_expect_eq(cache_enter(cache, &other, 1, 0, NOW, &entry), CACHE_ALONE);
    cr_expect_null(entry);
    cache_forwarded_clear(&forwarded);
    cache_forwarded_clear(&other);
    free(fits);
    free(large);
    verdict_cache_free(cache);
}

Test(verdict_cache_room, the_last_of_a_full_chain_counts)
{
    struct verdict_cache *cache = verdict_cache_new(5000);
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

Test(verdict_cache_room, a_large_one_is_in_parts_and_finds_all)
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

Test(verdict_cache_room, an_owner_may_give_up_what_was_pushed_out_meanwhile)
{
    struct verdict_cache *cache = verdict_cache_new(1);
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

/* SHA-256 is not trusted alone. */
Test(verdict_cache_room, the_items_of_a_key_are_compared_byte_by_byte)
{
    struct forwarded forwarded = cache_forwarded("leaf");
    const struct verdict_cache_key key = {.forwarded = &forwarded, .trust_number = 7};
    struct cache_items items;
    unsigned char *copy;
    size_t length, i;

    cache_add_chain(&forwarded, "issuer");
    cache_items_collect(&items, &key);
    length = cache_items_length(&items);
    copy = malloc(length);
    cache_items_copy(&items, copy);
    cr_expect(cache_items_equal(&items, copy, length));
    cr_expect_not(cache_items_equal(&items, copy, length - 1));
    cr_expect_not(cache_items_equal(&items, copy, length + 1));
    for (i = 0; i < length; i++) {
        copy[i] ^= 1;
        cr_expect_not(cache_items_equal(&items, copy, length), "byte %zu of %zu", i, length);
        copy[i] ^= 1;
    }
    free(copy);
    cache_forwarded_clear(&forwarded);
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
