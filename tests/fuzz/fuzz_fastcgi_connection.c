/* SPDX-License-Identifier: ISC */
/* A connection, whose bytes are split in time at any place: requests are answered one after the
 * other, nothing waits, and what comes back is whole records. A request that was given up gets no
 * end. The first byte says how requests are answered, the second how many bytes follow that are the
 * sizes of the parts, by turns (0: all that is left). */

#include "fastcgi/fastcgi_connection.h"

#include <fastcgi.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned char how;
static unsigned requests, ends;    /* answered, and ended as such */
static unsigned char back[300000]; /* what comes back, beginning with a record */

static void handle(void *context, struct request *request)
{
    static char large[70000];
    char *const *at;

    (void)context;
    requests++;
    for (at = request->parameters; *at != NULL; at++) {
        if (strchr(*at, '=') == NULL)
            abort();
        (void)request_write(request, *at, strlen(*at));
        if ((how & 1) != 0)
            (void)request_flush(request);
    }
    (void)request_parameter(request, "QUERY_STRING");
    if ((how & 2) != 0)
        (void)request_write(request, large, sizeof(large));
    if ((how & 4) != 0)
        request_abort(request);
}

/* Takes what has come; false when it is no whole records and the connection has not been broken. */
static void look(int fd, unsigned char *bytes, size_t *length, size_t most)
{
    ssize_t got;
    size_t at = 0;

    while ((got = recv(fd, bytes + *length, most - *length, MSG_DONTWAIT)) > 0)
        *length += (size_t)got;
    while (*length - at >= FCGI_HEADER_LEN) {
        size_t whole =
            FCGI_HEADER_LEN + ((size_t)bytes[at + 4] << 8 | bytes[at + 5]) + bytes[at + 6];

        if (bytes[at] != FCGI_VERSION_1 ||
            (bytes[at + 1] != FCGI_STDOUT && bytes[at + 1] != FCGI_END_REQUEST &&
                bytes[at + 1] != FCGI_GET_VALUES_RESULT))
            abort();
        if (whole > *length - at)
            break;
        if (bytes[at + 1] == FCGI_END_REQUEST &&
            bytes[at + FCGI_HEADER_LEN + 4] == FCGI_REQUEST_COMPLETE)
            ends++;
        at += whole;
    }
    memmove(bytes, bytes + at, *length - at);
    *length -= at;
}

/* The peer ends: so does the connection, soon and without a time that is over. */
static enum fastcgi_wait leave(struct fastcgi_connection *connection, struct fastcgi_worker *worker,
    enum fastcgi_wait wait, int peer, size_t *length)
{
    int turns;

    (void)shutdown(peer, SHUT_WR);
    for (turns = 0; wait != FASTCGI_CLOSED; turns++) {
        if (turns == 1000)
            abort();
        look(peer, back, length, sizeof(back));
        wait = fastcgi_connection_advance(connection, worker);
    }
    return wait;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fastcgi_worker worker = {.handler = handle};
    struct fastcgi_connection connection;
    enum fastcgi_wait wait = FASTCGI_WAIT_REQUEST;
    size_t at, parts, length = 0;
    int pair[2], turns = 0;

    if (size < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        return 0;
    how = data[0];
    requests = 0;
    ends = 0;
    parts = data[1] < size - 2 ? data[1] : size - 2;
    at = 2 + parts;
    fastcgi_connection_begin(&connection, pair[0]);
    while (at < size && wait != FASTCGI_CLOSED) {
        size_t part = parts > 0 ? data[2 + (size_t)turns % parts] : 0;

        part = part > 0 && part < size - at ? part : size - at;
        if (wait != FASTCGI_WAIT_SEND) {
            if (send(pair[1], data + at, part, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)part)
                break;
            at += part;
            turns++;
        }
        wait = fastcgi_connection_advance(&connection, &worker);
        look(pair[1], back, &length, sizeof(back));
    }
    for (turns = 0; wait == FASTCGI_WAIT_SEND && turns < 1000; turns++) {
        look(pair[1], back, &length, sizeof(back));
        wait = fastcgi_connection_advance(&connection, &worker);
    }
    if ((how & 8) != 0 && wait != FASTCGI_CLOSED)
        wait = fastcgi_connection_expire(&connection);
    if ((how & 16) != 0 && wait != FASTCGI_CLOSED)
        wait = fastcgi_connection_end(&connection);
    if ((how & 32) != 0)
        wait = leave(&connection, &worker, wait, pair[1], &length);
    look(pair[1], back, &length, sizeof(back));
    if (wait == FASTCGI_WAIT_REQUEST && length > 0)
        abort(); /* a record is not whole */
    if (ends > ((how & 4) != 0 ? 0 : requests))
        abort();
    fastcgi_connection_close(&connection);
    (void)close(pair[1]);
    return 0;
}
