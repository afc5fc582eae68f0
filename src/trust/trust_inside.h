/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_INSIDE_H
#define PEERCERT_TRUST_INSIDE_H

#include "trust/trust.h"
#include "trust/trust_lists.h"

/* For the trust module alone: the CRLs of a snapshot; borrowed. */
const struct trust_lists *trust_lists_of(const struct trust *trust);

/* When the first CRL begins that is not due at `now`; 0 when there is none. */
time_t trust_next_due(const struct trust *trust, time_t now);

#endif
