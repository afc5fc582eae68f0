/* SPDX-License-Identifier: ISC */
#include "unit/base/memory_fault.h"
#include "unit/cache/verdict_cache_helpers.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(verdict_cache, a_verdict_is_remembered)
{
    struct verdict_cache *cache = verdict_cache_new(10);

    cr_expect_not(cache_ask(cache, "a", VERDICT_VALID));
    cr_expect(cache_ask(cache, "a", VERDICT_VALID));
    cr_expect_not(cache_ask(cache, "b", VERDICT_UNTRUSTED));
    cr_expect(cache_ask(cache, "b", VERDICT_UNTRUSTED));
    verdict_cache_free(cache);
}

/* Everything that an answer depends on, changed one at a time, and the same bytes cut at other
 * places. */
Test(verdict_cache, no_two_different_requests_share_an_entry)
{
    struct verdict_cache *cache = verdict_cache_new(1000);
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
        struct verdict_cache_entry *entry;
        char mine[16];
        bool known;

        (void)snprintf(mine, sizeof(mine), "%zu", i);
        entry = cache_enter(cache, &keys[i], numbers[i], rules[i], NOW, &known);
        cr_expect_not(known, "key %zu shares an entry with an earlier one", i);
        cr_expect(cache_publish(entry, mine, cache_good(VERDICT_VALID)));
    }
    for (i = 0; i < count; i++) {
        struct verdict_cache_entry *entry;
        char its[16] = "";
        const void *kept;
        size_t length = 0;
        bool known;

        entry = cache_enter(cache, &keys[i], numbers[i], rules[i], NOW, &known);
        cr_assert(known, "%zu", i);
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
        bool is_good;
    } cases[] = {{NOW - 11, false}, {NOW - 10, true}, {NOW + 9, true}, {NOW + 10, false}};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verdict_cache *cache = verdict_cache_new(10);
        struct forwarded forwarded = cache_forwarded("a"), its;
        struct verdict verdict = {.status = VERDICT_NOT_JUDGED};
        const struct identity *identity;
        struct verdict_cache_entry *entry;
        bool known;

        cr_assert_not(cache_ask(cache, "a", VERDICT_VALID));
        entry = cache_enter(cache, &forwarded, 1, 0, cases[i].now, &known);
        cr_expect_eq(known, cases[i].is_good, "case %zu", i);
        if (known) {
            verdict_cache_read(entry, cases[i].now, &identity, &its, &verdict);
            cr_expect_eq(verdict.status, VERDICT_VALID);
            cr_expect_eq(verdict.checked_at, cases[i].now);
        }
        verdict_cache_leave(entry);
        cache_forwarded_clear(&forwarded);
        verdict_cache_free(cache);
    }
}

static size_t count_entries(struct verdict_cache *cache)
{
    size_t entries, bytes;

    verdict_cache_measure(cache, &entries, &bytes);
    cr_expect_eq(entries == 0, bytes == 0, "%zu entries, %zu bytes", entries, bytes);
    return entries;
}

