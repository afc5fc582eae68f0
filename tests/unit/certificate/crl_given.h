/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_CRL_GIVEN_H
#define PEERCERT_TESTS_CRL_GIVEN_H

#include "certificate/crl.h"

/* What the tests of CRLs share. */

/* The list decoded from its DER; free with crl_free. */
struct crl *decode(const X509_CRL *crl, struct error *error);
struct crl *expect_decoded(const X509_CRL *crl);

/* The list has this fault (part of the words); NULL: none. */
void expect_fault(const struct crl *crl, const char *fault, size_t row);

/* Appends an entry (`reason` 0: none; `date`: seconds from a moment of 2023). */
void revoke(X509_CRL *crl, ASN1_INTEGER *serial, int reason, long date);

#endif
