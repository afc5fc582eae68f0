/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_KEY_H
#define PEERCERT_VERIFY_KEY_H

#include <openssl/x509.h>
#include <stdbool.h>

/* Whether a certificate's key is one that libcrypto takes, though it proves nothing or takes long:
 * an RSA key whose exponent is 1 or even, with which anybody signs or nobody rightly, or above
 * 2^64, which takes long; the point at infinity of a curve, and the points of small order of
 * edwards25519 and edwards448, with which anybody signs. */
bool key_is_bad(const X509 *certificate);

#endif
