/* SPDX-License-Identifier: ISC */
#include "base/worker_slots.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

struct worker_slots {
    sem_t unused;
    atomic_bool ended;
};

/* Whether this thread has a slot. */
static _Thread_local bool has_slot;

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

    if (slots != NULL)
        (void)sem_init(&slots->unused, 0, count);
    return slots;
}

void worker_slots_free(struct worker_slots *slots)
{
    if (slots == NULL)
        return;
    (void)sem_destroy(&slots->unused);
    free(slots);
}

bool worker_slots_stand_by(struct worker_slots *slots, bool *is_new)
{
    *is_new = !has_slot;
    while (!has_slot)
        has_slot = sem_wait(&slots->unused) == 0;
    return !atomic_load(&slots->ended);
}

void worker_slots_leave(struct worker_slots *slots)
{
    if (has_slot)
        (void)sem_post(&slots->unused);
    has_slot = false;
}

/* Whoever is woken leaves, and so wakes the next. */
void worker_slots_end(struct worker_slots *slots)
{
    atomic_store(&slots->ended, true);
    (void)sem_post(&slots->unused);
}
