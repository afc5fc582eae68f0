/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BUNDLE_ADD_H
#define PEERCERT_BUNDLE_ADD_H

#include "certificate/bundle.h"

/* For bundle.c and bundle_pkcs12.c alone. */

/* Adds one DER certificate. `error` is not NULL. */
bool bundle_add_certificate(struct bundle *bundle, const char *name, const unsigned char *der,
    size_t length, struct error *error);

/* Adds one DER CRL. */
bool bundle_add_crl(struct bundle *bundle, const char *name, const unsigned char *der,
    size_t length, struct error *error);

/* Says "NAME: what" as ERROR_INPUT, or ERROR_MEMORY when libcrypto tells of that; empties its error
 * queue. Returns false. */
bool bundle_refuse(struct error *error, const char *name, const char *what);

#endif
