/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_KEY_DECODER_H
#define PEERCERT_KEY_DECODER_H

#include <openssl/x509.h>
#include <stdbool.h>

/* Decodes certificates without libcrypto's long search for who can decode their keys. OpenSSL 3.0
 * asks every decoder and every key type that its default provider lists, which takes more time than
 * verification; a library context of our own lists the decoders of DER SubjectPublicKeyInfo and the
 * key managers for the usual key types alone, and what may be signed with them. All algorithms in
 * it are the default provider's own. */

/* Makes that context, before there are threads. It is for a process that decodes many certificates:
 * making it costs as much as it saves in some twenty. Does nothing when this libcrypto is set up
 * (openssl.cnf) to use any other provider than `default` or properties that prefer one (FIPS):
 * then, and without it, and when memory runs out, key_decoder_read is d2i_X509. */
void key_decoder_start(void);

/* True after a start that did something. */
bool key_decoder_is_on(void);

/* Frees the context, which no certificate may use any more. */
void key_decoder_stop(void);

/* As d2i_X509(NULL, at, length) (d2i_X509(3)), with the same certificate for the same bytes: what
 * is not decoded wholly with one of the usual keys (RSA, EC, Ed25519) is decoded again the long
 * way. Errors are in libcrypto's queue, also those of the first try. */
X509 *key_decoder_read(const unsigned char **at, long length);

#endif
