/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CRL_H
#define PEERCERT_CRL_H

#include "base/error.h"
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* One certificate revocation list (RFC 5280 section 5). Its entries are one sorted index of about
 * 25 bytes each; libcrypto decodes the rest. Says nothing of who signed it until crl_verify did.
 * Immutable after crl_decode, but for crl_forget_encoding. */
struct crl;

/* The gravest entry of a serial number: a reason other than hold before hold, hold before
 * removeFromCRL. */
struct crl_entry {
    time_t revoked_at; /* 0 when the date cannot be read */
    int reason;        /* CRLReason (RFC 5280 section 5.3.1), -1 when there is none */
};

/* Decodes exactly one DER CRL. What is well-formed but cannot be read or is not supported does not
 * fail: crl_fault tells of it. Returns a list that the caller frees with crl_free, or NULL with
 * ERROR_INPUT or ERROR_MEMORY. */
struct crl *crl_decode(const unsigned char *der, size_t length, struct error *error);
void crl_free(struct crl *crl);

/* Why the list proves nothing good, in words ("its deltaCRLIndicator cannot be read"); NULL when
 * all of it was understood. What such a list plainly lists is revoked all the same. Indirect CRLs
 * that list certificates of other issuers are among these. */
const char *crl_fault(const struct crl *crl);

/* Borrowed from the list. crl_number, crl_base_number (of a delta CRL) and crl_scope (the
 * issuingDistributionPoint) are NULL when the extension is missing or cannot be read; in the latter
 * case there is a crl_fault. */
const X509_NAME *crl_issuer(const struct crl *crl);
const ASN1_INTEGER *crl_number(const struct crl *crl);
const ASN1_INTEGER *crl_base_number(const struct crl *crl);
const ISSUING_DIST_POINT *crl_scope(const struct crl *crl);

/* The DER of the issuingDistributionPoint extension's value, NULL when there is none; borrowed. Two
 * CRLs of one issuer and with the same one speak of the same certificates. */
const ASN1_OCTET_STRING *crl_scope_bytes(const struct crl *crl);

/* How the list is signed, borrowed; and how many bits of security the digest of that gives
 * (certificate/signature_bits.h). */
const X509_ALGOR *crl_signature_algorithm(const struct crl *crl);
int crl_signature_bits(const struct crl *crl);

/* The list has a deltaCRLIndicator, one that cannot be read among them. */
bool crl_is_delta(const struct crl *crl);

/* The list says where delta CRLs to it are (freshestCRL, RFC 5280 section 5.2.6). */
bool crl_has_freshest(const struct crl *crl);

/* thisUpdate and nextUpdate in seconds since 1970. false when the date cannot be read, or there is
 * no nextUpdate (crl_has_next_update). */
bool crl_this_update(const struct crl *crl, time_t *seconds);
bool crl_next_update(const struct crl *crl, time_t *seconds);
bool crl_has_next_update(const struct crl *crl);

/* How many certificates the list names. */
size_t crl_entry_count(const struct crl *crl);

/* Looks a serial number up, without allocating anything. Entries that name another issuer
 * (certificateIssuer, and those that follow one up to the next) are not found. */
bool crl_find(const struct crl *crl, const ASN1_INTEGER *serial, struct crl_entry *entry);

/* Whether this key made the list's signature: 1 yes, 0 no, -1 when memory or libcrypto failed, or
 * the encoding was forgotten. Hashes the whole list: to be called once for each key and
 * remembered. Leaves libcrypto's error queue empty. */
int crl_verify(const struct crl *crl, EVP_PKEY *key);

/* Frees the list's encoding, which nothing but crl_verify needs. */
void crl_forget_encoding(struct crl *crl);

#endif
