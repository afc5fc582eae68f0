#ifndef PEERCERT_VERIFY_H
#define PEERCERT_VERIFY_H

#include "config/config.h"
#include "trust/trust.h"
#include "verify/verdict.h"
#include <openssl/x509.h>
#include <time.h>

/* What this room does NOT check:
 * - that the client holds the private key: the front server's TLS handshake did;
 * - the host or mail names in the certificate: nothing is known that they would have to match;
 * - extensions that libcrypto does not know, unless critical (then the certificate is refused);
 * - certificate policies beyond what RFC 5280 section 6.1 demands of an explicit policy;
 * - Certificate Transparency.
 */

/* Judges a certificate for the moment `now` with libcrypto: X509_verify_cert with purpose
 * sslclient, the depth and security level of the configuration, against the snapshot. `chain` (may
 * be NULL) holds what came with it, untrusted. Fills *verdict. Borrows all its arguments for the
 * call; safe in several threads at once. `valid` needs both: X509_verify_cert returned 1 and no
 * error was collected. */
void verify_certificate(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, time_t now, struct verdict *verdict);

/* The same, and puts the leaf's issuer in the proven chain into *issuer when the verdict is valid
 * (the caller frees it with X509_free), NULL otherwise. */
void verify_certificate_and_issuer(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, time_t now, struct verdict *verdict, X509 **issuer);

#endif
