/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_ERRORS_H
#define PEERCERT_VERIFY_ERRORS_H

#include "verify/verify.h"

/* The status of an X509_V_ERR number at a depth (0 is the leaf). What is not listed is untrusted.
 */
enum verdict_status verify_error_status(int error_code, int depth);

#endif
