/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CRL_ENTRIES_H
#define PEERCERT_CRL_ENTRIES_H

#include "certificate/crl.h"
#include "certificate/der.h"
#include <stdint.h>

/* For crl.c alone: the revokedCertificates of a list, sorted by serial number. Zero it before use;
 * free with crl_entries_free. */
struct crl_entries {
    unsigned char *records;
    size_t length;
    uint32_t *blocks; /* where in `records` every CRL_ENTRIES_BLOCK-th record begins */
    size_t block_count;
    size_t count;
};

#define CRL_ENTRIES_BLOCK 16

/* Reads the content of a revokedCertificates SEQUENCE (RFC 5280 section 5.1); `issuer` is the Name
 * of the list's. false with ERROR_INPUT when it is not well-formed, or ERROR_MEMORY. *fault stays
 * as it was, or gets words for the first thing that is well-formed and makes the list useless
 * (crl_fault). */
bool crl_entries_read(struct crl_entries *entries, struct der_span revoked, struct der_span issuer,
    bool is_delta, const char **fault, struct error *error);

/* As crl_find. */
bool crl_entries_find(
    const struct crl_entries *entries, const ASN1_INTEGER *serial, struct crl_entry *entry);

/* Frees what reading the entries made. Accepts none. */
void crl_entries_free(struct crl_entries *entries);

#endif
