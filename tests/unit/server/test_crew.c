#include "server/crew.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#define MOST 16
/* Far longer than anything here takes; only a test that fails waits for it. */
#define PATIENCE_MS 20000

/* Workers that wait for events at one semaphore, as the server's do at one epoll set, and are busy
 * with each until a second semaphore lets one go on. */
static struct {
    struct crew *crew;
    sem_t events, go_on;
    atomic_int waiting, busy, done;
    atomic_bool hold; /* events are held up */
    atomic_bool rest; /* each event waits for a moment, as for an answer from elsewhere */
    pthread_t threads[MOST];
    unsigned numbers[MOST];
    unsigned count;
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
    unsigned number = *(unsigned *)context;

    while (crew_await_turn(scene.crew, number)) {
        atomic_fetch_add(&scene.waiting, 1);
        (void)sem_wait(&scene.events);
        atomic_fetch_sub(&scene.waiting, 1);
        crew_take_event(scene.crew, number);
        if (atomic_load(&scene.hold)) {
            atomic_fetch_add(&scene.busy, 1);
            (void)sem_wait(&scene.go_on);
            atomic_fetch_sub(&scene.busy, 1);
        }
        if (atomic_load(&scene.rest)) {
            atomic_fetch_add(&scene.busy, 1);
            pause_ms(CREW_TICK_MS / 2);
            atomic_fetch_sub(&scene.busy, 1);
        }
        atomic_fetch_add(&scene.done, 1);
    }
    return NULL;
}

static void begin(unsigned count, unsigned places)
{
    unsigned i;

    scene.count = count;
    scene.crew = crew_new(count, places);
    cr_assert_not_null(scene.crew);
    cr_assert_eq(sem_init(&scene.events, 0, 0), 0);
    cr_assert_eq(sem_init(&scene.go_on, 0, 0), 0);
    for (i = 0; i < count; i++) {
        scene.numbers[i] = i;
        cr_assert_eq(pthread_create(&scene.threads[i], NULL, work, &scene.numbers[i]), 0);
    }
}

static void post(sem_t *semaphore, unsigned count)
{
    while (count-- > 0)
        cr_assert_eq(sem_post(semaphore), 0);
}

/* Has so many more events held up, until so many workers are. */
static void hold_up(unsigned events, int busy)
{
    atomic_store(&scene.hold, true);
    post(&scene.events, events);
    cr_assert(becomes(&scene.busy, busy), "%d of %d are held up", atomic_load(&scene.busy), busy);
}

static void end(void)
{
    unsigned i;

    crew_end(scene.crew);
    atomic_store(&scene.hold, false);
    post(&scene.events, scene.count);
    post(&scene.go_on, scene.count);
    for (i = 0; i < scene.count; i++)
        cr_assert_eq(pthread_join(scene.threads[i], NULL), 0);
    crew_free(scene.crew);
}

Test(crew, only_as_many_wait_as_there_are_places, .timeout = 60)
{
    begin(8, 3);
    cr_assert(becomes(&scene.waiting, 3));
    pause_ms(20 * CREW_TICK_MS);
    cr_expect_eq(atomic_load(&scene.waiting), 3, "nobody was held up, so nobody is to come");
    end();
}

Test(crew, all_wait_when_there_are_places_for_all, .timeout = 60)
{
    begin(4, 4);
    cr_expect(becomes(&scene.waiting, 4));
    end();
    begin(2, 8);
    cr_expect(becomes(&scene.waiting, 2));
    end();
}

/* Each event that is held up is followed by another one: so all must get a turn, one after the
 * other, and in the end nobody is left. */
Test(crew, others_take_the_places_of_those_who_are_held_up, .timeout = 60)
{
    int held;

    begin(8, 2);
    for (held = 1; held <= 8; held++)
        hold_up(1, held);
    end();
}

Test(crew, one_who_is_held_up_alone_is_replaced_too, .timeout = 60)
{
    begin(4, 2);
    hold_up(1, 1);
    /* The guard looks only when nobody waits for events: so there must have been another one. */
    atomic_store(&scene.hold, false);
    post(&scene.events, 200);
    cr_assert(becomes(&scene.done, 200));
    hold_up(1, 2);
    cr_assert(becomes(&scene.waiting, 2), "both that stood by wait for events now");
    end();
}

/* None of them is held up for as long as from one look to the next. */
Test(crew, all_come_when_all_wait_for_something_and_the_processors_for_nothing, .timeout = 60)
{
    begin(8, 2);
    atomic_store(&scene.rest, true);
    post(&scene.events, 50000);
    cr_expect(becomes(&scene.busy, 8));
    atomic_store(&scene.rest, false);
    end();
}

Test(crew, those_who_were_held_up_leave_the_others_their_places, .timeout = 60)
{
    int event;

    begin(8, 2);
    hold_up(8, 8);
    atomic_store(&scene.hold, false);
    post(&scene.go_on, 8);
    cr_assert(becomes(&scene.done, 8));
    /* Who waits already leaves after its next event. */
    for (event = 9; event < 9 + 8; event++) {
        pause_ms(2 * CREW_TICK_MS);
        post(&scene.events, 1);
        cr_assert(becomes(&scene.done, event));
    }
    cr_assert(becomes(&scene.waiting, 2), "%d wait", atomic_load(&scene.waiting));
    hold_up(3, 3);
    end();
}

Test(crew, many_events_are_all_taken, .timeout = 60)
{
    int round;

    begin(MOST, 2);
    for (round = 1; round <= 200; round++) {
        post(&scene.events, 100);
        cr_assert(becomes(&scene.done, round * 100));
    }
    end();
}

Test(crew, its_end_lets_everybody_go, .timeout = 60)
{
    begin(8, 1);
    cr_assert(becomes(&scene.waiting, 1));
    end();
    begin(8, 2);
    hold_up(3, 3);
    end();
}
