/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_connection.h"
#include "fastcgi/fastcgi_reader.h"
#include "fastcgi/fastcgi_send.h"
#include "fastcgi/fastcgi_writer.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes that are taken from a socket at once, before others get their turn: most heads are less. */
#define INPUT_BYTES ((size_t)64 * 1024)

struct fastcgi_worker {
    fastcgi_handler handler;
    void *context;
    struct fastcgi_connection *connection; /* whose request is being answered */
    struct fastcgi_writer *writer;
    struct fastcgi_reader *spare; /* for the next connection; NULL: none */
    unsigned char input[INPUT_BYTES];
};

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

struct fastcgi_worker *fastcgi_worker_new(fastcgi_handler handler, void *context)
{
    struct fastcgi_worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL)
        return NULL;
    worker->handler = handler;
    worker->context = context;
    worker->writer = fastcgi_writer_new();
    if (worker->writer != NULL)
        return worker;
    free(worker);
    return NULL;
}

void fastcgi_worker_free(struct fastcgi_worker *worker)
{
    if (worker == NULL)
        return;
    fastcgi_writer_free(worker->writer);
    fastcgi_reader_free(worker->spare);
    free(worker);
}

void fastcgi_connection_begin(struct fastcgi_connection *connection, int fd)
{
    *connection = (struct fastcgi_connection){.fd = fd, .wait = FASTCGI_WAIT_REQUEST};
}

void fastcgi_connection_close(struct fastcgi_connection *connection)
{
    fastcgi_reader_free(connection->reader);
    fastcgi_send_drop(connection);
    (void)close(connection->fd);
    *connection = (struct fastcgi_connection){.fd = -1, .wait = FASTCGI_CLOSED};
}

size_t fastcgi_connection_size(const struct fastcgi_connection *connection)
{
    size_t reader = connection->reader != NULL ? fastcgi_reader_size(connection->reader) : 0;

    return reader + connection->rest_length;
}

/* Throws away what comes until the peer ends too. */
static enum fastcgi_wait await_end(
    struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    while (connection->trash < FASTCGI_MAX_STDIN) {
        ssize_t got = recv(connection->fd, worker->input, INPUT_BYTES, MSG_DONTWAIT);

        if (got > 0)
            connection->trash += (size_t)got;
        else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return FASTCGI_WAIT_CLOSE;
        else if (got == 0 || errno != EINTR)
            break;
    }
    return FASTCGI_CLOSED;
}

static bool write_out(void *context, const void *bytes, size_t length)
{
    const struct fastcgi_worker *worker = context;

    return fastcgi_writer_write(worker->writer, bytes, length);
}

/* Sends what the peer takes now; the rest goes with what follows. */
static bool flush_out(void *context)
{
    const struct fastcgi_worker *worker = context;
    const unsigned char *bytes;
    size_t length;
    ssize_t sent;

    if (!fastcgi_writer_flush(worker->writer))
        return false;
    bytes = fastcgi_writer_pending(worker->writer, &length);
    sent = fastcgi_send_now(worker->connection->fd, bytes, length);
    if (sent > 0)
        fastcgi_writer_take(worker->writer, (size_t)sent);
    return sent >= 0;
}

static enum request_role role_of(unsigned role)
{
    switch (role) {
    case FCGI_RESPONDER:
        return REQUEST_RESPONDER;
    case FCGI_AUTHORIZER:
        return REQUEST_AUTHORIZER;
    default:
        return REQUEST_OTHER_ROLE;
    }
}

/* A role that the specification does not know (sections 5.1 and 5.5). */
static enum fastcgi_wait refuse_role(struct fastcgi_connection *connection)
{
    unsigned char end[FASTCGI_END_BYTES];

    fastcgi_write_end(end, fastcgi_reader_head(connection->reader)->request_id);
    end[FASTCGI_END_BYTES - 4] = FCGI_UNKNOWN_ROLE;
    return fastcgi_send_or_keep(
        connection, end + FCGI_HEADER_LEN, FASTCGI_END_BYTES - FCGI_HEADER_LEN, FASTCGI_WAIT_CLOSE);
}

/* What comes after a request that is over. */
static enum fastcgi_wait after_request(const struct fastcgi_connection *connection)
{
    return fastcgi_reader_head(connection->reader)->keeps ? FASTCGI_WAIT_REQUEST : FASTCGI_CLOSED;
}

