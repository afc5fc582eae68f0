/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_STRANGER_H
#define PEERCERT_VERIFY_STRANGER_H

#include "verify/verify_findings.h"

/* Why no path leads from the leaf of a search to an anchor. Uses no key but those of anchors and of
 * what they vouch for, within the search's limits; and the leaf's own, when it names itself as its
 * issuer. Puts the certificate that it is about into *about, borrowed. */
struct finding stranger_find_fault(struct path_search *search, X509 **about);

#endif
