#include "crew.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* In a cache line of its own: it is written twice for each event. */
struct member {
    alignas(64) atomic_uint turns; /* odd while it is busy with an event */
    unsigned seen;                 /* `turns` at the guard's last look; the lock guards it */
    bool on_duty;                  /* the member's own */
};

struct crew {
    pthread_mutex_t lock;   /* of those who come to stand by, and of the guard */
    pthread_cond_t reserve; /* where the others who stand by wait */
    pthread_cond_t guard;   /* where the one who looks after the rest waits */
    struct member *members;
    unsigned count, places;
    atomic_uint on_duty; /* those who do not stand by; changed under the lock */
    atomic_uint limit;   /* `places` and one for each who is held up; changed under the lock */
    atomic_bool guarded; /* somebody is the guard; changed under the lock */
    atomic_uint waiting; /* those who wait for events */
    atomic_bool alarmed; /* the guard knows that nobody waits, or there is none */
    atomic_bool ended;   /* changed under the lock */
};

static bool prepare(struct crew *crew)
{
    pthread_condattr_t monotonic;
    bool good;

    if (pthread_condattr_init(&monotonic) != 0)
        return false;
    good = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
           pthread_mutex_init(&crew->lock, NULL) == 0 &&
           pthread_cond_init(&crew->reserve, NULL) == 0 &&
           pthread_cond_init(&crew->guard, &monotonic) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    return good;
}

struct crew *crew_new(unsigned count, unsigned places)
{
    struct crew *crew = calloc(1, sizeof(*crew));
    unsigned i;

    if (crew == NULL)
        return NULL;
    crew->members = aligned_alloc(alignof(struct member), count * sizeof(*crew->members));
    if (crew->members == NULL || !prepare(crew)) {
        free(crew->members);
        free(crew);
        return NULL;
    }
    for (i = 0; i < count; i++) {
        atomic_init(&crew->members[i].turns, 0);
        crew->members[i].seen = 0;
        crew->members[i].on_duty = false;
    }
    crew->count = count;
    crew->places = places;
    atomic_init(&crew->limit, places);
    atomic_init(&crew->alarmed, true);
    return crew;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    (void)pthread_cond_destroy(&crew->guard);
    (void)pthread_cond_destroy(&crew->reserve);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew->members);
    free(crew);
}

/* How many have been busy with the same event since the last look. */
static unsigned count_held_up(struct crew *crew)
{
    unsigned i, held_up = 0;

    for (i = 0; i < crew->count; i++) {
        unsigned turns = atomic_load(&crew->members[i].turns);

        if (turns % 2 == 1 && turns == crew->members[i].seen)
            held_up++;
        crew->members[i].seen = turns;
    }
    return held_up;
}

/* Waits while somebody waits for events. The member who stops doing so as the last one looks
 * whether the guard rests, after it was counted out; the guard counts after it began to. */
static void rest(struct crew *crew)
{
    atomic_store(&crew->alarmed, false);
    while (!atomic_load(&crew->ended) && !atomic_load(&crew->alarmed) &&
           atomic_load(&crew->waiting) > 0)
        (void)pthread_cond_wait(&crew->guard, &crew->lock);
    atomic_store(&crew->alarmed, true);
}

static void wait_a_tick(struct crew *crew)
{
    struct timespec until = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CREW_TICK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    while (!atomic_load(&crew->ended) &&
           pthread_cond_timedwait(&crew->guard, &crew->lock, &until) == 0)
        continue;
}

/* The guard's work, until one more is wanted on duty or the crew ends. */
static void watch(struct crew *crew)
{
    atomic_store(&crew->guarded, true);
    while (!atomic_load(&crew->ended)) {
        if (atomic_load(&crew->limit) == crew->places)
            rest(crew);
        wait_a_tick(crew);
        atomic_store(&crew->limit, crew->places + count_held_up(crew));
        if (atomic_load(&crew->on_duty) < atomic_load(&crew->limit))
            break;
    }
    atomic_store(&crew->guarded, false);
}

/* More are on duty than there should be; or nobody looks whether there are. */
static bool is_one_too_many(const struct crew *crew)
{
    unsigned on_duty = atomic_load(&crew->on_duty);

    return on_duty > atomic_load(&crew->limit) ||
           (on_duty > crew->places && !atomic_load(&crew->guarded));
}

static void stand_by(struct crew *crew, struct member *member)
{
    bool leaves;

    (void)pthread_mutex_lock(&crew->lock);
    leaves = member->on_duty && is_one_too_many(crew);
    if (leaves) {
        member->on_duty = false;
        atomic_fetch_sub(&crew->on_duty, 1);
    }
    while (!member->on_duty && !atomic_load(&crew->ended)) {
        if (!leaves && atomic_load(&crew->on_duty) < atomic_load(&crew->limit)) {
            member->on_duty = true;
            atomic_fetch_add(&crew->on_duty, 1);
        } else if (!atomic_load(&crew->guarded)) {
            watch(crew);
        } else {
            (void)pthread_cond_wait(&crew->reserve, &crew->lock);
        }
        leaves = false;
    }
    /* The next one is the guard now, or goes on duty too. */
    (void)pthread_cond_signal(&crew->reserve);
    (void)pthread_mutex_unlock(&crew->lock);
}

bool crew_await_turn(struct crew *crew, unsigned number)
{
    struct member *member = &crew->members[number];
    unsigned turns = atomic_load(&member->turns);

    atomic_store(&member->turns, turns + turns % 2);
    if (!member->on_duty || is_one_too_many(crew))
        stand_by(crew, member);
    if (atomic_load(&crew->ended))
        return false;
    atomic_fetch_add(&crew->waiting, 1);
    return true;
}

void crew_take_event(struct crew *crew, unsigned number)
{
    atomic_fetch_add(&crew->members[number].turns, 1);
    if (atomic_fetch_sub(&crew->waiting, 1) != 1 || atomic_load(&crew->alarmed))
        return;
    (void)pthread_mutex_lock(&crew->lock);
    atomic_store(&crew->alarmed, true);
    (void)pthread_cond_signal(&crew->guard);
    (void)pthread_mutex_unlock(&crew->lock);
}

void crew_end(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->lock);
    atomic_store(&crew->ended, true);
    (void)pthread_cond_broadcast(&crew->reserve);
    (void)pthread_cond_broadcast(&crew->guard);
    (void)pthread_mutex_unlock(&crew->lock);
}
