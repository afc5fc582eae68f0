/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_WORKER_SLOTS_H
#define PEERCERT_WORKER_SLOTS_H

#include <stdbool.h>

/* How many of many workers look for work at a time. Were it all, each event would wake another one
 * although the one before it could have taken the event too. So there are as many slots as
 * processors: a worker without a slot stands by, and one that is about to wait for something (an
 * OCSP responder) gives its slot to one that stands by. After the wait it goes on at once, and
 * stands by when it has nothing left to do. Safe in several threads at once. */
struct worker_slots;

/* How many processors this process may use; two at least. */
unsigned worker_slots_processors(void);

/* Makes `count` slots (1 at least). NULL when out of memory; free with worker_slots_free, which
 * accepts NULL, once no worker uses them any more. */
struct worker_slots *worker_slots_new(unsigned count);
void worker_slots_free(struct worker_slots *slots);

/* Before looking for work: waits for a slot unless this thread has one; *is_new says whether it got
 * it now. False when the slots have ended. */
bool worker_slots_stand_by(struct worker_slots *slots, bool *is_new);

/* Gives this thread's slot back, if it has one: before each wait, and when a worker leaves. Never
 * waits, so a lock may be held. */
void worker_slots_leave(struct worker_slots *slots);

/* Nobody stands by from now on. */
void worker_slots_end(struct worker_slots *slots);

#endif
