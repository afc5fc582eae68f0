/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_RULES_H
#define PEERCERT_VERIFY_RULES_H

#include "verify/verify_findings.h"

/* What libcrypto does not look at, or not as RFC 5280 says: extensions, name constraints and
 * policies of a path in which X509_verify_cert finds nothing that makes it untrusted. Adds what it
 * finds; false when memory or libcrypto failed. */
bool rules_check(struct findings *findings);

#endif
