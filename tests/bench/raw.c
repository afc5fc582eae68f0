/* SPDX-License-Identifier: ISC */
/* The limit: a program that accepts, reads once, writes a constant answer once, and closes; without
 * libfcgi. With -k it reads and writes again until the other side closes. Each thread waits for one
 * connection at a time. Usage: raw [-k] SOCKET THREADS BYTES */
#include "common.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_fd;
static bool keeps;
static unsigned char answer[BENCH_MAX_BODY + 1024];
static size_t answer_length;

static void add_record(int type, const void *content, size_t length)
{
    const unsigned char header[8] = {
        1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8), (unsigned char)length, 0, 0};

    memcpy(answer + answer_length, header, sizeof(header));
    if (length > 0)
        memcpy(answer + answer_length + sizeof(header), content, length);
    answer_length += sizeof(header) + length;
}

/* One STDOUT record, its end, END_REQUEST (FastCGI specification section 8). */
static void make_answer(size_t bytes)
{
    static char stdout_bytes[sizeof(answer) - 64];
    size_t head = sizeof(BENCH_HEAD) - 1;

    bench_must(head + bytes <= sizeof(stdout_bytes) && head + bytes < 65536, "BYTES");
    memcpy(stdout_bytes, BENCH_HEAD, head);
    memset(stdout_bytes + head, 'x', bytes);
    add_record(6, stdout_bytes, head + bytes);
    add_record(6, NULL, 0);
    add_record(3, "\0\0\0\0\0\0\0\0", 8);
}

static void *work(void *context)
{
    char request[32768];
    int fd;

    while ((fd = accept(listen_fd, NULL, NULL)) >= 0) {
        while (read(fd, request, sizeof(request)) > 0) {
            if (write(fd, answer, answer_length) != (ssize_t)answer_length || !keeps)
                break;
        }
        (void)close(fd);
    }
    return context;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pthread_t thread;
    long i;

    if (argc > 1 && strcmp(argv[1], "-k") == 0) {
        keeps = true;
        argc--;
        argv++;
    }
    if (argc != 4 || strlen(argv[1]) >= sizeof(address.sun_path))
        return 2;
    make_answer((size_t)strtol(argv[3], NULL, 10));
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bench_must(listen_fd >= 0 &&
                   bind(listen_fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                   listen(listen_fd, 1024) == 0,
        argv[1]);
    for (i = 1; i < strtol(argv[2], NULL, 10); i++)
        bench_must(pthread_create(&thread, NULL, work, NULL) == 0, "pthread_create");
    (void)work(NULL);
    return 0;
}
