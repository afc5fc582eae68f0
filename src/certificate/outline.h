/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OUTLINE_H
#define PEERCERT_OUTLINE_H

#include "base/error.h"
#include "certificate/der.h"
#include <stdbool.h>
#include <stddef.h>

/* Parts of a certificate, found in its DER before anything is decoded. Borrowed from there. */
struct outline {
    struct der_span issuer, subject; /* RDNs */
    struct der_span key;             /* what the SubjectPublicKeyInfo holds */
    struct der_span extensions;      /* empty when there are none */
    struct der_span signature;       /* signatureAlgorithm and signatureValue, not looked at */
};

/* Finds them and counts what is in them. Sets the error (ERROR_INPUT) and returns false when the
 * bytes do not begin with a certificate whose fields and lists are DER (RFC 5280 section 4.1), a
 * list is longer than certificate.h allows, or its key has a curve that RFC 5480 does not. Takes no
 * memory. */
bool outline_read(
    const unsigned char *der, size_t length, struct outline *outline, struct error *error);

#endif
