/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_H
#define PEERCERT_VERIFY_H

#include "trust/trust.h"
#include "verify/verdict.h"
#include <openssl/x509.h>
#include <time.h>

/* What this module does NOT check:
 * - that the client holds the private key: the front server's TLS handshake did;
 * - the host or mail names in the certificate: nothing is known that they would have to match;
 * - extensions that libcrypto does not know, unless critical (then the certificate is refused);
 * - certificate policies beyond what RFC 5280 section 6.1 demands of an explicit policy;
 * - Certificate Transparency.
 */

/* How strict verification is; the operator's choice. */
struct verify_options {
    int purpose;         /* X509_PURPOSE_SSL_CLIENT, or another of X509_PURPOSE_get0(3) */
    int depth;           /* intermediates between leaf and anchor at the most */
    int security_level;  /* X509_VERIFY_PARAM_set_auth_level(3) */
    bool require_crl;    /* revocation is asked for though no CRL is known */
    bool crl_missing_ok; /* a CA without any CRL is passed over */
    bool crl_leaf_only;  /* the revocation of CAs is not asked for */
};

/* The options of a TLS client's certificate in a configuration. */
struct verify_options verify_options_of(const struct config *config);

/* Judges a certificate for the moment `now` against the snapshot, in this order: paths to an anchor
 * by names and signatures (verify_path.h); X509_verify_cert along one of them, with the options'
 * purpose, depth and security level (verify_chain.h); names and policies that libcrypto passes
 * (verify_names.h, verify_policy.h); CRLs (verify_revocation.h). The first thing that makes a path
 * untrusted ends it. Of several paths the best one counts. `chain` (may be NULL) holds what came
 * with the leaf, untrusted. Fills *verdict. Borrows all its arguments for the call; safe in several
 * threads at once. `valid` needs both: X509_verify_cert returned 1 and no error was collected.
 *
 * Unless `proven` is NULL, it gets the chain that the anchor vouches for: the leaf first, the
 * anchor last, two certificates at least when the verdict is valid. Free it with
 * sk_X509_pop_free(proven, X509_free). NULL when the certificate is untrusted or worse. */
void verify_certificate(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, time_t now, struct verdict *verdict,
    STACK_OF(X509) * *proven);

#endif
