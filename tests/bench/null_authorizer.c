/* SPDX-License-Identifier: ISC */
/* The limit of a gate: says yes to everybody and looks at nothing. Usage: null_authorizer SOCKET
 * THREADS */
#include "common.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <pthread.h>

static int listen_fd;

static void *work(void *context)
{
    FCGX_Request request;

    bench_must(FCGX_InitRequest(&request, listen_fd, 0) == 0, "FCGX_InitRequest");
    while (FCGX_Accept_r(&request) == 0) {
        if (request.role == FCGI_AUTHORIZER)
            (void)FCGX_PutS("Status: 200\r\nVariable-REMOTE_USER: null\r\n\r\n", request.out);
        else
            (void)FCGX_PutS("Status: 200\r\nPeercert-User: null\r\n\r\n", request.out);
        FCGX_Finish_r(&request);
    }
    return context;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    long i;

    if (argc != 3)
        return 2;
    bench_must(FCGX_Init() == 0, "start");
    listen_fd = FCGX_OpenSocket(argv[1], 1024);
    bench_must(listen_fd >= 0, argv[1]);
    for (i = 1; i < strtol(argv[2], NULL, 10); i++)
        bench_must(pthread_create(&thread, NULL, work, NULL) == 0, "pthread_create");
    (void)work(NULL);
    return 0;
}
