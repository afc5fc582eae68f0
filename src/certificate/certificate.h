/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CERTIFICATE_H
#define PEERCERT_CERTIFICATE_H

#include "base/bytes.h"
#include "base/error.h"
#include <openssl/x509.h>
#include <stddef.h>

/* Limits that are checked before libcrypto sees a byte. */
#define CERTIFICATE_MAX_DER ((size_t)64 * 1024)
#define CERTIFICATE_MAX_CHAIN 10
/* Each of these costs time when it is decoded: more than any certificate has that is meant to be
 * used. Real ones have some 20 extensions and 15 attributes in a name at the most, and up to 2,000
 * names. */
#define CERTIFICATE_MAX_EXTENSIONS ((size_t)64)
#define CERTIFICATE_MAX_VALUES ((size_t)5000)    /* in all extensions of known kinds */
#define CERTIFICATE_MAX_ATTRIBUTES ((size_t)220) /* of subject and issuer together */
/* Keys that make verification absurdly slow are refused before they are used: RSA and DSA above
 * this many bits. */
#define CERTIFICATE_MAX_KEY_BITS 16384

/* Decodes exactly one DER certificate: d2i_X509 accepts bytes after the certificate, and BER for
 * its signature, this does not. Returns a certificate that the caller frees with X509_free, or NULL
 * with the error: ERROR_INPUT when the bytes are no certificate (too long, not DER throughout,
 * bytes left over) or above a limit, ERROR_MEMORY or ERROR_LIBRARY when nothing can be said.
 * Source: RFC 5280 section 4.1, d2i_X509(3). */
X509 *certificate_decode(const unsigned char *der, size_t length, struct error *error);

#endif
