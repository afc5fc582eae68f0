/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_limit.h"
#include "base/clock.h"

/* How often a waiting thread sees that the program ends. */
#define LOOK_MS 100

int ocsp_limit_left(const struct ocsp_limit *limit)
{
    int64_t end = atomic_load(limit->end);
    int64_t left = (limit->deadline < end ? limit->deadline : end) - clock_milliseconds();

    if (left <= 0)
        return 0;
    return left < LOOK_MS ? (int)left : LOOK_MS;
}
