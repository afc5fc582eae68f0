/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "unit/cache/verdict_cache_helpers.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(verdict_cache, a_verdict_is_remembered)
{
    struct verdict_cache *cache = verdict_cache_new(10, NULL);

    cr_expect_not(cache_ask(cache, "a", VERDICT_VALID));
    cr_expect(cache_ask(cache, "a", VERDICT_VALID));
    cr_expect_not(cache_ask(cache, "b", VERDICT_UNTRUSTED));
    cr_expect(cache_ask(cache, "b", VERDICT_UNTRUSTED));
    verdict_cache_free(cache);
}

Test(verdict_cache, without_a_cache_everyone_works_alone)
{
    struct forwarded forwarded = cache_forwarded("a");
    struct verdict_cache_entry *entry = NULL;

    cr_expect_eq(cache_enter(NULL, &forwarded, 1, 0, NOW, &entry), CACHE_ALONE);
    cr_expect_null(entry);
    verdict_cache_leave(entry);
    cache_forwarded_clear(&forwarded);
}

/* Everything that an answer depends on, changed one at a time, and the same bytes cut at other
 * places. */
Test(verdict_cache, no_two_different_requests_share_an_entry)
{
    struct verdict_cache *cache = verdict_cache_new(1000, NULL);
    struct forwarded keys[16];
    uint64_t numbers[16];
    uint64_t rules[16];
    size_t count = 0, i, j;

    for (i = 0; i < 16; i++) {
        keys[i] = cache_forwarded("leaf");
        numbers[i] = 1;
        rules[i] = 0;
    }
    count++; /* the plain one */
    keys[count].leaf.data[0] = 'L';
    count++;
    keys[count].leaf.length = 3;
    count++;
    (void)snprintf(keys[count++].source, sizeof(keys[0].source), "HTTP_CLIENT_CERT");
    keys[count++].has_front_verify = true;
    keys[count].has_front_verify = true;
    (void)snprintf(keys[count++].front_verify, sizeof(keys[0].front_verify), "SUCCESS");
    numbers[count++] = 2;
    rules[count++] = 1;
    cache_add_chain(&keys[count++], "ab");
    cache_add_chain(&keys[count], "a");
    cache_add_chain(&keys[count++], "b");
    cache_add_chain(&keys[count], "b");
    cache_add_chain(&keys[count++], "a");
    cache_add_chain(&keys[count], "ab");
    cache_add_chain(&keys[count++], "");
    cache_add_chain(&keys[count], "");
    cache_add_chain(&keys[count++], "ab");
    for (i = 0; i < count; i++) {
        struct verdict_cache_entry *entry = NULL;
        char mine[16];

        (void)snprintf(mine, sizeof(mine), "%zu", i);
        cr_expect_eq(cache_enter(cache, &keys[i], numbers[i], rules[i], NOW, &entry), CACHE_OWNER,
            "key %zu shares an entry with an earlier one", i);
        if (entry != NULL)
            cache_publish(entry, mine, cache_good(VERDICT_VALID));
    }
    for (i = 0; i < count; i++) {
        struct verdict_cache_entry *entry = NULL;
        char its[16] = "";
        const void *kept;
        size_t length = 0;

        cr_expect_eq(cache_enter(cache, &keys[i], numbers[i], rules[i], NOW, &entry),
            CACHE_FOLLOWER, "%zu", i);
        kept = verdict_cache_find_kept(entry, 0, &length);
        cr_assert(length < sizeof(its));
        memcpy(its, kept, length);
        j = strtoul(its, NULL, 10);
        cr_expect_eq(i, j, "key %zu got the answer of key %zu", i, j);
        verdict_cache_leave(entry);
    }
    for (i = 0; i < 16; i++)
        cache_forwarded_clear(&keys[i]);
    verdict_cache_free(cache);
}

Test(verdict_cache, a_verdict_is_good_from_its_first_second_to_before_its_last)
{
    static const struct {
        time_t now;
        enum verdict_cache_role expected;
    } cases[] = {{NOW - 11, CACHE_OWNER}, {NOW - 10, CACHE_FOLLOWER}, {NOW + 9, CACHE_FOLLOWER},
        {NOW + 10, CACHE_OWNER}};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verdict_cache *cache = verdict_cache_new(10, NULL);
        struct forwarded forwarded = cache_forwarded("a");
        struct verdict_cache_entry *entry = NULL;
        struct verdict verdict = {.status = VERDICT_NOT_JUDGED};

        cr_assert_not(cache_ask(cache, "a", VERDICT_VALID));
        cr_expect_eq(cache_enter(cache, &forwarded, 1, 0, cases[i].now, &entry), cases[i].expected,
            "case %zu", i);
        if (cases[i].expected == CACHE_FOLLOWER) {
            cr_expect(verdict_cache_peek_verdict(entry, cases[i].now, &verdict));
            cr_expect_eq(verdict.checked_at, cases[i].now);
            cr_expect_not(verdict_cache_wait_verdict(entry, NOW + 10, &verdict));
        } else {
            verdict_cache_give_up(entry);
        }
        verdict_cache_leave(entry);
        cache_forwarded_clear(&forwarded);
        verdict_cache_free(cache);
    }
}

