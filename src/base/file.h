/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FILE_H
#define PEERCERT_FILE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/list.h"
#include <stdbool.h>

/* Bytes of one file at the most (CRLs of large CAs are the largest). */
#define FILE_MAX_BYTES ((size_t)128 * 1024 * 1024)
/* Files of one directory at the most. */
#define FILE_MAX_ENTRIES 4096

/* Reads a whole file of at most `limit` bytes (0: FILE_MAX_BYTES); "-" is standard input. A file
 * that changes while it is read (device, inode, size, modification or change time) is read again, a
 * few times. Fills *bytes, whose data the caller frees with free(); false with ERROR_FILE or
 * ERROR_MEMORY that names the path. */
bool file_read(const char *path, size_t limit, struct bytes *bytes, struct error *error);

/* The files that a path stands for: itself, or when it is a directory the regular files (or links
 * to such) in it for whose names `wanted` (NULL: any) is true, in order of their names. Names that
 * begin with a dot count for nothing. The names of other regular files, and of links to nothing,
 * are put in *passed_over (may be NULL). Fills *files (free both with list_free); false with
 * ERROR_FILE or ERROR_MEMORY, and both are empty. */
bool file_list(const char *path, bool (*wanted)(const char *name), struct list *files,
    struct list *passed_over, struct error *error);

/* The first line of a file without its line end (LF or CR LF), as pass phrases are kept; a NUL byte
 * in it is refused, since libcrypto would take the part before it. At most 1024 bytes of file.
 * Returns a string that the caller wipes and frees with file_wipe, NULL with the error. */
char *file_read_password(const char *path, struct error *error);

/* Overwrites a string and frees it. Accepts NULL. */
void file_wipe(char *secret);

#endif
