#ifndef PEERCERT_VERIFY_REVOCATION_H
#define PEERCERT_VERIFY_REVOCATION_H

#include "verify/verify.h"

/* Puts date and reason of a certificate's entry on a CRL into the verdict (revoked_at,
 * revocation_reason, the CRL's dates). Either may be NULL; then nothing is known and nothing is
 * put. */
void revocation_describe(X509_CRL *crl, X509 *certificate, struct verdict *verdict);

/* The name of a CRLReason (RFC 5280 section 5.3.1); NULL when it has none, -1 among them. */
const char *revocation_reason_name(long reason);

/* Puts the dates of the newest CRL of the leaf's issuer into the verdict. */
void revocation_describe_crl(X509 *leaf, const struct trust *trust, struct verdict *verdict);

/* libcrypto looks at the best CRL of each issuer; this looks whether any authentic one of them,
 * current or stale, lists a certificate of the chain (DESIGN: revoked is revoked). An entry on hold
 * (RFC 5280 section 5.3.1) counts unless a later CRL of the same scope, or a later delta CRL's
 * removeFromCRL, releases it: later by thisUpdate and not by a lower cRLNumber, and not after the
 * verdict's moment. Returns true with the entry in the verdict and the certificate's
 * depth in *depth. */
bool revocation_listed(STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, struct verdict *verdict, int *depth);

/* RFC 5280 section 5.1.2.5 requires nextUpdate; libcrypto takes a CRL without it as current for
 * ever. Returns true with the depth when a certificate of the chain whose revocation is asked for
 * has an issuer with such a CRL. */
bool revocation_without_end(STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, int *depth);

/* RFC 5280 section 5.2.5: a CRL of user certificates alone, or of CA certificates alone, covers
 * none of version 1 or 2; libcrypto takes a version 1 certificate for a user's. Returns true with
 * the depth when a certificate of the chain whose revocation is asked for is of such a version and
 * its issuer has such a CRL and no complete one that is current at the verdict's moment. */
bool revocation_out_of_scope(STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, const struct verdict *verdict, int *depth);

#endif
