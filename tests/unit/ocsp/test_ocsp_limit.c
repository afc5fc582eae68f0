/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "ocsp/ocsp_limit.h"

#include <criterion/criterion.h>

#define LONG_MS 100000

Test(ocsp_limit, a_wait_is_looked_at_again_before_its_deadline)
{
    const atomic_llong never = INT64_MAX;
    const struct ocsp_limit limit = {.deadline = clock_milliseconds() + LONG_MS, .end = &never};
    int left = ocsp_limit_left(&limit);

    cr_expect(left > 0 && left < LONG_MS, "%d", left);
}

Test(ocsp_limit, nothing_is_left_behind_the_deadline)
{
    const atomic_llong never = INT64_MAX;
    const struct ocsp_limit limit = {.deadline = clock_milliseconds(), .end = &never};

    cr_expect_eq(ocsp_limit_left(&limit), 0);
}

Test(ocsp_limit, the_end_of_the_program_comes_before_the_deadline)
{
    atomic_llong end = INT64_MAX;
    const struct ocsp_limit limit = {.deadline = clock_milliseconds() + LONG_MS, .end = &end};

    atomic_store(&end, clock_milliseconds() + 20);
    cr_expect_leq(ocsp_limit_left(&limit), 20);
    atomic_store(&end, clock_milliseconds());
    cr_expect_eq(ocsp_limit_left(&limit), 0);
}
