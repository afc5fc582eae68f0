/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_LISTS_H
#define PEERCERT_TRUST_LISTS_H

#include "base/error.h"
#include "trust/trust_list.h"

/* For the trust module alone: the CRLs of a snapshot, those of one issuer name beside each other.
 * Zero it before use; free with trust_lists_free. */
struct trust_lists {
    struct trust_list **items;
    size_t count;
};

/* Adds a list, taking one more reference. false with ERROR_MEMORY. */
bool trust_lists_add(struct trust_lists *lists, struct trust_list *list, struct error *error);

/* Puts them in order. To be called after the last trust_lists_add. */
void trust_lists_sort(struct trust_lists *lists);

/* Where the lists of this issuer name begin; the end of all lists when there are none. */
size_t trust_lists_first(const struct trust_lists *lists, const X509_NAME *issuer);

/* Checks which of the lists these CAs signed. false with ERROR_MEMORY. */
bool trust_lists_prove(const struct trust_lists *lists, STACK_OF(X509) * cas, struct error *error);

/* Gives all lists back and leaves none. */
void trust_lists_free(struct trust_lists *lists);

#endif
