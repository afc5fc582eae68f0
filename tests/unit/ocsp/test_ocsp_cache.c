/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_cache.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define LONG_MS 20000

static struct ocsp_key key_of(unsigned number)
{
    struct ocsp_key key = {.bytes = {0}};

    memcpy(key.bytes, &number, sizeof(number));
    return key;
}

static struct ocsp_answer good(time_t from, time_t until)
{
    return (struct ocsp_answer){.result = OCSP_SAYS_GOOD, .from = from, .until = until};
}

static enum ocsp_turn enter_at(
    struct ocsp_cache *cache, size_t responder, unsigned number, time_t now)
{
    struct ocsp_key key = key_of(number);
    struct ocsp_answer answer;

    return ocsp_cache_enter(cache, responder, &key, now, LONG_MS, &answer);
}

static enum ocsp_turn enter(struct ocsp_cache *cache, unsigned number, time_t now)
{
    return enter_at(cache, 0, number, now);
}

static enum ocsp_turn enter_for(struct ocsp_cache *cache, size_t responder, unsigned number)
{
    return enter_at(cache, responder, number, 100);
}

static void pause_ms(long milliseconds)
{
    const struct timespec moment = {.tv_nsec = milliseconds * 1000000L};

    (void)nanosleep(&moment, NULL);
}

static void leave(struct ocsp_cache *cache, unsigned number, struct ocsp_answer answer)
{
    struct ocsp_key key = key_of(number);

    ocsp_cache_arrived(cache, 0, true);
    ocsp_cache_leave(cache, &key, &answer);
}

Test(ocsp_cache, an_answer_is_known_within_its_time_and_asked_for_outside)
{
    struct ocsp_cache *cache = ocsp_cache_new(4, 0, 1, NULL);

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    leave(cache, 1, good(100, 200));
    cr_expect_eq(enter(cache, 1, 100), OCSP_TURN_KNOWN);
    cr_expect_eq(enter(cache, 1, 199), OCSP_TURN_KNOWN);
    cr_expect_eq(enter(cache, 2, 150), OCSP_TURN_ASK, "another key");
    leave(cache, 2, good(150, 151));
    cr_expect_eq(enter(cache, 1, 200), OCSP_TURN_ASK, "at its end");
    leave(cache, 1, good(200, 300));
    cr_expect_eq(enter(cache, 1, 199), OCSP_TURN_ASK, "the clock went back");
    leave(cache, 1, good(199, 300));
    ocsp_cache_free(cache);
    ocsp_cache_free(NULL);
}

Test(ocsp_cache, what_failed_for_want_of_memory_is_not_remembered)
{
    struct ocsp_cache *cache = ocsp_cache_new(2, 0, 1, NULL);
    size_t answers;
    unsigned asking;

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    leave(cache, 1, (struct ocsp_answer){.result = OCSP_FAILED, .from = 100, .until = 200});
    ocsp_cache_measure(cache, &answers, &asking);
    cr_expect_eq(answers, 0);
    cr_expect_eq(asking, 0);
    cr_expect_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    ocsp_cache_free(cache);
}

Test(ocsp_cache, it_is_bounded_and_the_oldest_answer_goes)
{
    struct ocsp_cache *cache = ocsp_cache_new(2, 0, 1, NULL);
    size_t answers;
    unsigned i, asking;

    for (i = 0; i < OCSP_CACHE_ENTRIES + 100; i++) {
        cr_assert_eq(enter(cache, i, 100), OCSP_TURN_ASK);
        leave(cache, i, good(100, 200));
    }
    ocsp_cache_measure(cache, &answers, &asking);
    cr_expect_eq(answers, OCSP_CACHE_ENTRIES);
    cr_expect_eq(enter(cache, 100, 100), OCSP_TURN_KNOWN);
    cr_expect_eq(enter(cache, 99, 100), OCSP_TURN_ASK);
    ocsp_cache_free(cache);
}

Test(ocsp_cache, half_may_ask_when_no_answer_comes_and_all_while_answers_come)
{
    struct ocsp_cache *cache = ocsp_cache_new(4, 0, 1, NULL);

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    leave(cache, 1, good(100, 200));
    cr_assert_eq(enter(cache, 2, 100), OCSP_TURN_ASK);
    cr_assert_eq(enter(cache, 3, 100), OCSP_TURN_ASK);
    pause_ms(OCSP_GRACE_MS + 50);
    cr_expect_eq(enter(cache, 4, 100), OCSP_TURN_BUSY);
    cr_expect_eq(enter(cache, 2, 100), OCSP_TURN_BUSY);
    cr_expect_eq(enter(cache, 1, 100), OCSP_TURN_KNOWN);
    leave(cache, 3, good(100, 200));
    cr_expect_eq(enter(cache, 4, 100), OCSP_TURN_ASK);
    cr_expect_eq(enter(cache, 5, 100), OCSP_TURN_ASK, "beyond half: an answer came just now");
    cr_expect_eq(enter(cache, 2, 100), OCSP_TURN_BUSY, "but not to wait for another's answer");
    ocsp_cache_free(cache);
}

