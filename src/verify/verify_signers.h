/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_SIGNERS_H
#define PEERCERT_VERIFY_SIGNERS_H

#include "verify/verify_listed.h"

struct findings;
struct path_search;

/* Whose CRLs speak of a certificate of a path: its issuer's, and by which other keys (RFC 5280
 * section 6.3.3 f). Depths are those of the path of *findings; signers are borrowed from *search
 * and the path. *failed is set when memory or libcrypto failed. */

/* Those whose lists can tell that the certificate at this depth is good (struct crl_sources). */
struct crl_sources signers_find(
    const struct findings *findings, const struct path_search *search, int depth, bool *failed);

/* Whether the list of another key of the issuer lists the certificate at this depth, as listed_on
 * has it: a former key's list may be in force yet that does not know of it. What one key's list
 * holds is released by no other key's. Returns the list, with the entry in *entry; NULL when none
 * does. */
const struct crl *signers_listed_by_other(const struct findings *findings,
    const struct path_search *search, int depth, struct crl_entry *entry, bool *failed);

#endif
