/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

static int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_microseconds(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_milliseconds(void)
{
    return clock_microseconds() / 1000;
}

struct timespec clock_timespec(int64_t microseconds)
{
    return (struct timespec){.tv_sec = (time_t)(microseconds / 1000000),
        .tv_nsec = (long)(microseconds % 1000000) * 1000};
}

void clock_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}