/* What comes after the answer. An authorizer gets no STDIN stream, a filter gets a DATA stream too
 * (section 6). Whatever follows the end of a request makes that the connection is not kept. */
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
    struct fastcgi_writer *writer = worker->writer;
    const struct fastcgi_head *head = fastcgi_reader_head(connection->reader);
    struct request request = {.role = role_of(head->role),
        .parameters = head->parameters,
        .transport = {.write = write_out, .flush = flush_out, .context = worker}};
    const unsigned char *bytes;
    enum fastcgi_wait next;
    size_t length;

    if (request.role == REQUEST_OTHER_ROLE && head->role != FCGI_FILTER)
        return refuse_role(connection);
    fastcgi_writer_begin(writer, head->request_id);
    worker->connection = connection;
    worker->handler(worker->context, &request);
    connection->answered++;
    if (request.gone)
        return FASTCGI_CLOSED;
    next = after_answer(connection, request.role, at, end);
    if (next == FASTCGI_WAIT_BODY ? !fastcgi_writer_flush(writer) : !fastcgi_writer_finish(writer))
        return FASTCGI_CLOSED;
    bytes = fastcgi_writer_pending(writer, &length);
    return fastcgi_send_or_keep(connection, bytes, length, next);
}

/* Ends a request whose answer was sent, body or not. */
static enum fastcgi_wait end_request(struct fastcgi_connection *connection, bool whole)
{
    unsigned char end[FASTCGI_END_BYTES];

    fastcgi_write_end(end, fastcgi_reader_head(connection->reader)->request_id);
    return fastcgi_send_or_keep(
        connection, end, sizeof(end), whole ? after_request(connection) : FASTCGI_WAIT_CLOSE);
}

/* FCGI_GET_VALUES (section 4.1): we take one request at a time on a connection. */
static bool send_values(int fd)
{
    static const unsigned char values[] = {FCGI_VERSION_1, FCGI_GET_VALUES_RESULT, 0, 0, 0, 18, 6,
        0, 15, 1, 'F', 'C', 'G', 'I', '_', 'M', 'P', 'X', 'S', '_', 'C', 'O', 'N', 'N', 'S', '0', 0,
        0, 0, 0, 0, 0};

    return fastcgi_send_now(fd, values, sizeof(values)) == (ssize_t)sizeof(values);
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

static bool find_reader(struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    if (connection->reader != NULL)
        return true;
    connection->reader = worker->spare != NULL ? worker->spare : fastcgi_reader_new();
    worker->spare = NULL;
    return connection->reader != NULL;
}

/* The next request may come at any time, or never: nothing is kept for it. */
static void give_reader_back(struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    fastcgi_reader_reset(connection->reader);
    fastcgi_reader_free(worker->spare);
    worker->spare = connection->reader;
    connection->reader = NULL;
}

/* Reads what has come. */
static enum fastcgi_wait read_now(
    struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    ssize_t got;

    do
        got = recv(connection->fd, worker->input, INPUT_BYTES, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    connection->unread = got == (ssize_t)INPUT_BYTES;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return connection->wait;
    if (got == 0 && connection->wait == FASTCGI_WAIT_BODY)
        return end_request(connection, false);
    if (got <= 0 || !find_reader(connection, worker))
        return FASTCGI_CLOSED;
    return take(connection, worker, worker->input, worker->input + got);
}

enum fastcgi_wait fastcgi_connection_advance(
    struct fastcgi_connection *connection, struct fastcgi_worker *worker)
{
    switch (connection->wait) {
    case FASTCGI_WAIT_REQUEST:
    case FASTCGI_WAIT_HEAD:
    case FASTCGI_WAIT_BODY:
        connection->wait = read_now(connection, worker);
        break;
    case FASTCGI_WAIT_SEND:
        connection->wait = fastcgi_send_rest(connection);
        break;
    case FASTCGI_WAIT_CLOSE:
        connection->wait = await_end(connection, worker);
        break;
    case FASTCGI_CLOSED:
        break;
    }
    if (connection->reader != NULL &&
        (connection->wait == FASTCGI_WAIT_REQUEST || connection->wait >= FASTCGI_WAIT_CLOSE))
        give_reader_back(connection, worker);
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
        connection->wait = fastcgi_send_end(connection);
    return connection->wait;
}
