/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_connection.h"
#include "fastcgi/fastcgi_reader.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t fastcgi_wait_limit(enum fastcgi_wait wait)
{
    static const int64_t limits[] = {[FASTCGI_WAIT_REQUEST] = -1,
        [FASTCGI_WAIT_HEAD] = 2000,
        [FASTCGI_WAIT_BODY] = 1000,
        [FASTCGI_WAIT_SEND] = 30000,
        [FASTCGI_WAIT_CLOSE] = 1000,
        [FASTCGI_CLOSED] = 0};

    return limits[wait];
}

void fastcgi_connection_begin(struct fastcgi_connection *connection, int fd)
{
    *connection = (struct fastcgi_connection){.fd = fd, .wait = FASTCGI_WAIT_REQUEST};
}

void fastcgi_connection_close(struct fastcgi_connection *connection)
{
    fastcgi_reader_free(connection->reader);
    free(connection->rest);
    (void)close(connection->fd);
    *connection = (struct fastcgi_connection){.fd = -1, .wait = FASTCGI_CLOSED};
}

size_t fastcgi_connection_size(const struct fastcgi_connection *connection)
{
    size_t reader = connection->reader != NULL ? fastcgi_reader_size(connection->reader) : 0;

    return reader + connection->rest_length;
}

/* Sends as much as the peer takes now. Returns the number of bytes, -1 when the connection is
 * broken. */
static ssize_t send_now(int fd, const unsigned char *bytes, size_t length)
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

/* Sends bytes behind those that are kept. What the peer does not take now is copied and kept. false
 * when the connection is broken or memory runs out. */
static bool send_or_keep(
    struct fastcgi_connection *connection, const unsigned char *bytes, size_t length)
{
    ssize_t sent = connection->rest_length > 0 ? 0 : send_now(connection->fd, bytes, length);
    unsigned char *rest;

    if (sent < 0)
        return false;
    length -= (size_t)sent;
    if (length == 0)
        return true;
    rest = realloc(connection->rest, connection->rest_length + length);
    if (rest == NULL)
        return false;
    memcpy(rest + connection->rest_length, bytes + sent, length);
    connection->rest = rest;
    connection->rest_length += length;
    return true;
}

/* Goes on to `next`, which may be our end, once nothing is kept any more. */
static enum fastcgi_wait go_to(struct fastcgi_connection *connection, enum fastcgi_wait next)
{
    if (connection->rest_length > 0) {
        connection->next = next;
        return FASTCGI_WAIT_SEND;
    }
    if (next == FASTCGI_WAIT_CLOSE && shutdown(connection->fd, SHUT_WR) != 0)
        return FASTCGI_CLOSED;
    return next;
}

/* Goes on with what is kept. */
static enum fastcgi_wait send_rest(struct fastcgi_connection *connection)
{
    ssize_t sent = send_now(connection->fd, connection->rest + connection->rest_at,
        connection->rest_length - connection->rest_at);

    if (sent < 0)
        return FASTCGI_CLOSED;
    connection->rest_at += (size_t)sent;
    if (connection->rest_at < connection->rest_length)
        return FASTCGI_WAIT_SEND;
    free(connection->rest);
    connection->rest = NULL;
    connection->rest_at = 0;
    connection->rest_length = 0;
    return go_to(connection, connection->next);
}

static bool write_out(void *context, const void *bytes, size_t length)
{
    struct fastcgi_worker *worker = context;

    return fastcgi_writer_write(&worker->writer, bytes, length);
}

/* Sends what was written; with `end` the end of the request too. */
static bool send_written(struct fastcgi_worker *worker, bool end)
{
    size_t length = 0;
    const unsigned char *bytes = fastcgi_writer_flush(&worker->writer, end, &length);

    return bytes != NULL && send_or_keep(worker->connection, bytes, length);
}

static bool flush_out(void *context)
{
    return send_written(context, false);
}

static enum request_role role_of(unsigned role)
{
    if (role == FCGI_RESPONDER)
        return REQUEST_RESPONDER;
    return role == FCGI_AUTHORIZER ? REQUEST_AUTHORIZER : REQUEST_OTHER_ROLE;
}

/* What comes after a request that is over. */
static enum fastcgi_wait after_request(const struct fastcgi_connection *connection)
{
    return fastcgi_reader_head(connection->reader)->keeps ? FASTCGI_WAIT_REQUEST : FASTCGI_CLOSED;
}

/* What comes after the answer. An authorizer gets no STDIN stream, a filter gets a DATA stream too
 * (section 6). Whatever follows the end of a request makes that the connection is not kept. A body
 * is awaited: nginx, httpd and HAProxy lose an answer whose connection is closed while they still
 * send (tried; the configurations of deploy/ pass few bodies on or none). */
static enum fastcgi_wait after_answer(struct fastcgi_connection *connection, enum request_role role,
    const unsigned char *at, const unsigned char *end)
{
    enum fastcgi_read body = FASTCGI_READ_WRONG;

    if (role == REQUEST_AUTHORIZER)
        return at == end ? after_request(connection) : FASTCGI_WAIT_CLOSE;
    if (role == REQUEST_RESPONDER)
        body = fastcgi_reader_feed(connection->reader, &at, end);
    if (body == FASTCGI_READ_MORE)
        return FASTCGI_WAIT_BODY;
    return body == FASTCGI_READ_BODY && at == end ? after_request(connection) : FASTCGI_WAIT_CLOSE;
}

