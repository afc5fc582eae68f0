/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_FILES_H
#define PEERCERT_TRUST_FILES_H

#include "trust/trust.h"
#include "trust/trust_file.h"

/* For the trust module alone: all files of a snapshot, and what is told of them. Zero it before
 * use; free with trust_files_free. */
struct trust_files {
    struct trust_file **items;
    size_t count;
    struct trust_kept *kept;
    size_t kept_count;
    struct list warnings;
};

/* Reads the files that the options name. With `before` NULL each must read; otherwise as
 * trust_load_after has it, `salvaged` gets the CRLs of files that do not read whole. */
bool trust_files_read(struct trust_files *files, const struct trust_files *before,
    const struct trust_options *options, time_t now, struct trust_lists *salvaged,
    struct error *error);

/* Notes something that is kept, since the time that `before` (may be NULL) has for it, or now. */
bool trust_files_keep(struct trust_files *files, const struct trust_files *before, const char *what,
    const char *why, bool held, time_t now, struct error *error);

/* Whether the name of a file in a directory says that it belongs to the trust. */
bool trust_files_is_wanted(const char *name);

/* Gives all files back and leaves none. */
void trust_files_free(struct trust_files *files);

#endif
