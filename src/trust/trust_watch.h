/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_WATCH_H
#define PEERCERT_TRUST_WATCH_H

#include "trust/trust.h"

/* For trust_current.c alone: notices that the files of the options have moved, without reading
 * them. inotify(7) tells of it; stat(2) is asked when something happened, once a minute, and each
 * time on file systems that another machine may write to, or when inotify is not to be had. For one
 * thread. */
struct trust_watch;

/* NULL when memory ran out. The options' lists are borrowed. Free with trust_watch_free. */
struct trust_watch *trust_watch_new(const struct trust_options *options);
void trust_watch_free(struct trust_watch *watch); /* accepts NULL */

/* Notes how the files are now; to be called before they are read. */
void trust_watch_mark(struct trust_watch *watch);

/* Whether a path leads to another file than at the last trust_watch_mark, a file was written to, or
 * a directory has other entries; notes how they are now. */
bool trust_watch_has_moved(struct trust_watch *watch);

#endif
