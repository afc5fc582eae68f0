/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_CHECK_H
#define PEERCERT_VERIFY_CHECK_H

#include "verify/verify_path.h"

bool path_is_signed(struct path_search *search, int below, X509 *issuer);

/* Whether that is sure not to be so, without a signature check. */
bool path_is_ruled_out(const struct path_search *search, int below, const X509 *issuer);

#endif
