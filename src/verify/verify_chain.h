#ifndef PEERCERT_VERIFY_CHAIN_H
#define PEERCERT_VERIFY_CHAIN_H

#include "verify/verify_findings.h"

/* Puts the path of *findings, whose signatures are known to be right, before X509_verify_cert: all
 * that libcrypto checks beside signatures. `untrusted` (borrowed) holds what else is known, for the
 * issuers of CRLs. Adds what it finds. false when memory or libcrypto failed: nothing is known
 * then. */
bool chain_verify(STACK_OF(X509) * untrusted, struct findings *findings);

#endif
