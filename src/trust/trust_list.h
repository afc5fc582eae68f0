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

/* Adds a reference and returns the list; gives one back, and frees the list with its CRL when that
 * was the last (accepts NULL). */
struct trust_list *trust_list_retain(struct trust_list *list);
void trust_list_release(struct trust_list *list);

/* The CRL; borrowed, for as long as the list lives. */
const struct crl *trust_list_crl(const struct trust_list *list);

/* The key that is proven to have made the signature, NULL when none is yet; borrowed. */
EVP_PKEY *trust_list_signer(const struct trust_list *list);

#define TRUST_LIST_REFUSED 16

/* Whether this key made the signature: 1 yes, 0 no, -1 memory or libcrypto failed. Asks libcrypto
 * once for each key and remembers the answer: the key that did, and the last
 * TRUST_LIST_REFUSED that did not. */
int trust_list_is_by(struct trust_list *list, EVP_PKEY *key);

#endif
