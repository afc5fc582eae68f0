/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_WORKER_SLOTS_H
#define PEERCERT_WORKER_SLOTS_H

#include <stdbool.h>

/* How many of many workers look for work at a time. Were it all, each event would wake another one
 * although the one before it could have taken the event too. So there are as many slots as
 * processors: a worker without a slot stands by, and one that is about to wait for something (an
 * OCSP responder, another worker's verdict) gives its slot to one that stands by. After the wait it
 * goes on at once, with a slot more than there are until one of them has nothing left to do: taking
 * a slot never waits, so no order of locks matters here. Safe in several threads at once. */
struct worker_slots;

/* How many processors this process may use; two at least. */
unsigned worker_slots_processors(void);

/* Makes `count` slots (1 at least). NULL when out of memory; free with worker_slots_free, which
 * accepts NULL, once no worker uses them any more. */
struct worker_slots *worker_slots_new(unsigned count);
void worker_slots_free(struct worker_slots *slots);

/* Takes a slot: when a worker begins, and after each wait. Never waits. No effect on NULL. */
void worker_slots_enter(struct worker_slots *slots);

/* Gives the slot back: before each wait. No effect on NULL. */
void worker_slots_leave(struct worker_slots *slots);

/* To be called with a slot, before looking for work. When more slots are taken than there are, the
 * caller stands by without one until one is free. Returns with a slot again, and false when the
 * slots have ended. */
bool worker_slots_stand_by(struct worker_slots *slots);

/* Nobody stands by from now on. */
void worker_slots_end(struct worker_slots *slots);

#endif
