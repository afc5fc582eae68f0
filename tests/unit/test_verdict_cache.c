#include "memory.h"
#include "verdict_cache.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW ((time_t)1000)

/* A forwarded certificate whose bytes are these words. */
static struct forwarded make(const char *leaf)
{
    struct forwarded forwarded = {.status = FORWARDED_PRESENT,
        .leaf = {.data = (unsigned char *)strdup(leaf), .length = strlen(leaf)},
        .source = "SSL_CLIENT_CERT",
        .form = "PEM"};

    return forwarded;
}

static void add_chain(struct forwarded *forwarded, const char *words)
{
    forwarded->chain[forwarded->chain_count++] =
        (struct bytes){.data = (unsigned char *)strdup(words), .length = strlen(words)};
}

static void clear(struct forwarded *forwarded)
{
    size_t i;

    free(forwarded->leaf.data);
    for (i = 0; i < forwarded->chain_count; i++)
        free(forwarded->chain[i].data);
}

static struct verdict good(enum verdict_status status)
{
    return (struct verdict){
        .status = status, .checked_at = NOW, .good_from = NOW - 10, .good_until = NOW + 10};
}

static enum verdict_cache_role enter(struct verdict_cache *cache, const struct forwarded *forwarded,
    uint64_t number, unsigned char format, time_t now, struct verdict_cache_entry **entry)
{
    const struct verdict_cache_key key = {
        .forwarded = forwarded, .trust_number = number, .format = format};

    return verdict_cache_enter(cache, &key, now, entry);
}

/* Publishes like an answer's work does: an empty identity, the leaf as its rendering. */
static void publish(struct verdict_cache_entry *entry, const char *rendered, struct verdict verdict)
{
    verdict_cache_publish_identity(
        entry, calloc(1, sizeof(struct identity)), strdup(rendered), strlen(rendered));
    verdict_cache_publish_verdict(entry, &verdict);
    verdict_cache_leave(entry);
}

/* Asks for a certificate, and works if need be. True when it was known. */
static bool ask(struct verdict_cache *cache, const char *leaf, enum verdict_status status)
{
    struct forwarded forwarded = make(leaf);
    struct verdict_cache_entry *entry = NULL;
    enum verdict_cache_role role = enter(cache, &forwarded, 1, 0, NOW, &entry);
    struct verdict verdict;

    if (role == CACHE_OWNER) {
        publish(entry, leaf, good(status));
    } else if (role == CACHE_FOLLOWER) {
        size_t length = 0;

        cr_assert(verdict_cache_wait_identity(entry));
        cr_expect_eq(strncmp(verdict_cache_rendered(entry, &length), leaf, strlen(leaf)), 0);
        cr_expect_eq(length, strlen(leaf));
        cr_assert(verdict_cache_wait_verdict(entry, NOW, &verdict));
        cr_expect_eq(verdict.status, status, "%s", leaf);
        verdict_cache_leave(entry);
    }
    clear(&forwarded);
    return role == CACHE_FOLLOWER;
}

Test(verdict_cache, a_verdict_is_remembered)
{
    struct verdict_cache *cache = verdict_cache_new(10);

    cr_expect_not(ask(cache, "a", VERDICT_VALID));
    cr_expect(ask(cache, "a", VERDICT_VALID));
    cr_expect_not(ask(cache, "b", VERDICT_UNTRUSTED));
    cr_expect(ask(cache, "b", VERDICT_UNTRUSTED));
    verdict_cache_free(cache);
}

Test(verdict_cache, without_a_cache_everyone_works_alone)
{
    struct forwarded forwarded = make("a");
    struct verdict_cache_entry *entry = NULL;

    cr_expect_eq(enter(NULL, &forwarded, 1, 0, NOW, &entry), CACHE_ALONE);
    cr_expect_null(entry);
    verdict_cache_leave(entry);
    clear(&forwarded);
}

