/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_RESOLVE_H
#define PEERCERT_OCSP_RESOLVE_H

#include "base/error.h"
#include <netdb.h>
#include <stdint.h>

/* Looks a host's addresses up, until `deadline` (of clock_milliseconds) at the latest: getaddrinfo
 * itself knows no time limit, so it runs in a thread of its own, which is left to itself when the
 * time is over and ends by itself. Numeric addresses need none. Returns a list that the caller
 * frees with freeaddrinfo; NULL with ERROR_INPUT (no such host, too late) or ERROR_MEMORY. */
struct addrinfo *ocsp_resolve(
    const char *host, const char *port, int64_t deadline, struct error *error);

#endif
