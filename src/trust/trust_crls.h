/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_CRLS_H
#define PEERCERT_TRUST_CRLS_H

#include "certificate/crl.h"
#include "trust/trust.h"

/* The CRLs of an issuer whose signature the issuer's own key made, one after the other in an order
 * that never changes within a snapshot:
 *
 *     size_t position = 0;
 *     bool failed = false;
 *     while ((crl = trust_crl_next(trust, issuer, &position, &failed)) != NULL)
 *
 * NULL at the end; then *failed tells that memory or libcrypto failed, and nothing may be
 * concluded from what is missing. CRLs count by name and key, whatever their key identifiers say
 * (RFC 5280 section 6.3.3 f). A signature is checked once for each CRL and key and remembered, for
 * the operator's own CAs when the snapshot is made. For any other issuer the first call hashes the
 * CRLs of its name: call it only for a certificate that is proven to lead to an anchor.
 *
 * It returns lists of every kind: stale, not yet valid, delta, with a fault, of another scope, and
 * of an issuer whose key usage lacks cRLSign. Safe in several threads at once; what it returns
 * lives as long as the snapshot. */
const struct crl *trust_crl_next(
    const struct trust *trust, X509 *issuer, size_t *position, bool *failed);

/* Whether any CRL, whoever signed it, names this issuer. */
bool trust_crl_names(const struct trust *trust, const X509_NAME *issuer);

/* Whether a CA of this name is known to have signed one of these CRLs, with whatever key. */
bool trust_crl_is_signed(const struct trust *trust, const X509_NAME *issuer);

#define CRL_ALL_REASONS CRLDP_ALL_REASONS

/* For which reasons the list would tell that this certificate is revoked, as bits of RFC 5280
 * section 5.2.5 ReasonFlags (CRL_ALL_REASONS: all): 0 when it does not speak of the certificate. Of
 * the list's scope alone (sections 5.2.5 and 6.3.3 b): not of its dates, its signature or its
 * faults. onlyContainsUserCerts and onlyContainsCACerts cover no certificate of version 1 or 2. */
unsigned trust_crl_reasons(const struct crl *crl, X509 *certificate);

/* Whether both lists have the same issuingDistributionPoint (RFC 5280 section 5.2.5) or none. */
bool trust_crl_is_same_scope(const struct crl *one, const struct crl *other);

/* Whether a delta CRL adds to this complete one (RFC 5280 section 5.2.4; both of one issuer and
 * key): the same scope, a base number that is not above the complete one's cRLNumber, and a
 * cRLNumber above it. */
bool trust_crl_extends(const struct crl *delta, const struct crl *complete);

/* Whether the cRLNumber of one list is at least that of another (RFC 5280 section 5.2.3). One that
 * is missing or cannot be read is lower than any other. */
bool trust_crl_number_is_as_high(const struct crl *new, const struct crl *old);

#endif