/* A head is whole: has the request answered. An answer that cannot be made whole is not ended. */
static enum fastcgi_wait answer(struct fastcgi_connection *connection,
    struct fastcgi_worker *worker, const unsigned char *at, const unsigned char *end)
{
    const struct fastcgi_head *head = fastcgi_reader_head(connection->reader);
    struct request request = {.role = role_of(head->role),
        .parameters = head->parameters,
        .transport = {.write = write_out, .flush = flush_out, .context = worker}};
    enum fastcgi_wait next;

    fastcgi_writer_begin(&worker->writer, head->request_id);
    worker->connection = connection;
    worker->handler(worker->context, &request);
    connection->answered++;
    if (request.gone)
        return FASTCGI_CLOSED;
    next = after_answer(connection, request.role, at, end);
    return send_written(worker, next != FASTCGI_WAIT_BODY) ? go_to(connection, next)
                                                           : FASTCGI_CLOSED;
}

/* Ends a request whose answer was sent, body or not. */
static enum fastcgi_wait end_request(struct fastcgi_connection *connection, bool whole)
{
    unsigned char end[FASTCGI_END_BYTES];

    fastcgi_write_end(end, fastcgi_reader_head(connection->reader)->request_id);
    if (!send_or_keep(connection, end, sizeof(end)))
        return FASTCGI_CLOSED;
    return go_to(connection, whole ? after_request(connection) : FASTCGI_WAIT_CLOSE);
}

/* FCGI_GET_VALUES (section 4.1): we take one request at a time on a connection. */
static bool send_values(int fd)
{
    static const unsigned char values[] = {FCGI_VERSION_1, FCGI_GET_VALUES_RESULT, 0, 0, 0, 18, 6,
        0, 15, 1, 'F', 'C', 'G', 'I', '_', 'M', 'P', 'X', 'S', '_', 'C', 'O', 'N', 'N', 'S', '0', 0,
        0, 0, 0, 0, 0};

    return send_now(fd, values, sizeof(values)) == (ssize_t)sizeof(values);
}

/* Takes bytes that have come. */
static enum fastcgi_wait take(struct fastcgi_connection *connection, struct fastcgi_worker *worker,
    const unsigned char *at, const unsigned char *end)
{
    for (;;) {
        switch (fastcgi_reader_feed(connection->reader, &at, end)) {
        case FASTCGI_READ_MORE:
            if (connection->wait == FASTCGI_WAIT_BODY)
                return FASTCGI_WAIT_BODY;
            return fastcgi_reader_is_idle(connection->reader) ? FASTCGI_WAIT_REQUEST
                                                              : FASTCGI_WAIT_HEAD;
        case FASTCGI_READ_VALUES:
            if (!send_values(connection->fd))
                return FASTCGI_CLOSED;
            break;
        case FASTCGI_READ_HEAD:
            return answer(connection, worker, at, end);
        case FASTCGI_READ_BODY:
            return end_request(connection, at == end);
        case FASTCGI_READ_WRONG:
            return connection->wait == FASTCGI_WAIT_BODY ? end_request(connection, false)
                                                         : FASTCGI_CLOSED;
        }
    }
}

/* Reads what has come. After our end it is thrown away, and bounded. */
static enum fastcgi_wait read_now(
    struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    ssize_t got;

    do
        got = recv(connection->fd, worker->input, sizeof(worker->input), MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    connection->unread = got == (ssize_t)sizeof(worker->input);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return connection->wait;
    if (got == 0 && connection->wait == FASTCGI_WAIT_BODY)
        return end_request(connection, false);
    if (got <= 0)
        return FASTCGI_CLOSED;
    if (connection->wait == FASTCGI_WAIT_CLOSE) {
        connection->trash += (size_t)got;
        return connection->trash < FASTCGI_MAX_STDIN ? FASTCGI_WAIT_CLOSE : FASTCGI_CLOSED;
    }
    if (connection->reader == NULL)
        connection->reader = fastcgi_reader_new();
    if (connection->reader == NULL)
        return FASTCGI_CLOSED;
    return take(connection, worker, worker->input, worker->input + got);
}

enum fastcgi_wait fastcgi_connection_advance(
    struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    connection->wait = connection->wait == FASTCGI_WAIT_SEND ? send_rest(connection)
                                                             : read_now(connection, worker);
    /* The next request may come at any time, or never: nothing is kept for it. */
    if (connection->wait == FASTCGI_WAIT_REQUEST || connection->wait >= FASTCGI_WAIT_CLOSE) {
        fastcgi_reader_free(connection->reader);
        connection->reader = NULL;
    }
    return connection->wait;
}

enum fastcgi_wait fastcgi_connection_expire(struct fastcgi_connection *connection)
{
    connection->wait =
        connection->wait == FASTCGI_WAIT_BODY ? end_request(connection, false) : FASTCGI_CLOSED;
    return connection->wait;
}

enum fastcgi_wait fastcgi_connection_end(struct fastcgi_connection *connection)
{
    char byte;

    if (connection->wait == FASTCGI_WAIT_REQUEST &&
        recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
        (errno == EAGAIN || errno == EWOULDBLOCK))
        connection->wait = go_to(connection, FASTCGI_WAIT_CLOSE);
    return connection->wait;
}
