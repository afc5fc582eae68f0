/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CLOCK_H
#define PEERCERT_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* The monotonic clock (clock_gettime(2), CLOCK_MONOTONIC), for deadlines and for how long something
 * took: setting the date does not move it. */
int64_t clock_milliseconds(void);

/* The same in microseconds. */
int64_t clock_microseconds(void);

/* A moment of clock_microseconds as pthread_cond_timedwait(3) takes it, and a condition that waits
 * by this clock. Ends with pthread_cond_destroy(3). */
struct timespec clock_timespec(int64_t microseconds);
void clock_condition_init(pthread_cond_t *condition);

#endif
