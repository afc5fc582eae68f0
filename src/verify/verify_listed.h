/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_LISTED_H
#define PEERCERT_VERIFY_LISTED_H

#include "trust/trust_crls.h"

/* All CRLs that speak for an issuer: those by its key, and by the keys of what stands above it in
 * the path under the same name. When none of these is about the certificate, those by the keys of
 * other certificates of its name that it or its own issuer vouches for (RFC 5280 section 6.3.3 f: a
 * CA may sign its CRLs with another key). */
#define CRL_SIGNERS 4
struct crl_sources {
    const struct trust *trust;
    X509 *signers[CRL_SIGNERS]; /* borrowed */
    int count;
    int security_level;
};

/* Goes through them; zero it. */
struct crl_cursor {
    int signer; /* whose list the last one was */
    size_t position;
};

/* The next list, NULL at the end; *failed as trust_crl_next has it. */
const struct crl *crl_sources_next(
    const struct crl_sources *sources, struct crl_cursor *cursor, bool *failed);

/* Whether any list of these, current or stale, lists the certificate: revoked is revoked. An entry
 * on hold (RFC 5280 section 5.3.1) counts unless a later list of the same scope, or a later delta
 * CRL's removeFromCRL, releases it: later by thisUpdate and not by a lower cRLNumber, and not after
 * `now`, nor stale while the list that holds is relied on. A list that proves nothing good releases
 * nothing; nor does removeFromCRL in a complete list, or in a delta CRL to a complete list that is
 * not there (section 5.2.4). Returns the list, with the entry in *entry; NULL when none does. */
const struct crl *listed_on(const struct crl_sources *sources, X509 *certificate, time_t now,
    struct crl_entry *entry, bool *failed);

/* Whether nothing about the list itself keeps it from proving that a certificate is good: that it
 * has no crl_fault, and that its signature's digest is strong enough. */
bool crl_is_sound(const struct crl_sources *sources, const struct crl *crl);

/* Whether delta CRLs are used with a complete one for this certificate: one of the two says where
 * they are (RFC 5280 sections 4.2.1.15 and 5.2.6). */
bool listed_with_deltas(const struct crl *complete, X509 *certificate);

#endif
