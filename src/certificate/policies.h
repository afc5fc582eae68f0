/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_POLICIES_H
#define PEERCERT_POLICIES_H

#include <openssl/x509.h>
#include <stdbool.h>

/* True for a certificate with policyConstraints and without certificatePolicies: libcrypto decodes
 * the one and, when the other is absent, never frees it (X509_policy_check, OpenSSL 3.0 to 3.5). It
 * must not be shown to it, except as the last of a chain, which it passes over. */
bool policies_are_lost(const X509 *certificate);

/* Has libcrypto read the policies of a certificate, which it keeps with it, and mark it when they
 * are invalid (EXFLAG_INVALID_POLICY). Not for one whose policies are lost. false when it failed.
 */
bool policies_settle(X509 *certificate);

#endif
