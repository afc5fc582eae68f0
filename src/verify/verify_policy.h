/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_POLICY_H
#define PEERCERT_VERIFY_POLICY_H

#include <openssl/x509v3.h>
#include <stdbool.h>

/* Certificate policies (RFC 5280 section 6.1). Not by X509_V_FLAG_POLICY_CHECK: libcrypto looks at
 * them whatever else is wrong, when it is told to go on after errors. Here they are for chains that
 * the anchor vouches for. Its X509_policy_check judges them, but for a chain with policyConstraints
 * in a certificate without certificatePolicies, of which it loses memory each time. */

/* The X509_V_ERR number of what is wrong with the policies of a proven chain (leaf first, may be
 * NULL; borrowed), and in *depth whose they are: X509_V_ERR_NO_EXPLICIT_POLICY,
 * X509_V_ERR_INVALID_POLICY_EXTENSION, or X509_V_ERR_UNSPECIFIED when libcrypto failed; X509_V_OK
 * when nothing is. The user's initial policy set is any-policy (RFC 5280 section 6.1.1 c), so that
 * an explicit policy that a CA demands is enforced and every policy that it names will do. */
int policy_fault(STACK_OF(X509) * chain, int *depth);

/* Whether one of them maps anyPolicy, or to it, which none may (RFC 5280 section 4.2.1.5). Accepts
 * NULL: there are none. */
bool policy_maps_any(const POLICY_MAPPINGS *mappings);

/* Which policies every certificate of a proven chain has but the anchor, or stands for with
 * anyPolicy where that is not inhibited: the authority-constrained policy set (RFC 5280 section
 * 6.1.5 g). A policy that a CA maps counts as what it is above that CA. In *valid for
 * policy_is_valid; free it with X509_policy_tree_free; NULL when nothing is valid. Without a chain
 * (NULL) nothing is. false when memory or libcrypto failed. */
bool policy_find_valid(STACK_OF(X509) * chain, X509_POLICY_TREE **valid);

/* Whether a policy of the leaf is one of these, which may be NULL. */
bool policy_is_valid(const X509_POLICY_TREE *valid, const ASN1_OBJECT *policy);

/* libcrypto does not look at these extensions of a certificate without certificatePolicies, and so
 * passes ones that cannot be read. The NID of the first such one in the chain, of one that is there
 * twice, or of an inhibitAnyPolicy below zero, and in *depth whose it is; NID_undef when there is
 * none. */
int policy_find_unreadable(STACK_OF(X509) * chain, int *depth);

#endif
