/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_RESOLVE_H
#define PEERCERT_OCSP_RESOLVE_H

#include "base/error.h"
#include "ocsp/ocsp_limit.h"
#include <netdb.h>

/* Looks a host's addresses up, for as long as the limit allows: getaddrinfo itself knows no time
 * limit, so it runs in a thread of its own, which is left to itself when the time is over and ends
 * by itself. While too many for one host have been left so, no other begins for it. Numeric
 * addresses need none. Returns a list that the caller frees with freeaddrinfo; NULL with
 * ERROR_INPUT (no such host, too late, too many left) or ERROR_MEMORY. */
struct addrinfo *ocsp_resolve(
    const char *host, const char *port, const struct ocsp_limit *limit, struct error *error);

#endif
