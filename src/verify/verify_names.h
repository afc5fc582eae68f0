/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_NAMES_H
#define PEERCERT_VERIFY_NAMES_H

#include "verify/verify_findings.h"

/* Name constraints (RFC 5280 section 4.2.1.10) of a path that libcrypto has passed already. Looks
 * at what it passes though an excluded name hides in it: names with a final dot, URIs with user
 * information or a backslash, mailboxes with two @, wildcards that cover an excluded name, an
 * excluded subtree that is empty or a dot and means every name of its kind, and masks of addresses
 * with holes, hosts and mailboxes with characters that do not belong there, and directory names
 * that may be an excluded one in other case or another form of Unicode. What a CA's
 * constraints cannot be applied to is refused, and so is every name of a kind of which an excluded
 * one is none ("*.acme.example", "https://acme.example/"): it was to exclude something. Adds a
 * cause; false when memory failed. */
bool names_check(struct findings *findings);

#endif
