/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_REVOCATION_H
#define PEERCERT_VERIFY_REVOCATION_H

#include "trust/trust.h"
#include <stdbool.h>
#include <time.h>

struct findings;
struct path_search;
struct verdict;

/* Revocation by CRLs (RFC 5280 section 6.3.3), of a path that is good in all else. Not by
 * libcrypto's X509_V_FLAG_CRL_CHECK, which hashes a list for each certificate, takes what it cannot
 * read in a list as if it were not there, and looks at one list of an issuer alone.
 *
 * A certificate is revoked when any authentic list says so (listed_on). It is good when the lists
 * that are current and that can be read whole cover it for all reasons. A delta CRL that is current
 * makes its complete one current. The anchor's own revocation is nobody's to tell. */

/* Adds X509_V_ERR_CERT_REVOKED, or why nothing is known, for each certificate whose revocation is
 * asked for; puts the entry and the dates of the leaf's list into the verdict of *findings. Does
 * nothing when there is no CRL and none is required. false when memory or libcrypto failed. */
bool revocation_check(struct findings *findings, const struct path_search *search);

/* What is told of the leaf's revocation beside the status, which the verdict has already. */
void revocation_describe(struct verdict *verdict, const struct findings *findings);

/* Whether a CRL of the issuer lists a certificate that it issued, as listed_on has it; true also
 * when that cannot be told for a failure. */
bool revocation_is_listed(
    const struct trust *trust, X509 *certificate, X509 *issuer, int security_level, time_t now);

/* The name of a CRLReason (RFC 5280 section 5.3.1); NULL when it has none, -1 among them. */
const char *revocation_reason_name(long reason);

#endif
