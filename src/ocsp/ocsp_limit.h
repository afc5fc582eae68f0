/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_LIMIT_H
#define PEERCERT_OCSP_LIMIT_H

#include <stdatomic.h>
#include <stdint.h>

/* How long a responder is waited for: until a moment of clock_milliseconds, and not beyond *end,
 * which may come earlier at any time because the program ends. */
struct ocsp_limit {
    int64_t deadline;
    const atomic_llong *end; /* borrowed */
};

/* For how many milliseconds to wait before asking this again; 0 when the time is over. */
int ocsp_limit_left(const struct ocsp_limit *limit);

#endif
