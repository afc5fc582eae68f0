/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_limit.h"
#include "base/clock.h"

/* How often a waiting thread sees whether the program ends. */
#define LOOK_MS 100

int ocsp_limit_left(const struct ocsp_limit *limit)
{
    int64_t left = limit->deadline - clock_milliseconds();

    if (left <= 0 || atomic_load(limit->ended))
        return 0;
    return left < LOOK_MS ? (int)left : LOOK_MS;
}
