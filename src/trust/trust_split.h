/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_SPLIT_H
#define PEERCERT_TRUST_SPLIT_H

#include "base/error.h"
#include "base/list.h"
#include <openssl/x509.h>

/* For the trust module alone. What CA certificates are; each stack borrows and is added to. */
struct trust_parts {
    STACK_OF(X509) * anchors;
    STACK_OF(X509) * issued; /* those of the anchors that did not sign themselves */
    STACK_OF(X509) * below;  /* those that are no anchors */
};

/* For the trust module alone. Tells the CA certificates that are anchors from those that another of
 * them issued: directly, or by way of others of them or of `between`, the operator's certificates
 * that chains are built with. Names and signatures tell, not key identifiers. A self-signed one is
 * an anchor; so are those that issued each other in a circle. All stacks borrow; a sentence for
 * each of the latter is added to `warnings`. false with ERROR_MEMORY. */
bool trust_split_cas(STACK_OF(X509) * cas, STACK_OF(X509) * between,
    const struct trust_parts *parts, struct list *warnings, struct error *error);

/* Adds all certificates of a stack to another, which borrows them too. false when out of memory. */
bool trust_push_all(STACK_OF(X509) * to, STACK_OF(X509) * from);

#endif
