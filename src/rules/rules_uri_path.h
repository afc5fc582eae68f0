/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_URI_PATH_H
#define PEERCERT_RULES_URI_PATH_H

#include <stddef.h>

/* What a program may make of the path of a URI, which begins with a slash or is empty, in place:
 * each returns the new length, which is no longer than before. The bytes need no NUL at their end
 * and get none. */

/* Decodes %XX (RFC 3986 section 2.1). */
size_t rules_uri_decode(char *text, size_t length);

/* Resolves the empty segments and dots of a path (RFC 3986 section 5.2.4); a backslash is a slash.
 * It does not end in a slash then. */
size_t rules_uri_resolve(char *path, size_t length);

/* The length of a path without the query or fragment behind it. */
size_t rules_uri_path_length(const char *path, size_t length);

/* Brings a path into its plainest form: what is behind ? or # is cut off, escapes are decoded, and
 * it is resolved. */
size_t rules_uri_settle(char *path, size_t length);

#endif
