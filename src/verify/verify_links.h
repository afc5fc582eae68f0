/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_LINKS_H
#define PEERCERT_VERIFY_LINKS_H

#include "verify/verify_path.h"
#include <stdbool.h>

/* Link certificates: a CA that changes its key signs the new one with the old one, or the old one
 * with the new one, under its one name (RFC 4210 section 4.4). Without key identifiers libcrypto
 * takes such a certificate for self-signed and ends the chain there, though the path proves that
 * the key above it signed it. So it does with a client's certificate that has its CA's name and no
 * subjectKeyIdentifier. */

/* Puts in the place of each link certificate of the path, and of a leaf with its CA's name that has
 * that CA's key identifier, a copy that differs by an
 * authorityKeyIdentifier with a serial number that is not its own: libcrypto then looks for its
 * issuer, and checks all else in it as ever. false when memory ran out; the path needs links_free
 * in any case. */
bool links_replace(struct path *path);

/* Frees the copies: what of the path is not that of `original`. */
void links_free(struct path *path, const struct path *original);

#endif
