/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_REQUEST_HOST_H
#define PEERCERT_REQUEST_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* Characters of a host name at the most, with the NUL (RFC 1035 section 2.3.4, and brackets). */
#define REQUEST_HOST_SIZE 256

/* Writes a Host field (RFC 9110 section 7.2) as hosts are compared: lower case, without port and
 * final dot. false when it is no host name or address: an empty label, or other characters than
 * letters, digits, `-`, `_` and dots. An IPv6 address stands in brackets and comes out in its
 * shortest form. */
bool request_host_read(const char *field, char host[REQUEST_HOST_SIZE]);

#endif
