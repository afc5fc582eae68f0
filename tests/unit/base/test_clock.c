/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(clock, both_units_are_of_one_clock_that_never_goes_back)
{
    int64_t before = clock_microseconds();
    int64_t between = clock_milliseconds();
    int64_t after = clock_microseconds();

    cr_expect_leq(before, after);
    cr_expect_leq(before / 1000, between);
    cr_expect_leq(between, after / 1000);
}

Test(clock, a_moment_is_split_into_seconds_and_nanoseconds)
{
    struct timespec moment = clock_timespec(12345678);

    cr_expect_eq(moment.tv_sec, 12);
    cr_expect_eq(moment.tv_nsec, 345678000);
}

/* A condition that waits by the date would see this moment as long past. */
Test(clock, a_condition_waits_by_the_same_clock)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int64_t until = clock_microseconds() + 20000;
    struct timespec deadline = clock_timespec(until);
    pthread_cond_t condition;

    clock_condition_init(&condition);
    (void)pthread_mutex_lock(&lock);
    while (pthread_cond_timedwait(&condition, &lock, &deadline) == 0)
        ;
    (void)pthread_mutex_unlock(&lock);
    cr_expect_geq(clock_microseconds(), until);
    (void)pthread_cond_destroy(&condition);
}
