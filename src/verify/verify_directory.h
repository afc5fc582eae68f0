/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_DIRECTORY_H
#define PEERCERT_VERIFY_DIRECTORY_H

#include <openssl/x509.h>
#include <stdbool.h>

/* Whether a directory name may be in the subtree `base` of name constraints, by whatever rules
 * strings are compared (RFC 5280 section 7.1: case folding and normalisation of Unicode). libcrypto
 * folds the case of ASCII alone. Here a character outside of ASCII, a control character, and what
 * stands beside one may be anything; all else differs as it does for libcrypto. So `false` is sure.
 * Never of the empty base, which holds every name. Needs memory for strings of wide characters. */
bool directory_may_hold(const X509_NAME *base, const X509_NAME *name);

#endif
