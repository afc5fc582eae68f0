/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LOG_H
#define PEERCERT_LOG_H

#include "base/error.h"
#include "base/text.h"
#include "certificate/identity.h"
#include "config/config.h"
#include "verify/verdict.h"
#include <stdbool.h>
#include <stdint.h>

/* The log: one line per verdict and words for the operator, to stderr, a file or syslog(3). Never
 * blocks a request: lines go through a bounded queue to a writer thread, and what has no room is
 * counted and told. Safe in several threads at once. */
struct log;

/* Lines that wait for the writer at the most. */
#define LOG_QUEUE_LINES 4096

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* Whom a line is about; borrows everything. */
struct log_who {
    const struct identity *identity; /* NULL when there is none */
    const char *rendered;            /* what log_render_who made of it (`length` bytes), or NULL */
    size_t length;
};

/* One verdict as it is logged; borrows everything. */
struct log_verdict {
    const struct verdict *verdict;
    struct log_who who;
    const char *remote_address; /* REMOTE_ADDR as the front sent it, untrusted; or NULL */
    const char *front_verify;   /* safe to show; or NULL */
    int64_t took_us;            /* from the request's arrival to its verdict, microseconds */
    int warn_days;              /* as in struct report */
};

/* One decision of the gate as it is logged; borrows everything. What may be NULL is then left out.
 */
struct log_decision {
    const char *decision; /* "allowed", "denied" or "unavailable" */
    const char *reason;
    const char *rule;   /* that decided, NULL */
    const char *shadow; /* what the shadow rules decide, where they differ, NULL */
    const char *shadow_rule;
    const char *nearest; /* the nearest miss, NULL */
    const char *user;    /* NULL */
    struct log_who who;
    const char *method, *host, *path, *remote_address; /* as the front sent them, untrusted; NULL */
    const char *front_verify;                          /* safe to show; NULL */
    const char *id; /* the number that the refused client was shown */
    int64_t took_us;
};

/* Opens the log that the configuration names; with --check, --explain and --test-config that is
 * standard error. With `threaded` lines are written by a thread of its
 * own; without (CGI, --check) at once by the caller. Returns the log (end with log_close), or NULL
 * with ERROR_USAGE (the file cannot be opened), ERROR_MEMORY or ERROR_LIBRARY. */
struct log *log_open(const struct config *config, bool threaded, struct error *error);

/* Logs words for the operator (printf format, cut at 1,024 bytes). Bytes from outside are made safe
 * to show here (text_append_shown). */
void log_words(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends what this log's lines say of an identity, so that the caller may keep it and hand it back
 * (struct log_who). Nothing when its lines are JSON objects. */
void log_render_who(const struct log *log, struct text *text, const struct identity *identity);

/* Logs one verdict: time, status, subject, serial, SHA-256 fingerprint, remote address, how long it
 * took, and the reason when it is not valid. */
void log_verdict(struct log *log, const struct log_verdict *verdict);

/* Reopens the log file when its name stands for another file than the open one, or for none:
 * logrotate moved it away, and nobody needs to send a signal. To be called about once a second, by
 * one thread. A line that is being written ends in the old file. */
void log_follow_rotation(struct log *log);

/* Logs one decision. */
void log_decision(struct log *log, const struct log_decision *decision);

/* Opens the log file anew under its name (logrotate moved it away). Keeps the old one when that
 * fails. No effect on stderr and syslog. */
void log_reopen(struct log *log);

/* How many lines were dropped since the start, since they found no room or could not be
 * written. */
uint64_t log_dropped(struct log *log);

/* The program ends: all writing from now on may wait so many milliseconds for whoever reads. */
void log_limit(struct log *log, int64_t milliseconds);

/* Writes what waits, waits for the writer (two seconds, unless log_limit says otherwise), frees.
 * Accepts NULL. */
void log_close(struct log *log);

#endif
