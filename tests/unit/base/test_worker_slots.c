/* SPDX-License-Identifier: ISC */
#include "base/worker_slots.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#define WORKERS 16
#define SLOTS 2
/* Far longer than anything here takes; only a test that fails waits for it. */
#define PATIENCE_MS 20000

/* Workers that look for events at a semaphore. An event lasts until the second semaphore lets one
 * go on, with or without the worker's slot. */
static struct {
    struct worker_slots *slots;
    sem_t events, go_on;
    atomic_int looking, busy, done;
    atomic_bool waits;
    pthread_t threads[WORKERS];
} scene;

static void pause_ms(long milliseconds)
{
    const struct timespec moment = {.tv_nsec = milliseconds * 1000000L};

    (void)nanosleep(&moment, NULL);
}

static bool becomes(atomic_int *counter, int wanted)
{
    int i;

    for (i = 0; i < PATIENCE_MS && atomic_load(counter) != wanted; i++)
        pause_ms(1);
    return atomic_load(counter) == wanted;
}

static void *work(void *context)
{
    bool is_new;

    (void)context;
    while (worker_slots_stand_by(scene.slots, &is_new)) {
        atomic_fetch_add(&scene.looking, 1);
        (void)sem_wait(&scene.events);
        atomic_fetch_sub(&scene.looking, 1);
        if (atomic_load(&scene.waits))
            worker_slots_leave(scene.slots);
        atomic_fetch_add(&scene.busy, 1);
        (void)sem_wait(&scene.go_on);
        atomic_fetch_sub(&scene.busy, 1);
        atomic_fetch_add(&scene.done, 1);
    }
    worker_slots_leave(scene.slots);
    return NULL;
}

static void post(sem_t *semaphore, int count)
{
    while (count-- > 0)
        (void)sem_post(semaphore);
}

static void begin(bool waits)
{
    int i;

    scene.slots = worker_slots_new(SLOTS);
    cr_assert_not_null(scene.slots);
    atomic_store(&scene.waits, waits);
    (void)sem_init(&scene.events, 0, 0);
    (void)sem_init(&scene.go_on, 0, 0);
    for (i = 0; i < WORKERS; i++)
        cr_assert_eq(pthread_create(&scene.threads[i], NULL, work, NULL), 0);
    cr_assert(becomes(&scene.looking, SLOTS));
}

static void end(void)
{
    int i;

    worker_slots_end(scene.slots);
    post(&scene.events, WORKERS);
    post(&scene.go_on, WORKERS);
    for (i = 0; i < WORKERS; i++)
        (void)pthread_join(scene.threads[i], NULL);
    worker_slots_free(scene.slots);
}

Test(worker_slots, as_many_look_for_work_as_there_are_slots)
{
    begin(false);
    post(&scene.events, WORKERS);
    cr_expect(becomes(&scene.busy, SLOTS));
    pause_ms(50);
    cr_expect_eq(atomic_load(&scene.busy), SLOTS, "nobody else came for the other events");
    post(&scene.go_on, WORKERS);
    cr_expect(becomes(&scene.done, WORKERS));
    cr_expect(becomes(&scene.looking, SLOTS));
    end();
}

Test(worker_slots, whoever_waits_makes_place_for_another)
{
    begin(true);
    post(&scene.events, WORKERS);
    cr_expect(becomes(&scene.busy, WORKERS), "all wait at the same time: %d", scene.busy);
    post(&scene.go_on, WORKERS);
    cr_expect(becomes(&scene.done, WORKERS));
    cr_expect(becomes(&scene.looking, SLOTS), "and afterwards as few as before look for work: %d",
        scene.looking);
    end();
}

Test(worker_slots, a_worker_goes_on_after_its_wait_although_all_slots_are_taken)
{
    begin(true);
    post(&scene.events, 1);
    cr_expect(becomes(&scene.busy, 1));
    cr_expect(becomes(&scene.looking, SLOTS));
    post(&scene.go_on, 1);
    cr_expect(becomes(&scene.done, 1));
    cr_expect(becomes(&scene.looking, SLOTS));
    end();
}

Test(worker_slots, all_who_stand_by_leave_at_the_end)
{
    begin(false);
    end();
}

Test(worker_slots, whoever_has_no_slot_has_nothing_to_give_back)
{
    struct worker_slots *slots = worker_slots_new(1);
    bool is_new = false;

    worker_slots_leave(NULL);
    worker_slots_leave(slots);
    cr_expect(worker_slots_stand_by(slots, &is_new));
    cr_expect(is_new);
    cr_expect(worker_slots_stand_by(slots, &is_new), "it has one already");
    cr_expect_not(is_new);
    worker_slots_leave(slots);
    cr_expect(worker_slots_stand_by(slots, &is_new));
    cr_expect(is_new, "it gave the one before back");
    worker_slots_end(slots);
    cr_expect_not(worker_slots_stand_by(slots, &is_new));
    worker_slots_leave(slots);
    worker_slots_free(slots);
    worker_slots_free(NULL);
    cr_expect_geq(worker_slots_processors(), 2);
}
