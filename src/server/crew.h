#ifndef PEERCERT_CREW_H
#define PEERCERT_CREW_H

#include <stdbool.h>

/* Which of many workers wait for events. When all do, each event wakes another one, which finds
 * that the one before it could have taken the event too and goes to sleep again: two changes of
 * context for each request. So only as many wait as can run at a time; the others stand by, and
 * come when those are held up (by a peer that sends slowly, by an OCSP responder). One of those who
 * stand by looks after that, CREW_TICK_MS apart, and only while nobody waits for events or more are
 * on duty than there are places. */
struct crew;

/* Milliseconds between two looks: who is busy with the same event at both is held up. */
#define CREW_TICK_MS 5

/* How many workers can run at a time: one for each processor that the process may use, `otherwise`
 * when their number is not to be had; two at least, since one that is held up is noticed by another
 * that stands by, which takes a moment. */
unsigned crew_places(unsigned otherwise);

/* A crew of `count` workers, of which `places` (at least 1) wait or work while nobody is held up.
 * NULL for want of memory. Free accepts NULL; no worker may use it any more. */
struct crew *crew_new(unsigned count, unsigned places);
void crew_free(struct crew *crew);

/* Waits until it is the worker's turn to wait for an event. `number` is the worker's own, below
 * `count`. Returns false when the crew has ended: it is over then for this worker. */
bool crew_await_turn(struct crew *crew, unsigned number);

/* The worker has stopped waiting, with an event or without. Comes after each crew_await_turn that
 * returned true. */
void crew_take_event(struct crew *crew, unsigned number);

/* Ends the crew: nobody stands by any longer, and crew_await_turn returns false. */
void crew_end(struct crew *crew);

#endif
