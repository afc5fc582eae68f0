/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BUNDLE_PKCS12_H
#define PEERCERT_BUNDLE_PKCS12_H

#include "certificate/bundle.h"

/* For bundle.c alone. */

/* True when the bytes begin as PKCS#12 does: SEQUENCE { INTEGER 3, ... (RFC 7292 section 4). */
bool bundle_looks_like_pkcs12(const struct bytes *file);

/* Adds the certificates of a PKCS#12 file; as bundle_add. `error` is not NULL. */
bool bundle_add_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error);

#endif
