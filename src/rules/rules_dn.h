/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_DN_H
#define PEERCERT_RULES_DN_H

#include "base/error.h"
#include <openssl/x509.h>
#include <stdbool.h>

/* Names to compare with X509_NAME_cmp(3), which is RFC 5280 section 7.1; a NumericString is made
 * one of the types that it compares with each other. */

/* Reads a distinguished name as RFC 4514 section 3 writes it, the last part first, with any type
 * that libcrypto knows by name, or a dotted OID. Returns a name for X509_NAME_free, or NULL with
 * ERROR_INPUT, ERROR_MEMORY or ERROR_LIBRARY. */
X509_NAME *rules_dn_read(const char *text, struct error *error);

/* A name of this one part. As above. */
X509_NAME *rules_dn_single(int nid, const char *utf8, struct error *error);

/* Whether a certificate's name can be compared as it is: it has no NumericString. */
bool rules_dn_is_comparable(const X509_NAME *name);

/* The same of a certificate's whole name. NULL with ERROR_MEMORY or ERROR_LIBRARY. */
X509_NAME *rules_dn_copy(const X509_NAME *name, struct error *error);

/* Whether a name is as rules_dn_fold makes it, as far as can be seen at once: it has ASCII alone.
 */
bool rules_dn_is_folded(const X509_NAME *name);

/* A copy in which letters beyond ASCII are in the case that utf8_fold_code gives them. To be freed
 * with X509_NAME_free. NULL with ERROR_MEMORY or ERROR_LIBRARY. */
X509_NAME *rules_dn_fold(const X509_NAME *name, struct error *error);

/* The same as rules_dn_copy from a part of a certificate's name. NULL with ERROR_MEMORY or
 * ERROR_LIBRARY. */
X509_NAME *rules_dn_of_entry(const X509_NAME_ENTRY *entry, struct error *error);

#endif
