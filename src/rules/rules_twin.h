/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_TWIN_H
#define PEERCERT_RULES_TWIN_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* An ECDSA signature (r, s) has a twin that is as good, (r, n - s): n is the order of the group of
 * the signer's key (SEC 1 version 2.0, section 4.1.4). So who has a certificate can write it a
 * second time, with another digest, without its CA.
 *
 * The certificate with the twin of its signature, for X509_free; NULL when it is not signed with
 * ECDSA, or by a `signer` (NULL: not known) that has no such key on a curve with a name. NULL, too,
 * when memory fails, which alloc_watch_failed() tells. */
X509 *rules_twin_of(X509 *certificate, const X509 *signer);

#define RULES_KEY_FORMS 3
/* One key can be certified in several forms, each with another digest: so who asks a CA for a new
 * certificate of the same key has it with another digest. The point of an EC key is uncompressed,
 * compressed (SEC 1 version 2.0 section 2.3.3) or hybrid (X9.62). An RSA key is one of
 * rsaEncryption with NULL, or of id-RSASSA-PSS without parameters (RFC 4055 sections 1.2 and 3.1).
 *
 * Writes the key of the certificate in the form of this number, below RULES_KEY_FORMS. false when
 * its key has no such form, is an EC key on a curve without a name, or memory fails, which
 * alloc_watch_failed() tells: it is as it was then. */
bool rules_write_key_form(X509 *certificate, size_t number);

#endif
