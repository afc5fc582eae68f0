#ifndef PEERCERT_VERIFY_REVOCATION_H
#define PEERCERT_VERIFY_REVOCATION_H

#include "verify.h"

/* Puts date and reason of a certificate's entry on a CRL into the verdict (revoked_at,
 * revocation_reason, the CRL's dates). Either may be NULL; then nothing is known and nothing is
 * put. */
void revocation_describe(X509_CRL *crl, X509 *certificate, struct verdict *verdict);

/* Puts the dates of the newest CRL of the leaf's issuer into the verdict. */
void revocation_describe_crl(X509 *leaf, const struct trust *trust, struct verdict *verdict);

/* libcrypto looks at the best CRL of each issuer; this looks whether any authentic one of them,
 * current or stale, lists a certificate of the chain (entries on hold count on libcrypto's CRL
 * alone, since a later one may release them). Returns true with the entry in the verdict and its
 * depth in verdict->error_depth. */
bool revocation_listed(STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, struct verdict *verdict);

#endif