Test(verdict_cache, what_was_not_judged_or_is_good_for_no_time_is_not_kept)
{
    struct verdict_cache *cache = verdict_cache_new(10, NULL);
    struct forwarded forwarded = cache_forwarded("a");
    struct verdict verdicts[2] = {cache_good(VERDICT_NOT_JUDGED), cache_good(VERDICT_UNTRUSTED)};
    size_t i, entries, bytes;

    verdicts[1].good_from = NOW;
    verdicts[1].good_until = NOW;
    for (i = 0; i < 2; i++) {
        struct verdict_cache_entry *entry = NULL, *follower = NULL;
        struct verdict verdict;

        cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
        cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &follower), CACHE_FOLLOWER);
        cr_expect_not(verdict_cache_peek_verdict(follower, NOW, &verdict));
        cache_publish(entry, "a", verdicts[i]);
        cr_expect_not(verdict_cache_wait_verdict(follower, NOW, &verdict));
        verdict_cache_leave(follower);
        verdict_cache_measure(cache, &entries, &bytes);
        cr_expect(entries == 0 && bytes == 0, "%zu entries, %zu bytes", entries, bytes);
    }
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, followers_of_an_owner_who_gives_up_work_alone)
{
    struct verdict_cache *cache = verdict_cache_new(10, NULL);
    struct forwarded forwarded = cache_forwarded("a");
    struct verdict_cache_entry *entry = NULL, *follower = NULL;
    const struct identity *identity;
    struct forwarded known;

    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &follower), CACHE_FOLLOWER);
    verdict_cache_give_up(entry);
    verdict_cache_leave(entry);
    cr_expect_not(verdict_cache_wait_identity(follower, &identity, &known));
    verdict_cache_leave(follower);
    cr_expect_not(cache_ask(cache, "a", VERDICT_VALID), "the next one begins anew");
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, a_flood_pushes_out_no_valid_certificate_that_came_again)
{
    struct verdict_cache *cache = verdict_cache_new(64, NULL);
    char name[32];
    size_t entries, bytes, most = 0;
    int i, round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < 40; i++) {
            (void)snprintf(name, sizeof(name), "good %d", i);
            (void)cache_ask(cache, name, VERDICT_VALID);
        }
    }
    for (i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "flood %d", i);
        (void)cache_ask(cache, name, i % 2 == 0 ? VERDICT_VALID : VERDICT_UNTRUSTED);
        if (i % 2 != 0)
            (void)cache_ask(
                cache, name, VERDICT_UNTRUSTED); /* a stranger may come as often as he likes */
        verdict_cache_measure(cache, &entries, &bytes);
        most = entries > most ? entries : most;
    }
    cr_expect_leq(most, 64);
    for (i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof(name), "good %d", i);
        cr_expect(cache_ask(cache, name, VERDICT_VALID), "%s was pushed out", name);
    }
    verdict_cache_free(cache);
}

Test(verdict_cache, its_bytes_are_bounded_and_what_is_too_large_is_not_kept)
{
    struct verdict_cache *cache = verdict_cache_new(16, NULL);
    size_t entries, bytes, length, i;

    for (length = 1000; length < 70000; length += 1000) {
        char *leaf = malloc(length + 1);

        memset(leaf, 'x', length);
        leaf[length] = '\0';
        for (i = 0; i < 40; i++) {
            (void)snprintf(leaf, 10, "%zu", i);
            leaf[strlen(leaf)] = 'x';
            (void)cache_ask(cache, leaf, VERDICT_VALID);
        }
        free(leaf);
        verdict_cache_measure(cache, &entries, &bytes);
        cr_expect_leq(bytes, 16 * 16384, "%zu bytes", bytes);
        cr_expect_leq(entries, 16);
    }
    verdict_cache_free(cache);
}

struct crowd {
    struct verdict_cache *cache;
    atomic_int owners, right, busy;
};

