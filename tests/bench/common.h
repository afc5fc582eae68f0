#ifndef PEERCERT_BENCH_COMMON_H
#define PEERCERT_BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>

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

#endif
