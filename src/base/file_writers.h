/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FILE_WRITERS_H
#define PEERCERT_FILE_WRITERS_H

#include "base/error.h"
#include "base/list.h"
#include <stdbool.h>

/* Who may write to a file whose content decides (as StrictModes of sshd_config(5)). A link counts
 * as what it leads to. */

/* Refuses a file at `path` that is no regular one, or that group or others may write to; `what` is
 * what it holds, such as "access rules". Appends to *warnings (may be NULL) when it belongs to
 * another user than root and the caller, or when group or others may put another file in its place.
 * false with ERROR_FILE or ERROR_MEMORY. */
bool file_writers_check(
    const char *path, const char *what, struct list *warnings, struct error *error);

/* Appends to *warnings when group or others may write to the file, or to the folder, at `path`: to
 * a folder only where they can take away what is another's (it has no sticky bit). What is not
 * there, and what is neither file nor folder, is passed over. false with ERROR_MEMORY. */
bool file_writers_warn(
    const char *path, const char *what, struct list *warnings, struct error *error);

/* The same of the folder that holds `path`. */
bool file_writers_warn_of_folder(
    const char *path, const char *what, struct list *warnings, struct error *error);

#endif
