#ifndef PEERCERT_CLOCK_H
#define PEERCERT_CLOCK_H

#include <stdint.h>

/* The monotonic clock (clock_gettime(2), CLOCK_MONOTONIC), for deadlines and for how long something
 * took: setting the date does not move it. */
int64_t clock_milliseconds(void);

/* The same in microseconds. */
int64_t clock_microseconds(void);

#endif
