/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LOG_SINK_H
#define PEERCERT_LOG_SINK_H

#include "log/log.h"
#include <stdatomic.h>

/* Private to the log room: where lines go. One thread writes at a time; reopening and limiting may
 * happen beside it. */

/* How long a sink that takes nothing is waited for once somebody waits for us, milliseconds. */
#define LOG_SINK_PATIENCE 2000

struct log_sink {
    int fd;                   /* -1: syslog(3) */
    const char *path;         /* borrowed; NULL: standard error or syslog */
    bool torn;                /* the last write ended within a line */
    bool gave_up;             /* the last write ran into its limit */
    _Atomic int64_t deadline; /* of all writing, monotonic milliseconds; 0: none */
};

/* Opens what --log-file names (NULL: standard error, "syslog", or a file). Borrows the name until
 * log_sink_close. false with ERROR_USAGE that names the file, or ERROR_LIBRARY. */
bool log_sink_open(struct log_sink *sink, const char *log_file, struct error *error);

/* Writes whole lines. Waits for the reader until the deadline; without one for as long as it takes.
 * false when not all was written: the reader is gone, the disk is full, time is over. The caller's
 * thread must have SIGPIPE blocked or ignored. For syslog `lines` is one line. */
bool log_sink_write(struct log_sink *sink, enum log_level level, const char *lines, size_t length);

/* As log_sink_write for a caller that must not wait long: at most LOG_SINK_PATIENCE, and not at all
 * once that was in vain. Any signal disposition will do. */
bool log_sink_write_now(
    struct log_sink *sink, enum log_level level, const char *lines, size_t length);

/* Opens the file anew under its name; a write in progress ends in the old one, later ones go to the
 * new one. false with the error when that fails; the old one stays. */
bool log_sink_reopen(struct log_sink *sink, struct error *error);

/* Whether the file's name stands for another file than the open one, or for none: somebody has
 * moved it away to rotate the log. Never true of standard error and syslog. */
bool log_sink_was_moved(const struct log_sink *sink);

/* From now on all writing together may wait for so many milliseconds. */
void log_sink_limit(struct log_sink *sink, int64_t milliseconds);

/* Closes. */
void log_sink_close(struct log_sink *sink);

#endif
