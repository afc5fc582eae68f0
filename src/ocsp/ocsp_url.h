/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_URL_H
#define PEERCERT_OCSP_URL_H

#include "config/config.h"
#include <stdbool.h>
#include <stddef.h>

/* Bytes of a responder's address at the most. */
#define OCSP_URL_MAX ((size_t)512)

/* Where an OCSP responder is. */
struct ocsp_url {
    char host[OCSP_URL_MAX]; /* without the brackets of an IPv6 address */
    char port[6];
    char path[OCSP_URL_MAX]; /* with the query string, begins with a slash */
};

/* Reads a responder's address: http://HOST[:PORT][/PATH], printable ASCII (RFC 3986; a
 * certificate's own address goes into a request's head). No https (RFC 6960 appendix A.1 speaks of
 * HTTP; the answer is signed), no user name, no fragment. `length` bytes, which may hold anything.
 * false when it is no such address; *url is then undefined. */
bool ocsp_url_read(const char *words, size_t length, struct ocsp_url *url);

/* Whether an item of --ocsp-allow, HOST[:PORT], is one; without a port it is for port 80. */
bool ocsp_url_check_allowed(const char *item);

/* Whether the list names this host and port; *number is where then. */
bool ocsp_url_is_allowed(const struct ocsp_url *url, const struct list *allowed, size_t *number);

#endif
