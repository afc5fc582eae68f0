/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BENCH_FCGI_H
#define PEERCERT_BENCH_FCGI_H

#include "common.h"

#include <fcgiapp.h>
#include <pthread.h>

/* A contestant that is nothing but libfcgi: each thread accepts, answers and finishes. */

static int bench_listen_fd;
static void (*bench_answer)(FCGX_Request *request);

static void *bench_work(void *context)
{
    FCGX_Request request;

    bench_must(FCGX_InitRequest(&request, bench_listen_fd, 0) == 0, "FCGX_InitRequest");
    while (FCGX_Accept_r(&request) == 0) {
        bench_answer(&request);
        FCGX_Finish_r(&request);
    }
    return context;
}

/* Serves on a socket with so many threads until it is killed. */
static inline void bench_serve(
    const char *path, const char *threads, void (*answer)(FCGX_Request *request))
{
    pthread_t thread;
    long i;

    bench_answer = answer;
    bench_must(FCGX_Init() == 0, "FCGX_Init");
    bench_listen_fd = FCGX_OpenSocket(path, 1024);
    bench_must(bench_listen_fd >= 0, path);
    for (i = 1; i < strtol(threads, NULL, 10); i++)
        bench_must(pthread_create(&thread, NULL, bench_work, NULL) == 0, "pthread_create");
    (void)bench_work(NULL);
}

#endif
