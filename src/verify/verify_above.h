/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_ABOVE_H
#define PEERCERT_VERIFY_ABOVE_H

#include "verify/verify.h"
#include "verify/verify_path.h"

/* What another CA of --ca says of an anchor that did not sign itself, by way of certificates that
 * came with the leaf. An anchor below an anchor is checked like an intermediate (trust_load); here
 * what stands between is known from this chain alone, which a client may leave out. So it takes
 * away what it forbids, and no more: that a certificate there was revoked, a path length, name
 * constraints, policies, usages. That one is out of date, is no CA, or that its revocation cannot
 * be told says nothing against the operator's word.
 *
 * *verdict is that of *path. When it is better than revoked, and the path leads on from its anchor
 * to others, and each of these ways forbids it, both become those of the way that forbids least.
 * `fresh` is a verdict to start from. false when memory or libcrypto failed. */
bool above_judge(const struct path_search *search, const struct verify_options *options,
    const struct verdict *fresh, struct path *path, struct verdict *verdict);

#endif
