/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_PURPOSE_H
#define PEERCERT_VERIFY_PURPOSE_H

#include <openssl/x509.h>

#include <stdbool.h>

/* Why a certificate that X509_check_purpose(3) refuses for a purpose is refused, in words; never
 * NULL. As an issuer other things are asked of it than as a client's. */
const char *purpose_fault(X509 *certificate, int purpose, bool as_issuer);

#endif
