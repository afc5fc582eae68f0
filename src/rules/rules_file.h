/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_FILE_H
#define PEERCERT_RULES_FILE_H

#include "base/bytes.h"
#include "rules/rules.h"

/* As rules_load; the files that issuer lines name are appended to *files, also when it fails. For
 * this module and its tests alone. */
struct rules *rules_load_noting(const char *path, const struct trust *trust, struct list *files,
    struct list *warnings, struct error *error);

/* The same from the bytes of a file. `trust` may be NULL: it has no CA. */
struct rules *rules_make(const char *path, const struct bytes *bytes, const struct trust *trust,
    struct list *files, struct list *warnings, struct error *error);

#endif
