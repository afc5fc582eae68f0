/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CRL_EXTENSIONS_H
#define PEERCERT_CRL_EXTENSIONS_H

#include "base/error.h"
#include <openssl/x509v3.h>
#include <stdbool.h>

/* For crl.c alone: the extensions of a CRL (RFC 5280 section 5.2) that matter. Zero it before use;
 * free with crl_extensions_free. */
struct crl_extensions {
    ASN1_INTEGER *number;
    ASN1_INTEGER *base_number;
    ISSUING_DIST_POINT *scope;
    AUTHORITY_KEYID *authority_key;
    char unknown[128]; /* words for a critical one that is not understood */
};

/* Reads them. *fault stays as it was, or gets words for the first thing that makes the list useless
 * (crl_fault): an extension that is doubled, cannot be read, or is critical and not understood.
 * false with ERROR_MEMORY alone. */
bool crl_extensions_read(struct crl_extensions *extensions, const X509_CRL *crl, const char **fault,
    struct error *error);

/* Frees what reading the extensions made. */
void crl_extensions_free(struct crl_extensions *extensions);

#endif
