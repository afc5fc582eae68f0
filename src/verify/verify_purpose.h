/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_PURPOSE_H
#define PEERCERT_VERIFY_PURPOSE_H

#include <openssl/x509.h>

/* Why a certificate that X509_check_purpose(3) refuses for a purpose is refused, in words; never
 * NULL. */
const char *purpose_fault(X509 *certificate, int purpose);

#endif
