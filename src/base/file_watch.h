/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FILE_WATCH_H
#define PEERCERT_FILE_WATCH_H

#include "base/list.h"
#include <stdbool.h>

/* Notices that files have moved, without reading them. inotify(7) tells of it; stat(2) is asked
 * when something happened, once a minute, and each time on file systems that another machine may
 * write to, or when inotify is not to be had. For one thread. */
struct file_watch;

#define FILE_WATCH_LISTS 3

/* What is watched. Borrowed; what is in the lists may change before a file_watch_mark. */
struct file_watch_paths {
    const char *file;                           /* NULL: none */
    const struct list *lists[FILE_WATCH_LISTS]; /* of files and directories; NULL: none. "-" is
                                                   skipped */
    bool (*is_wanted)(const char *name);        /* entries of directories; NULL: all */
};

/* NULL when memory ran out. Free with file_watch_free. */
struct file_watch *file_watch_new(const struct file_watch_paths *paths);
void file_watch_free(struct file_watch *watch); /* accepts NULL */

/* Notes how the files are now; to be called before they are read. */
void file_watch_mark(struct file_watch *watch);

/* Whether a path leads to another file than at the last file_watch_mark, a file was written to, or
 * a directory has other entries; notes how they are now. */
bool file_watch_has_moved(struct file_watch *watch);

#endif
