/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void fastcgi_send_drop(struct fastcgi_connection *connection)
{
    free(connection->rest);
    connection->rest = NULL;
    connection->rest_at = 0;
    connection->rest_length = 0;
}

ssize_t fastcgi_send_now(int fd, const unsigned char *bytes, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t sent = send(fd, bytes + done, length - done, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0)
            done += (size_t)sent;
        else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        else if (sent == 0 || errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

enum fastcgi_wait fastcgi_send_end(struct fastcgi_connection *connection)
{
    connection->trash = 0;
    return shutdown(connection->fd, SHUT_WR) == 0 ? FASTCGI_WAIT_CLOSE : FASTCGI_CLOSED;
}

/* All that was to be sent was sent. */
static enum fastcgi_wait go_to(struct fastcgi_connection *connection, enum fastcgi_wait next)
{
    return next == FASTCGI_WAIT_CLOSE ? fastcgi_send_end(connection) : next;
}

enum fastcgi_wait fastcgi_send_or_keep(struct fastcgi_connection *connection,
    const unsigned char *bytes, size_t length, enum fastcgi_wait next)
{
    ssize_t sent = fastcgi_send_now(connection->fd, bytes, length);

    if (sent < 0)
        return FASTCGI_CLOSED;
    if ((size_t)sent == length)
        return go_to(connection, next);
    connection->rest_length = length - (size_t)sent;
    connection->rest_at = 0;
    connection->rest = malloc(connection->rest_length);
    if (connection->rest == NULL)
        return FASTCGI_CLOSED;
    memcpy(connection->rest, bytes + sent, connection->rest_length);
    connection->next = next;
    return FASTCGI_WAIT_SEND;
}

enum fastcgi_wait fastcgi_send_rest(struct fastcgi_connection *connection)
{
    ssize_t sent = fastcgi_send_now(connection->fd, connection->rest + connection->rest_at,
        connection->rest_length - connection->rest_at);

    if (sent < 0)
        return FASTCGI_CLOSED;
    connection->rest_at += (size_t)sent;
    if (connection->rest_at < connection->rest_length)
        return FASTCGI_WAIT_SEND;
    fastcgi_send_drop(connection);
    return go_to(connection, connection->next);
}