Test(ocsp_cache, one_more_for_each_processor_may_ask_while_answers_come)
{
    struct ocsp_cache *cache = ocsp_cache_new(2, 1, 1, NULL);

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    cr_assert_eq(enter(cache, 2, 100), OCSP_TURN_ASK);
    cr_assert_eq(enter(cache, 3, 100), OCSP_TURN_ASK);
    cr_expect_eq(enter(cache, 4, 100), OCSP_TURN_BUSY);
    pause_ms(OCSP_GRACE_MS + 50);
    leave(cache, 1, good(100, 200));
    leave(cache, 2, good(100, 200));
    pause_ms(OCSP_GRACE_MS + 50);
    cr_expect_eq(enter(cache, 4, 100), OCSP_TURN_BUSY, "half of two is one, who waits");
    ocsp_cache_free(cache);
}

Test(ocsp_cache, what_did_not_come_is_no_answer_in_time)
{
    const struct ocsp_key key = key_of(1);
    const struct ocsp_answer answer = {.result = OCSP_UNREACHED, .from = 100, .until = 200};
    struct ocsp_cache *cache = ocsp_cache_new(4, 0, 1, NULL);

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    cr_assert_eq(enter(cache, 2, 100), OCSP_TURN_ASK);
    cr_assert_eq(enter(cache, 3, 100), OCSP_TURN_ASK);
    pause_ms(OCSP_GRACE_MS + 50);
    ocsp_cache_arrived(cache, 0, false);
    ocsp_cache_leave(cache, &key, &answer);
    cr_expect_eq(enter(cache, 4, 100), OCSP_TURN_BUSY, "two ask, and that is half");
    ocsp_cache_free(cache);
}

Test(ocsp_cache, a_silent_responder_takes_no_turns_from_another)
{
    struct ocsp_cache *cache = ocsp_cache_new(4, 2, 3, NULL);
    unsigned asking;
    size_t answers;

    cr_expect_eq(enter_for(cache, 0, 1), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 0, 2), OCSP_TURN_ASK);
    pause_ms(OCSP_GRACE_MS + 50);
    cr_expect_eq(enter_for(cache, 0, 3), OCSP_TURN_BUSY, "half of four ask it");
    cr_expect_eq(enter_for(cache, 1, 4), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 1, 5), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 1, 6), OCSP_TURN_ASK, "beyond half: it has just begun");
    ocsp_cache_arrived(cache, 1, true);
    cr_expect_eq(enter_for(cache, 1, 8), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 0, 7), OCSP_TURN_BUSY, "an answer of the other's");
    ocsp_cache_measure(cache, &answers, &asking);
    cr_expect_eq(asking, 5);
    cr_expect_eq(enter_for(cache, 2, 9), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 2, 10), OCSP_TURN_BUSY, "as many ask as may in all");
    ocsp_cache_free(cache);
}

Test(ocsp_cache, one_of_several_responders_never_takes_all_turns)
{
    struct ocsp_cache *cache = ocsp_cache_new(4, 1, 2, NULL),
                      *small = ocsp_cache_new(1, 0, 2, NULL);
    unsigned i;

    for (i = 0; i < 3; i++)
        cr_expect_eq(enter_for(cache, 0, i), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 0, 3), OCSP_TURN_BUSY, "though answers may come");
    cr_expect_eq(enter_for(cache, 1, 4), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(cache, 1, 5), OCSP_TURN_ASK);
    cr_expect_eq(enter_for(small, 0, 1), OCSP_TURN_ASK);
    ocsp_cache_free(small);
    ocsp_cache_free(cache);
}

struct queued {
    struct ocsp_cache *cache;
    struct worker_slots *slots;
    pthread_t thread;
    atomic_bool began, done;
};

/* Starts it, and returns when it waits: it has left the only slot then. */
static void start_queued(struct queued *queued, void *(*run)(void *context))
{
    bool is_new;

    cr_assert_eq(pthread_create(&queued->thread, NULL, run, queued), 0);
    while (!atomic_load(&queued->began))
        continue;
    (void)worker_slots_stand_by(queued->slots, &is_new);
}

static void end_queued(struct queued *queued)
{
    (void)pthread_join(queued->thread, NULL);
    worker_slots_leave(queued->slots);
    ocsp_cache_free(queued->cache);
    worker_slots_free(queued->slots);
}

static void *wait_for_a_turn(void *context)
{
    struct queued *queued = context;
    bool is_new;

    (void)worker_slots_stand_by(queued->slots, &is_new);
    atomic_store(&queued->began, true);
    cr_expect_eq(enter(queued->cache, 2, 100), OCSP_TURN_BUSY);
    atomic_store(&queued->done, true);
    return NULL;
}

