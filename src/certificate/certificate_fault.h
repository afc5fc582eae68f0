/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CERTIFICATE_FAULT_H
#define PEERCERT_CERTIFICATE_FAULT_H

#include "base/error.h"
#include "certificate/outline.h"
#include <stdbool.h>

/* Why libcrypto cannot decode bytes that look like a certificate: an attribute of a name whose
 * string is not well-formed for its type (RFC 5280 section 4.1.2.4). Sets the error and returns
 * true when there is one; looks at no more than the two names. */
bool certificate_find_bad_name(const struct outline *outline, struct error *error);

#endif
