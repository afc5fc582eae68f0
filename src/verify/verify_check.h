/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_CHECK_H
#define PEERCERT_VERIFY_CHECK_H

#include "verify/verify_path.h"

/* Whether `issuer`, by its key, signed the certificate `below` of the search; within the limits of
 * the search, whose `exhausted` tells that it was not looked at. */
bool path_is_signed(struct path_search *search, int below, X509 *issuer);

#endif