Test(ocsp_cache, few_wait_for_their_turn_when_no_answer_comes)
{
    struct queued queued = {.slots = worker_slots_new(1)};
    unsigned i;

    queued.cache = ocsp_cache_new(1, 1, 1, queued.slots);
    cr_assert_eq(enter(queued.cache, 1, 100), OCSP_TURN_ASK);
    pause_ms(OCSP_GRACE_MS + 50);
    start_queued(&queued, wait_for_a_turn);
    for (i = 3; i < 6; i++)
        cr_expect_eq(enter(queued.cache, i, 100), OCSP_TURN_BUSY);
    cr_expect(!atomic_load(&queued.done), "three were turned away before one had waited");
    end_queued(&queued);
}

static void *ask_in_turn(void *context)
{
    struct queued *queued = context;
    bool is_new;

    (void)worker_slots_stand_by(queued->slots, &is_new);
    atomic_store(&queued->began, true);
    cr_expect_eq(enter(queued->cache, 2, 100), OCSP_TURN_ASK);
    atomic_store(&queued->done, true);
    leave(queued->cache, 2, good(100, 200));
    return NULL;
}

/* Though it has the turn that was given back before the other one was woken. */
Test(ocsp_cache, who_comes_later_asks_later)
{
    struct queued queued = {.slots = worker_slots_new(1)};

    queued.cache = ocsp_cache_new(1, 0, 1, queued.slots);
    cr_assert_eq(enter(queued.cache, 1, 100), OCSP_TURN_ASK);
    start_queued(&queued, ask_in_turn);
    leave(queued.cache, 1, good(100, 200));
    cr_expect_eq(enter(queued.cache, 3, 100), OCSP_TURN_ASK);
    cr_expect(atomic_load(&queued.done), "it came before");
    leave(queued.cache, 3, good(100, 200));
    end_queued(&queued);
}

Test(ocsp_cache, another_may_ask_while_an_answer_is_checked)
{
    const struct ocsp_key key = key_of(1);
    const struct ocsp_answer answer = good(100, 200);
    struct ocsp_cache *cache = ocsp_cache_new(1, 0, 1, NULL);

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    cr_expect_eq(enter(cache, 2, 100), OCSP_TURN_BUSY);
    ocsp_cache_arrived(cache, 0, true);
    cr_assert_eq(enter(cache, 2, 100), OCSP_TURN_ASK);
    cr_expect_eq(enter(cache, 1, 100), OCSP_TURN_BUSY, "its answer is not there yet");
    ocsp_cache_leave(cache, &key, &answer);
    cr_expect_eq(enter(cache, 1, 100), OCSP_TURN_KNOWN);
    ocsp_cache_free(cache);
}

struct waiter {
    struct ocsp_cache *cache;
    enum ocsp_turn turn;
    struct ocsp_answer answer;
};

static void *wait_for_it(void *context)
{
    struct waiter *waiter = context;
    struct ocsp_key key = key_of(1);

    waiter->turn = ocsp_cache_enter(waiter->cache, 0, &key, 100, LONG_MS, &waiter->answer);
    return NULL;
}

Test(ocsp_cache, of_many_threads_one_asks_and_the_others_get_its_answer)
{
    struct waiter waiters[7];
    pthread_t threads[7];
    struct ocsp_cache *cache = ocsp_cache_new(16, 0, 1, NULL);
    unsigned i, asking = 0;
    size_t answers;

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    for (i = 0; i < 7; i++) {
        waiters[i] = (struct waiter){.cache = cache};
        cr_assert_eq(pthread_create(&threads[i], NULL, wait_for_it, &waiters[i]), 0);
    }
    while (asking < 8)
        ocsp_cache_measure(cache, &answers, &asking);
    leave(cache, 1, good(100, 200));
    for (i = 0; i < 7; i++) {
        (void)pthread_join(threads[i], NULL);
        cr_expect_eq(waiters[i].turn, OCSP_TURN_KNOWN, "thread %u: %d", i, waiters[i].turn);
        cr_expect_eq(waiters[i].answer.result, OCSP_SAYS_GOOD);
    }
    ocsp_cache_measure(cache, &answers, &asking);
    cr_expect_eq(asking, 0);
    ocsp_cache_free(cache);
}

Test(ocsp_cache, when_the_one_that_asks_fails_another_asks)
{
    struct waiter waiter;
    pthread_t thread;
    struct ocsp_cache *cache = ocsp_cache_new(16, 0, 1, NULL);
    unsigned asking = 0;
    size_t answers;

    cr_assert_eq(enter(cache, 1, 100), OCSP_TURN_ASK);
    waiter = (struct waiter){.cache = cache};
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_it, &waiter), 0);
    while (asking < 2)
        ocsp_cache_measure(cache, &answers, &asking);
    leave(cache, 1, (struct ocsp_answer){.result = OCSP_FAILED});
    (void)pthread_join(thread, NULL);
    cr_expect_eq(waiter.turn, OCSP_TURN_ASK, "%d", waiter.turn);
    ocsp_cache_free(cache);
}
