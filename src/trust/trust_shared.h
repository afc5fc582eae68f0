/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_SHARED_H
#define PEERCERT_TRUST_SHARED_H

#include "trust/trust.h"
#include "trust/trust_file.h"

/* The files and folders that the options name for a part; borrowed from them. */
const struct list *trust_paths(const struct trust_options *options, enum trust_part part);

/* Whether what is named for a part is a folder that is read for certificates and for CRLs, like one
 * that `openssl rehash` made, under whatever names. */
bool trust_is_shared(const struct trust_options *options, enum trust_part part, const char *source);

#endif
