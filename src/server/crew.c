#include "server/crew.h"
#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The processors have little to do when they work for less than this part of the time. */
#define IDLE_PART 4

#define TICK_US (CREW_TICK_MS * INT64_C(1000))

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
    atomic_uint on_duty;    /* those who do not stand by; changed under the lock */
    atomic_uint limit;      /* how many may be; changed under the lock */
    atomic_llong looked_at; /* clock_microseconds() at the last look; changed under the lock */
    int64_t cpu;            /* microseconds of the processors then; the lock guards it */
    atomic_bool guarded;    /* somebody is the guard; changed under the lock */
    atomic_uint waiting;    /* those who wait for events */
    atomic_bool alarmed;    /* the guard knows that nobody waits, or there is none */
    atomic_bool ended;      /* changed under the lock */
};

unsigned crew_places(unsigned otherwise)
{
    cpu_set_t processors;
    unsigned places = sched_getaffinity(0, sizeof(processors), &processors) == 0
                          ? (unsigned)CPU_COUNT(&processors)
                          : otherwise;

    return places > 2 ? places : 2;
}

struct crew *crew_new(unsigned count, unsigned places)
{
    struct crew *crew = calloc(1, sizeof(*crew));
    unsigned i;

    if (crew == NULL)
        return NULL;
    crew->members = aligned_alloc(alignof(struct member), count * sizeof(*crew->members));
    if (crew->members == NULL) {
        free(crew);
        return NULL;
    }
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->reserve, NULL);
    clock_condition_init(&crew->guard);
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

/* Notes what the next look compares with. Returns who is held up since the last one. */
static unsigned begin_look(struct crew *crew)
{
    atomic_store(&crew->looked_at, clock_microseconds());
    crew->cpu = clock_cpu_microseconds();
    return count_held_up(crew);
}

/* Looks how many should be on duty. When nobody waits for events although the processors had little
 * to do, those who are busy wait for something, and twice as many may be on duty; otherwise one
 * less than before. */
static void look(struct crew *crew)
{
    int64_t since = atomic_load(&crew->looked_at), cpu_since = crew->cpu;
    unsigned limit = atomic_load(&crew->limit) - 1;
    unsigned least = crew->places + begin_look(crew);
    int64_t passed = atomic_load(&crew->looked_at) - since, used = crew->cpu - cpu_since;

    if (atomic_load(&crew->waiting) == 0 && used * IDLE_PART < passed * (int64_t)crew->places)
        limit = 2 * atomic_load(&crew->on_duty);
    if (limit < least)
        limit = least;
    atomic_store(&crew->limit, limit < crew->count ? limit : crew->count);
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
    const struct timespec until = clock_timespec(clock_microseconds() + TICK_US);

    while (!atomic_load(&crew->ended) &&
           pthread_cond_timedwait(&crew->guard, &crew->lock, &until) == 0)
        continue;
}

static bool wants_more(const struct crew *crew)
{
    return atomic_load(&crew->on_duty) < atomic_load(&crew->limit);
}

static bool has_too_many(const struct crew *crew)
{
    return atomic_load(&crew->on_duty) > atomic_load(&crew->limit);
}

/* The guard's work, until one more is wanted on duty or the crew ends. */
static void watch(struct crew *crew)
{
    atomic_store(&crew->guarded, true);
    while (!atomic_load(&crew->ended) && !wants_more(crew)) {
        if (atomic_load(&crew->limit) <= crew->places) {
            rest(crew);
            (void)begin_look(crew);
        }
        wait_a_tick(crew);
        look(crew);
    }
    atomic_store(&crew->guarded, false);
}

/* All are on duty, so nobody is the guard, and it is time to see whether all should be. */
static bool is_look_due(const struct crew *crew)
{
    return !atomic_load(&crew->guarded) && atomic_load(&crew->on_duty) > crew->places &&
           clock_microseconds() - atomic_load(&crew->looked_at) >= TICK_US;
}

static void stand_by(struct crew *crew, struct member *member)
{
    (void)pthread_mutex_lock(&crew->lock);
    if (member->on_duty && is_look_due(crew))
        look(crew);
    if (member->on_duty && has_too_many(crew)) {
        member->on_duty = false;
        atomic_fetch_sub(&crew->on_duty, 1);
    }
    while (!member->on_duty && !atomic_load(&crew->ended)) {
        if (wants_more(crew)) {
            member->on_duty = true;
            atomic_fetch_add(&crew->on_duty, 1);
        } else if (!atomic_load(&crew->guarded)) {
            watch(crew);
        } else {
            (void)pthread_cond_wait(&crew->reserve, &crew->lock);
        }
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
    if (!member->on_duty || has_too_many(crew) || is_look_due(crew))
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
