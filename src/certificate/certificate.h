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
/* Keys that make verification absurdly slow are refused before they are used: RSA and DSA above
 * this many bits. */
#define CERTIFICATE_MAX_KEY_BITS 16384

/* Decodes exactly one DER certificate: d2i_X509 accepts bytes after the certificate, and BER for
 * its signature, this does not. Returns a certificate that the caller frees with X509_free, or NULL
 * with the error: ERROR_INPUT when the bytes are no certificate (too long, not DER throughout,
 * bytes left over, a key above CERTIFICATE_MAX_KEY_BITS), ERROR_MEMORY or ERROR_LIBRARY when
 * nothing can be said. Source: RFC 5280 section 4.1, d2i_X509(3). */
X509 *certificate_decode(const unsigned char *der, size_t length, struct error *error);

#endif
