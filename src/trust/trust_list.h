/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_LIST_H
#define PEERCERT_TRUST_LIST_H

#include "certificate/crl.h"

/* For the trust module alone: a CRL and what is known of who signed it. Counted by reference,
 * shared by snapshots and threads. */
struct trust_list;

/* Takes the CRL over. Returns a list with one reference, NULL when memory ran out (the CRL is then
 * still the caller's). */
struct trust_list *trust_list_new(struct crl *crl);
struct trust_list *trust_list_retain(struct trust_list *list);
void trust_list_release(struct trust_list *list); /* accepts NULL */

const struct crl *trust_list_crl(const struct trust_list *list); /* borrowed */

/* The key that is proven to have made the signature, NULL when none is yet; borrowed. */
EVP_PKEY *trust_list_signer(const struct trust_list *list);

/* Whether this key made the signature: 1 yes, 0 no, -1 memory or libcrypto failed. Asks libcrypto
 * once for each key and remembers the answer: the key that did, and the last
 * TRUST_LIST_REFUSED that did not. */
int trust_list_is_by(struct trust_list *list, EVP_PKEY *key);
#define TRUST_LIST_REFUSED 16

#endif
