/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_COVERAGE_H
#define PEERCERT_VERIFY_COVERAGE_H

#include "verify/verify_listed.h"

/* What CRLs say about a certificate that none of them lists: for which reasons they can be relied
 * on (RFC 5280 section 6.3.3), and why others cannot. */

/* The bits of CRL_ALL_REASONS are among so many. */
#define COVERAGE_BITS 16

/* What is wrong with a list for a certificate, from the least to the most that fits: the last one
 * of these is told. */
enum doubt {
    DOUBT_NONE,
    DOUBT_SCOPE,
    DOUBT_DELTA,
    DOUBT_WEAK,
    DOUBT_FAULT,
    DOUBT_EARLY,
    DOUBT_DATE,
    DOUBT_ENDLESS,
    DOUBT_SIGNER,
    DOUBT_STALE
};

struct coverage {
    unsigned reasons;                        /* of the lists that can be relied on */
    const struct crl *newest[COVERAGE_BITS]; /* of these, for each reason */
    enum doubt doubt;                        /* about one that cannot, */
    const struct crl *doubtful;              /* and that list; NULL without such a one */
};

/* Goes through the lists of these. A delta CRL that is current makes its complete one current.
 * *failed as crl_sources_next has it. The lists are borrowed from the trust. */
struct coverage coverage_read(
    const struct crl_sources *sources, X509 *certificate, time_t now, bool *failed);

/* The word for all reasons together is as old as that for the one whose newest list is oldest; NULL
 * when there is no list. */
const struct crl *coverage_oldest_needed(const struct coverage *coverage);

/* The X509_V_ERR_ code for its doubt; where there is none, that the lists are of another scope. */
int coverage_code(const struct coverage *coverage);

/* Whether the certificate's key usage lets its key sign CRLs (RFC 5280 section 4.2.1.3). */
bool coverage_may_sign(X509 *issuer);

#endif
