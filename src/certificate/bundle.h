/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BUNDLE_H
#define PEERCERT_BUNDLE_H

#include "base/error.h"
#include "certificate/certificate.h"
#include "certificate/crl.h"
#include <openssl/x509.h>
#include <stdbool.h>

/* What a file of certificates and CRLs holds. Zero it before the first use; free with bundle_free.
 */
struct bundle {
    STACK_OF(X509) * certificates; /* in the order of the file; NULL when there is none */
    struct crl **crls;
    size_t crl_count;
    bool has_private_key; /* one was there; it was not decoded and is not kept */
};

/* Adds what is in a file's bytes: a PEM bundle (CERTIFICATE, X509 CRL; private keys are noted and
 * passed over, and so is what is commented out; TRUSTED CERTIFICATE and anything else are refused,
 * RFC 7468, and so is a file with a damaged block, whose line is named), DER (a certificate or a
 * CRL, exactly), or PKCS#12 (RFC 7292; the pass phrase may be NULL). PKCS#12 of older tools is
 * read with the legacy provider in a library context of its own, which ends before this returns.
 * `name` is for messages. false with ERROR_INPUT, ERROR_MEMORY or ERROR_LIBRARY; the bundle may
 * then hold part of the file. Leaves libcrypto's error queue empty. */
bool bundle_add(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error);

/* Adds the CRLs of a file that bundle_add refuses: each that reads whole, whatever else is wrong
 * with the file. Out of memory it adds fewer. Leaves libcrypto's error queue empty. */
void bundle_salvage_crls(struct bundle *bundle, const struct bytes *file);

/* Frees what the bundle holds and makes it empty. Accepts NULL. */
void bundle_free(struct bundle *bundle);

#endif
