/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_EXTENSIONS_H
#define PEERCERT_VERIFY_EXTENSIONS_H

#include <openssl/x509.h>

/* What is wrong with the extensions of a certificate (RFC 5280 section 4.2): words to stand behind
 * the extension's name, and in *object whose name that is, borrowed. */

/* For a proven path: what libcrypto passes. An extension that is there twice, and one that is
 * critical or of RFC 5280 whose value is not one element of DER from its first byte to its last.
 * Values are not decoded. NULL when nothing is wrong. */
const char *extensions_find_fault(const X509 *certificate, const ASN1_OBJECT **object);

/* For the words about a certificate that is refused: the same, what cannot be decoded, and what
 * libcrypto takes for inconsistent. NULL when it does not tell. */
const char *extensions_explain(X509 *certificate, const ASN1_OBJECT **object);

/* For the words about a critical extension: what to add when it is one that RFC 5280 wants never to
 * be critical, and libcrypto does not look at then; "" otherwise. */
const char *extensions_never_critical(const ASN1_OBJECT *object);

#endif
