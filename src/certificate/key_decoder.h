/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_KEY_DECODER_H
#define PEERCERT_KEY_DECODER_H

#include "certificate/der.h"
#include <openssl/x509.h>
#include <stdbool.h>

/* Decodes certificates without libcrypto's long search for who can decode their keys. OpenSSL 3.0
 * asks every decoder and every key type that its default provider lists, which takes more time than
 * verification. A library context of our own for each usual kind of key lists that kind's decoder
 * of DER SubjectPublicKeyInfo, its key manager and its signatures alone. All algorithms in it are
 * the default provider's own. */

/* Makes those contexts, before there are threads. It is for a process that decodes many
 * certificates: making them costs as much as it saves in some twenty. Does nothing when this
 * libcrypto is set up (openssl.cnf) to use any other provider than `default` or properties that
 * prefer one (FIPS): then, and without it, and when memory runs out, key_decoder_read is d2i_X509.
 */
void key_decoder_start(void);

/* True after a start that did something. */
bool key_decoder_is_on(void);

/* Frees the contexts, which no certificate may use any more. */
void key_decoder_stop(void);

/* As d2i_X509(NULL, at, length) (d2i_X509(3)), with the same certificate for the same bytes. `key`
 * is what its SubjectPublicKeyInfo holds (outline.h): one of another kind than RSA, EC and Ed25519
 * goes the long way, and so does what is not decoded wholly without it. Errors are in libcrypto's
 * queue, also those of the first try. */
X509 *key_decoder_read(const unsigned char **at, long length, struct der_span key);

#endif
