/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_LOG_FILE_H
#define PEERCERT_TESTS_LOG_FILE_H

#include "log/log.h"
#include <stdbool.h>

/* Characters of the time in front of each line. */
#define TIME_LENGTH (sizeof("2026-11-24T17:57:38Z") - 1)

/* A log into a file of a temporary folder. */
struct log_file {
    char *dir, *path;
    struct config config;
    struct log *log;
};

void log_file_start(struct log_file *file, int format, bool threaded);

/* Closes the log, removes the folder and returns what was in the file. Free with free(). */
char *log_file_finish(struct log_file *file);

/* True when a line begins with a moment as RFC 3339 writes it, and a space. */
bool log_file_begins_with_time(const char *line);

/* Ends the line at *rest and moves on behind it; NULL when there is no whole line any more. */
char *log_file_next_line(char **rest);

#endif
