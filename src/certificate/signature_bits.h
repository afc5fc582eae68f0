/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_SIGNATURE_BITS_H
#define PEERCERT_SIGNATURE_BITS_H

#include <openssl/x509.h>
#include <stdbool.h>

/* How many bits of security the digest of a signature gives, as X509_get_signature_info(3) counts
 * them for certificates: for the signatures of CRLs and OCSP responses, at which libcrypto does not
 * look. 0 for an algorithm that is not known, or whose parameters cannot be read. */
int signature_bits(const X509_ALGOR *algorithm);

/* Whether so many bits are too few for a security level from 0 to 5
 * (X509_VERIFY_PARAM_set_auth_level(3)). */
bool signature_bits_are_few(int bits, int level);

#endif
