/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_PKI_RSA_H
#define PEERCERT_TESTS_PKI_RSA_H

#include <openssl/bn.h>
#include <openssl/x509.h>

/* RSA keys that no CA makes. The caller frees them with EVP_PKEY_free. */

/* One of so many bits (1024 at least), of three or four primes: they are found sooner than two
 * large ones. */
EVP_PKEY *pki_rsa(int bits);

/* One of 2048 bits with this exponent, and with the private exponent `d` unless that is NULL. */
EVP_PKEY *pki_rsa_with(const BIGNUM *e, const BIGNUM *d);

/* For `customise` of a pki_spec: puts the public key `context` (an EVP_PKEY) in place. */
void pki_give_key(X509 *certificate, void *context);

#endif