/* Everything that an answer depends on, changed one at a time, and the same bytes cut at other
 * places. */
Test(verdict_cache, no_two_different_requests_share_an_entry)
{
    struct verdict_cache *cache = verdict_cache_new(1000);
    struct forwarded keys[16];
    uint64_t numbers[16];
    unsigned char formats[16];
    size_t count = 0, i, j;

    for (i = 0; i < 16; i++) {
        keys[i] = make("leaf");
        numbers[i] = 1;
        formats[i] = 0;
    }
    count++; /* the plain one */
    keys[count].leaf.data[0] = 'L';
    count++;
    keys[count].leaf.length = 3;
    count++;
    (void)snprintf(keys[count++].source, sizeof(keys[0].source), "HTTP_CLIENT_CERT");
    keys[count++].form = "base64 DER";
    keys[count++].form = NULL;
    keys[count++].has_front_verify = true;
    keys[count].has_front_verify = true;
    (void)snprintf(keys[count++].front_verify, sizeof(keys[0].front_verify), "SUCCESS");
    numbers[count++] = 2;
    formats[count++] = 1;
    add_chain(&keys[count++], "ab");
    add_chain(&keys[count], "a");
    add_chain(&keys[count++], "b");
    add_chain(&keys[count], "b");
    add_chain(&keys[count++], "a");
    add_chain(&keys[count], "ab");
    add_chain(&keys[count++], "");
    add_chain(&keys[count], "");
    add_chain(&keys[count++], "ab");
    for (i = 0; i < count; i++) {
        struct verdict_cache_entry *entry = NULL;
        char mine[16];

        (void)snprintf(mine, sizeof(mine), "%zu", i);
        cr_expect_eq(enter(cache, &keys[i], numbers[i], formats[i], NOW, &entry), CACHE_OWNER,
            "key %zu shares an entry with an earlier one", i);
        if (entry != NULL)
            publish(entry, mine, good(VERDICT_VALID));
    }
    for (i = 0; i < count; i++) {
        struct verdict_cache_entry *entry = NULL;
        size_t length = 0;

        cr_expect_eq(
            enter(cache, &keys[i], numbers[i], formats[i], NOW, &entry), CACHE_FOLLOWER, "%zu", i);
        j = strtoul(verdict_cache_rendered(entry, &length), NULL, 10);
        cr_expect_eq(i, j, "key %zu got the answer of key %zu", i, j);
        verdict_cache_leave(entry);
    }
    for (i = 0; i < 16; i++)
        clear(&keys[i]);
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
        struct verdict_cache *cache = verdict_cache_new(10);
        struct forwarded forwarded = make("a");
        struct verdict_cache_entry *entry = NULL;
        struct verdict verdict = {.status = VERDICT_NOT_JUDGED};

        cr_assert_not(ask(cache, "a", VERDICT_VALID));
        cr_expect_eq(
            enter(cache, &forwarded, 1, 0, cases[i].now, &entry), cases[i].expected, "case %zu", i);
        if (cases[i].expected == CACHE_FOLLOWER) {
            cr_expect(verdict_cache_peek_verdict(entry, cases[i].now, &verdict));
            cr_expect_eq(verdict.checked_at, cases[i].now);
            cr_expect_not(verdict_cache_wait_verdict(entry, NOW + 10, &verdict));
        } else {
            verdict_cache_give_up(entry);
        }
        verdict_cache_leave(entry);
        clear(&forwarded);
        verdict_cache_free(cache);
    }
}

