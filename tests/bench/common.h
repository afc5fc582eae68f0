/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BENCH_COMMON_H
#define PEERCERT_BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Bytes of the body that every contestant answers with. */
#define BENCH_MAX_BODY 65536

/* The headers that peercert sends, and no others. */
#define BENCH_HEAD                                                                                 \
    "Content-Type: text/plain; charset=utf-8\r\nVary: Accept\r\nCache-Control: no-store\r\n"       \
    "X-Content-Type-Options: nosniff\r\n\r\n"

static inline void bench_must(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

/* Microseconds for which processors have worked for this process. */
static inline double bench_cpu_microseconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Reads a file that is smaller than the buffer, as a string. */
static inline void bench_read(const char *path, char *buffer, size_t size)
{
    FILE *file = fopen(path, "r");

    bench_must(file != NULL, path);
    buffer[fread(buffer, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

#endif
