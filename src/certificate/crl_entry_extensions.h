/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CRL_ENTRY_EXTENSIONS_H
#define PEERCERT_CRL_ENTRY_EXTENSIONS_H

#include "certificate/der.h"

/* For crl_entries.c alone: what the extensions of one entry of a CRL say. */
struct crl_entry_facts {
    int reason;             /* -1 when there is none, or none that can be read */
    bool names_issuer;      /* there is a certificateIssuer, */
    bool names_own;         /* of which one is `issuer` */
    struct der_span issuer; /* in: the Name of the list's issuer */
    const char *fault; /* words for what is well-formed and cannot be understood; NULL: nothing */
};

/* Reads crlEntryExtensions (RFC 5280 section 5.3) from its identifier byte on, to its end exactly.
 * false when it is not well-formed. *facts is as the caller set it, and more. When memory fails
 * alloc_watch_explains_errors tells, and *facts may be wrong. */
bool crl_entry_extensions_read(struct der_span extensions, struct crl_entry_facts *facts);

#endif
