/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_PERCENT_H
#define PEERCERT_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes percent-encoding (RFC 3986 section 2.1): `%` and two hexadecimal digits of any case are a
 * byte, all else is itself. A `+` stays a plus: decoding it to a space as form data would break
 * base64. Writes at most `length` bytes to `decoded` (may be the text itself) and sets *count;
 * false when a `%` is not followed by two digits, and then what was written means nothing. */
bool percent_decode(const char *text, size_t length, char *decoded, size_t *count);

#endif
