/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_CHAIN_H
#define PEERCERT_VERIFY_CHAIN_H

#include "verify/verify_findings.h"

/* Puts the path of *findings, whose signatures are known to be right, before X509_verify_cert: all
 * that libcrypto checks beside signatures, but no CRLs. Adds what it finds. false when memory or
 * libcrypto failed: nothing is known then. */
bool chain_verify(struct findings *findings);

#endif
