/* SPDX-License-Identifier: ISC */
#include "base/worker_slots.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct worker_slots {
    pthread_mutex_t lock; /* guards changes of what follows */
    pthread_cond_t freed;
    unsigned count;
    atomic_uint taken; /* may be more than `count`: after a wait nobody waits again */
    atomic_bool ended;
};

unsigned worker_slots_processors(void)
{
    cpu_set_t processors;
    unsigned count = sched_getaffinity(0, sizeof(processors), &processors) == 0
                         ? (unsigned)CPU_COUNT(&processors)
                         : 2;

    return count > 2 ? count : 2;
}

struct worker_slots *worker_slots_new(unsigned count)
{
    struct worker_slots *slots = calloc(1, sizeof(*slots));

    if (slots == NULL)
        return NULL;
    (void)pthread_mutex_init(&slots->lock, NULL);
    (void)pthread_cond_init(&slots->freed, NULL);
    slots->count = count;
    return slots;
}

void worker_slots_free(struct worker_slots *slots)
{
    if (slots == NULL)
        return;
    (void)pthread_cond_destroy(&slots->freed);
    (void)pthread_mutex_destroy(&slots->lock);
    free(slots);
}

void worker_slots_enter(struct worker_slots *slots)
{
    if (slots == NULL)
        return;
    (void)pthread_mutex_lock(&slots->lock);
    atomic_fetch_add(&slots->taken, 1);
    (void)pthread_mutex_unlock(&slots->lock);
}

void worker_slots_leave(struct worker_slots *slots)
{
    if (slots == NULL)
        return;
    (void)pthread_mutex_lock(&slots->lock);
    if (atomic_fetch_sub(&slots->taken, 1) <= slots->count)
        (void)pthread_cond_signal(&slots->freed);
    (void)pthread_mutex_unlock(&slots->lock);
}

bool worker_slots_stand_by(struct worker_slots *slots)
{
    if (atomic_load(&slots->taken) > slots->count) {
        (void)pthread_mutex_lock(&slots->lock);
        if (atomic_load(&slots->taken) > slots->count) {
            atomic_fetch_sub(&slots->taken, 1);
            while (atomic_load(&slots->taken) >= slots->count && !atomic_load(&slots->ended))
                (void)pthread_cond_wait(&slots->freed, &slots->lock);
            atomic_fetch_add(&slots->taken, 1);
        }
        (void)pthread_mutex_unlock(&slots->lock);
    }
    return !atomic_load(&slots->ended);
}

void worker_slots_end(struct worker_slots *slots)
{
    (void)pthread_mutex_lock(&slots->lock);
    atomic_store(&slots->ended, true);
    (void)pthread_cond_broadcast(&slots->freed);
    (void)pthread_mutex_unlock(&slots->lock);
}