Test(verdict_cache, what_was_not_judged_or_is_good_for_no_time_is_not_kept)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = cache_forwarded("a");
    struct verdict verdicts[2] = {cache_good(VERDICT_NOT_JUDGED), cache_good(VERDICT_UNTRUSTED)};
    bool known;
    size_t i;

    verdicts[1].good_from = NOW;
    verdicts[1].good_until = NOW;
    for (i = 0; i < 2; i++) {
        struct verdict_cache_entry *entry = cache_enter(cache, &forwarded, 1, 0, NOW, &known);

        cr_expect_not(known);
        cr_expect_not(cache_publish(entry, "a", verdicts[i]));
        cr_expect_eq(count_entries(cache), 0);
    }
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, nobody_finds_an_entry_without_its_verdict)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = cache_forwarded("a");
    bool known;
    struct verdict_cache_entry *entry = cache_enter(cache, &forwarded, 1, 0, NOW, &known);

    (void)cache_keep(entry, 0, "words");
    cr_expect_eq(count_entries(cache), 0);
    verdict_cache_leave(cache_enter(cache, &forwarded, 1, 0, NOW, &known));
    cr_expect_not(known);
    verdict_cache_leave(entry);
    cr_expect_not(cache_ask(cache, "a", VERDICT_VALID), "the next one begins anew");
    cr_expect_eq(count_entries(cache), 1);
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, of_two_that_work_on_the_same_new_certificate_the_first_is_remembered)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = cache_forwarded("a");
    bool known;
    struct verdict_cache_entry *one = cache_enter(cache, &forwarded, 1, 0, NOW, &known),
                               *other = cache_enter(cache, &forwarded, 1, 0, NOW, &known);

    cr_expect_not(known);
    cr_expect(cache_publish(other, "a", cache_good(VERDICT_VALID)));
    cr_expect_not(cache_publish(one, "b", cache_good(VERDICT_UNTRUSTED)));
    cr_expect_eq(count_entries(cache), 1);
    cr_expect(cache_ask(cache, "a", VERDICT_VALID));
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, without_memory_nothing_is_remembered_and_later_it_is)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = cache_forwarded("a");
    const struct verdict verdict = cache_good(VERDICT_VALID);
    struct identity identity = {.subject = NULL};
    bool known;
    struct verdict_cache_entry *entry = cache_enter(cache, &forwarded, 1, 0, NOW, &known);

    memory_fault_at(1, false);
    cr_expect_not(verdict_cache_publish(entry, &identity, &forwarded, &verdict));
    memory_fault_at(0, false);
    cr_expect_eq(count_entries(cache), 0);
    verdict_cache_leave(entry);
    cr_expect_not(cache_ask(cache, "a", VERDICT_VALID));
    cr_expect(cache_ask(cache, "a", VERDICT_VALID));
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, without_memory_for_a_key_there_is_no_entry)
{
    static const char parameter[] = "SSL_CLIENT_CERT=";
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded_selection selection = {.count = 1};
    const struct verdict_cache_key key = {.selection = &selection};
    bool known = true;

    selection.items[0].parameter = parameter;
    selection.items[0].length = sizeof(parameter);
    memory_fault_at(1, false);
    cr_expect_null(verdict_cache_enter(cache, &key, NOW, &known));
    memory_fault_at(0, false);
    cr_expect_not(known);
    verdict_cache_leave(NULL);
    verdict_cache_free(cache);
}

Test(verdict_cache, the_first_that_is_kept_stays)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = cache_forwarded("a");
    bool known;
    struct verdict_cache_entry *entry = cache_enter(cache, &forwarded, 1, 0, NOW, &known);
    size_t length = 0;
    const char *kept;

    cr_expect_null(verdict_cache_find_kept(entry, 1, &length));
    cr_expect(cache_keep(entry, 1, "first"));
    cr_expect_not(cache_keep(entry, 1, "second"), "it stays the caller's");
    kept = verdict_cache_find_kept(entry, 1, &length);
    cr_expect(length == 5 && memcmp(kept, "first", 5) == 0, "%.*s", (int)length, kept);
    verdict_cache_leave(entry);
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, what_was_pushed_out_can_be_read_by_those_who_hold_it)
{
    struct verdict_cache *cache = verdict_cache_new(1);
    struct forwarded forwarded = cache_forwarded("a"), its;
    struct verdict_cache_entry *entry;
    const struct identity *identity;
    struct verdict verdict;
    size_t length;
    bool known;

    (void)cache_ask(cache, "a", VERDICT_VALID);
    entry = cache_enter(cache, &forwarded, 1, 0, NOW, &known);
    cr_assert(known);
    (void)cache_ask(cache, "b", VERDICT_VALID);
    verdict_cache_read(entry, NOW, &identity, &its, &verdict);
    cr_expect_eq(its.leaf.data[0], 'a');
    (void)cache_keep(entry, 1, "words");
    cr_expect_not_null(verdict_cache_find_kept(entry, 1, &length));
    cr_expect_eq(length, 5);
    cr_expect_eq(count_entries(cache), 1, "the other one's place is its own");
    verdict_cache_leave(entry);
    cr_expect(cache_ask(cache, "b", VERDICT_VALID));
    cache_forwarded_clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, a_flood_pushes_out_no_valid_certificate_that_came_again)
{
    struct verdict_cache *cache = verdict_cache_new(64);
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
    struct verdict_cache *cache = verdict_cache_new(16);
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
    atomic_int count;
};

/* Threads over few entries and a small cache: entries come and go. */
static void *churn(void *context)
{
    struct crowd *crowd = context;
    unsigned state = (unsigned)atomic_fetch_add(&crowd->count, 1) + 1;
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
    struct crowd crowd = {.cache = verdict_cache_new(20)};
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
