/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "ocsp/ocsp_limit.h"

#include <criterion/criterion.h>

Test(ocsp_limit, nothing_is_left_behind_the_deadline_or_once_the_program_ends)
{
    atomic_llong end = INT64_MAX;
    struct ocsp_limit past = {clock_milliseconds() - 1, &end};
    struct ocsp_limit future = {clock_milliseconds() + 100000, &end};

    cr_expect_eq(ocsp_limit_left(&past), 0);
    cr_expect_gt(ocsp_limit_left(&future), 0);
    atomic_store(&end, 0);
    cr_expect_eq(ocsp_limit_left(&future), 0);
}

Test(ocsp_limit, it_is_asked_again_no_later_than_at_the_deadline)
{
    atomic_llong end = INT64_MAX;
    struct ocsp_limit near = {clock_milliseconds() + 20, &end};

    cr_expect_leq(ocsp_limit_left(&near), 20);
}
