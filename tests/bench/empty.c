/* SPDX-License-Identifier: ISC */
/* The limit: a libfcgi program that does nothing but answer, with as many threads and bytes as it
 * is told. Usage: empty SOCKET THREADS BYTES */
#include "fcgi.h"

#include <string.h>

static char *body;

static void answer(FCGX_Request *request)
{
    (void)FCGX_PutS(BENCH_HEAD, request->out);
    (void)FCGX_PutS(body, request->out);
}

int main(int argc, char **argv)
{
    size_t bytes;

    if (argc != 4)
        return 2;
    bytes = (size_t)strtol(argv[3], NULL, 10);
    body = malloc(bytes + 1);
    bench_must(body != NULL, "start");
    memset(body, 'x', bytes);
    body[bytes] = '\0';
    bench_serve(argv[1], argv[2], answer);
    return 0;
}