static void *ask_on(void *context)
{
    struct crowd *crowd = context;
    struct forwarded forwarded = cache_forwarded("new");
    struct verdict_cache_entry *entry = NULL;
    struct verdict verdict = {.status = VERDICT_NOT_JUDGED};
    const struct identity *identity;
    struct forwarded known;

    if (cache_enter(crowd->cache, &forwarded, 1, 0, NOW, &entry) == CACHE_OWNER) {
        atomic_fetch_add(&crowd->owners, 1);
        usleep(20000); /* libcrypto at work; the others come meanwhile */
        cache_publish(entry, "new", cache_good(VERDICT_VALID));
        atomic_fetch_add(&crowd->right, 1);
    } else {
        if (verdict_cache_wait_identity(entry, &identity, &known) &&
            verdict_cache_wait_verdict(entry, NOW, &verdict) && verdict.status == VERDICT_VALID)
            atomic_fetch_add(&crowd->right, 1);
        verdict_cache_leave(entry);
    }
    cache_forwarded_clear(&forwarded);
    return NULL;
}

Test(verdict_cache, of_many_threads_with_the_same_new_certificate_one_works)
{
    struct crowd crowd = {.cache = verdict_cache_new(100, NULL)};
    pthread_t threads[32];
    size_t i;

    for (i = 0; i < 32; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, ask_on, &crowd), 0);
    for (i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(atomic_load(&crowd.owners), 1);
    cr_expect_eq(atomic_load(&crowd.right), 32);
    verdict_cache_free(crowd.cache);
}

/* Threads over few entries and a small cache: entries come, go and are waited for. */
static void *churn(void *context)
{
    struct crowd *crowd = context;
    unsigned state = (unsigned)atomic_fetch_add(&crowd->busy, 1) + 1;
    int i;

    for (i = 0; i < 20000; i++) {
        char name[16];

        state = state * 1103515245U + 12345U;
        (void)snprintf(name, sizeof(name), "%u", state >> 16 & 63);
        (void)cache_ask(
            crowd->cache, name, (state >> 16 & 3) != 0 ? VERDICT_VALID : VERDICT_UNTRUSTED);
    }
    return NULL;
}

Test(verdict_cache, many_threads_over_a_small_cache_get_their_own_answers)
{
    struct crowd crowd = {.cache = verdict_cache_new(20, NULL)};
    pthread_t threads[8];
    size_t i, entries, bytes;

    for (i = 0; i < 8; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, churn, &crowd), 0);
    for (i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    verdict_cache_measure(crowd.cache, &entries, &bytes);
    cr_expect_leq(entries, 20);
    verdict_cache_free(crowd.cache);
}

/* Only the digest of a long key needs libcrypto. */
Test(verdict_cache, when_libcrypto_is_out_of_memory_a_long_key_is_worked_on_alone)
{
    struct verdict_cache *cache = verdict_cache_new(10, NULL);
    char *leaf = calloc(1, 40001);
    struct forwarded forwarded;
    struct verdict_cache_entry *entry = NULL;

    memset(leaf, 'x', 40000);
    forwarded = cache_forwarded(leaf);
    alloc_watch_fail_at(1, true);
    cr_expect_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_ALONE);
    alloc_watch_fail_at(0, false);
    cr_expect_null(entry);
    cr_expect_not(cache_ask(cache, leaf, VERDICT_UNTRUSTED));
    cr_expect(cache_ask(cache, leaf, VERDICT_UNTRUSTED));
    cache_forwarded_clear(&forwarded);
    free(leaf);
    verdict_cache_free(cache);
}

static void *publish_later(void *context)
{
    usleep(20000);
    cache_publish(context, "a", cache_good(VERDICT_VALID));
    return NULL;
}

/* While a follower waits its slot is free: otherwise as many followers as there are slots would
 * hold everybody up. */
Test(verdict_cache, who_waits_for_anothers_work_gives_the_slot_back)
{
    struct worker_slots *slots = worker_slots_new(1);
    struct verdict_cache *cache = verdict_cache_new(10, slots);
    struct forwarded forwarded = cache_forwarded("a");
    struct verdict_cache_entry *entry = NULL, *follower = NULL;
    const struct identity *identity;
    struct forwarded known;
    struct verdict verdict;
    pthread_t owner;

    worker_slots_enter(slots);
    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
    cr_assert_eq(cache_enter(cache, &forwarded, 1, 0, NOW, &follower), CACHE_FOLLOWER);
    cr_assert_eq(pthread_create(&owner, NULL, publish_later, entry), 0);
    cr_expect(verdict_cache_wait_identity(follower, &identity, &known));
    cr_expect(verdict_cache_wait_verdict(follower, NOW, &verdict));
    /* The slot was taken again: with one slot in use of one, nobody has to stand by. */
    cr_expect(worker_slots_stand_by(slots));
    pthread_join(owner, NULL);
    worker_slots_leave(slots);
    verdict_cache_leave(follower);
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
    worker_slots_free(slots);
}
