/* SPDX-License-Identifier: ISC */
/* The limit: a libfcgi program that does nothing but answer, with as many threads and bytes as it
 * is told. Usage: empty SOCKET THREADS BYTES */
#include "common.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <string.h>

static int listen_fd;
static char *body;

static void *work(void *context)
{
    FCGX_Request request;

    bench_must(FCGX_InitRequest(&request, listen_fd, 0) == 0, "FCGX_InitRequest");
    while (FCGX_Accept_r(&request) == 0) {
        (void)FCGX_PutS(BENCH_HEAD, request.out);
        (void)FCGX_PutS(body, request.out);
        FCGX_Finish_r(&request);
    }
    return context;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    size_t bytes;
    long i;

    if (argc != 4)
        return 2;
    bytes = (size_t)strtol(argv[3], NULL, 10);
    body = malloc(bytes + 1);
    bench_must(body != NULL && FCGX_Init() == 0, "start");
    memset(body, 'x', bytes);
    body[bytes] = '\0';
    listen_fd = FCGX_OpenSocket(argv[1], 1024);
    bench_must(listen_fd >= 0, argv[1]);
    for (i = 1; i < strtol(argv[2], NULL, 10); i++)
        bench_must(pthread_create(&thread, NULL, work, NULL) == 0, "pthread_create");
    (void)work(NULL);
    return 0;
}
