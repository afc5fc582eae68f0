#ifndef PEERCERT_TRUST_STORE_H
#define PEERCERT_TRUST_STORE_H

#include "trust/trust_files.h"

/* For trust.c alone: a store of the anchors and CRLs, which it refers to. libcrypto takes the first
 * current CA of a certificate's issuer's name (X509_STORE_CTX_get1_issuer) and looks no further
 * when that did not sign it: of several anchors of one name without key identifiers, as while a CA
 * changes its key, this store finds the one that signed. Free with X509_STORE_free; NULL with
 * ERROR_MEMORY or ERROR_LIBRARY. */
X509_STORE *trust_store_make(const struct trust_files *files, struct error *error);

#endif