Test(verdict_cache, what_was_not_judged_or_is_good_for_no_time_is_not_kept)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = make("a");
    struct verdict verdicts[2] = {good(VERDICT_NOT_JUDGED), good(VERDICT_UNTRUSTED)};
    size_t i, entries, bytes;

    verdicts[1].good_from = NOW;
    verdicts[1].good_until = NOW;
    for (i = 0; i < 2; i++) {
        struct verdict_cache_entry *entry = NULL, *follower = NULL;
        struct verdict verdict;

        cr_assert_eq(enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
        cr_assert_eq(enter(cache, &forwarded, 1, 0, NOW, &follower), CACHE_FOLLOWER);
        cr_expect_not(verdict_cache_peek_verdict(follower, NOW, &verdict));
        publish(entry, "a", verdicts[i]);
        cr_expect_not(verdict_cache_wait_verdict(follower, NOW, &verdict));
        verdict_cache_leave(follower);
        verdict_cache_measure(cache, &entries, &bytes);
        cr_expect(entries == 0 && bytes == 0, "%zu entries, %zu bytes", entries, bytes);
    }
    clear(&forwarded);
    verdict_cache_free(cache);
}

Test(verdict_cache, followers_of_an_owner_who_gives_up_work_alone)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = make("a");
    struct verdict_cache_entry *entry = NULL, *follower = NULL;

    cr_assert_eq(enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_OWNER);
    cr_assert_eq(enter(cache, &forwarded, 1, 0, NOW, &follower), CACHE_FOLLOWER);
    verdict_cache_give_up(entry);
    verdict_cache_leave(entry);
    cr_expect_not(verdict_cache_wait_identity(follower));
    verdict_cache_leave(follower);
    cr_expect_not(ask(cache, "a", VERDICT_VALID), "the next one begins anew");
    clear(&forwarded);
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
            (void)ask(cache, name, VERDICT_VALID);
        }
    }
    for (i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "flood %d", i);
        (void)ask(cache, name, i % 2 == 0 ? VERDICT_VALID : VERDICT_UNTRUSTED);
        if (i % 2 != 0)
            (void)ask(
                cache, name, VERDICT_UNTRUSTED); /* a stranger may come as often as he likes */
        verdict_cache_measure(cache, &entries, &bytes);
        most = entries > most ? entries : most;
    }
    cr_expect_leq(most, 64);
    for (i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof(name), "good %d", i);
        cr_expect(ask(cache, name, VERDICT_VALID), "%s was pushed out", name);
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
            (void)ask(cache, leaf, VERDICT_VALID);
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
    struct forwarded forwarded = make("new");
    struct verdict_cache_entry *entry = NULL;
    struct verdict verdict = {.status = VERDICT_NOT_JUDGED};

    if (enter(crowd->cache, &forwarded, 1, 0, NOW, &entry) == CACHE_OWNER) {
        atomic_fetch_add(&crowd->owners, 1);
        usleep(20000); /* libcrypto at work; the others come meanwhile */
        publish(entry, "new", good(VERDICT_VALID));
        atomic_fetch_add(&crowd->right, 1);
    } else {
        if (verdict_cache_wait_identity(entry) &&
            verdict_cache_wait_verdict(entry, NOW, &verdict) && verdict.status == VERDICT_VALID)
            atomic_fetch_add(&crowd->right, 1);
        verdict_cache_leave(entry);
    }
    clear(&forwarded);
    return NULL;
}

Test(verdict_cache, of_many_threads_with_the_same_new_certificate_one_works)
{
    struct crowd crowd = {.cache = verdict_cache_new(100)};
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
        (void)ask(crowd->cache, name, (state >> 16 & 3) != 0 ? VERDICT_VALID : VERDICT_UNTRUSTED);
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

Test(verdict_cache, want_of_libcryptos_memory_means_working_alone)
{
    struct verdict_cache *cache = verdict_cache_new(10);
    struct forwarded forwarded = make("a");
    struct verdict_cache_entry *entry = NULL;

    memory_watch_fail_at(1, true);
    cr_expect_eq(enter(cache, &forwarded, 1, 0, NOW, &entry), CACHE_ALONE);
    memory_watch_fail_at(0, false);
    cr_expect_null(entry);
    cr_expect_not(ask(cache, "a", VERDICT_VALID));
    clear(&forwarded);
    verdict_cache_free(cache);
}
