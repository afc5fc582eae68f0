/* SPDX-License-Identifier: ISC */
/* An OCSP responder that takes its time: says `500` to each request after so many microseconds, to
 * as many at once as it has threads. Usage: waiting PORT MICROSECONDS THREADS */
#include "common.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int listening = -1;
static long microseconds;

static void *answer(void *context)
{
    static const char words[] = "HTTP/1.0 500 Later\r\nContent-Length: 0\r\n\r\n";
    const struct timespec wait = {
        .tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    char request[8192];

    (void)context;
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    for (;;) {
        int fd = accept(listening, NULL, NULL);

        bench_must(fd >= 0, "accept");
        if (recv(fd, request, sizeof(request), 0) > 0) {
            (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
            (void)send(fd, words, strlen(words), MSG_NOSIGNAL);
            (void)recv(fd, request, sizeof(request), MSG_DONTWAIT);
        }
        (void)close(fd);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    pthread_t thread;
    long i, threads;

    bench_must(argc == 4, "usage: waiting PORT MICROSECONDS THREADS");
    address.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
    microseconds = strtol(argv[2], NULL, 10);
    threads = strtol(argv[3], NULL, 10);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    bench_must(setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                   bind(listening, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                   listen(listening, 1024) == 0,
        "listen");
    for (i = 0; i < threads; i++)
        bench_must(pthread_create(&thread, NULL, answer, NULL) == 0, "a thread");
    (void)pause();
    return 0;
}
