#include "fastcgi/fastcgi_connection.h"
#include "base/clock.h"
#include "fastcgi/fastcgi_reader.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes handed to libfcgi between two looks at the clock. */
#define WRITE_PIECE ((size_t)4096)

struct fastcgi {
    FCGX_Request request;
    struct fastcgi_reader head;
    int pipe[2]; /* from which libfcgi reads how a request begins */
    int64_t answer_deadline;
};

bool fastcgi_start(void)
{
    return FCGX_Init() == 0;
}

static void close_pipe(struct fastcgi *fastcgi)
{
    int i;

    for (i = 0; i < 2; i++) {
        if (fastcgi->pipe[i] >= 0)
            (void)close(fastcgi->pipe[i]);
        fastcgi->pipe[i] = -1;
    }
}

static bool open_pipe(struct fastcgi *fastcgi)
{
    if (fastcgi->pipe[0] >= 0)
        return true;
    close_pipe(fastcgi);
    if (pipe2(fastcgi->pipe, O_CLOEXEC | O_NONBLOCK) == 0)
        return true;
    fastcgi->pipe[0] = -1;
    fastcgi->pipe[1] = -1;
    return false;
}

struct fastcgi *fastcgi_new(void)
{
    struct fastcgi *fastcgi = calloc(1, sizeof(*fastcgi));

    if (fastcgi == NULL)
        return NULL;
    fastcgi->pipe[0] = -1;
    fastcgi->pipe[1] = -1;
    if (!open_pipe(fastcgi) || FCGX_InitRequest(&fastcgi->request, -1, 0) != 0) {
        fastcgi_free(fastcgi);
        return NULL;
    }
    return fastcgi;
}

void fastcgi_free(struct fastcgi *fastcgi)
{
    if (fastcgi == NULL)
        return;
    close_pipe(fastcgi);
    fastcgi_reader_free(&fastcgi->head);
    free(fastcgi);
}

static bool write_out(void *context, const void *bytes, size_t length)
{
    struct fastcgi *fastcgi = context;
    const char *at = bytes;

    while (length > 0) {
        size_t piece = length < WRITE_PIECE ? length : WRITE_PIECE;

        if (clock_milliseconds() >= fastcgi->answer_deadline ||
            FCGX_PutStr(at, (int)piece, fastcgi->request.out) != (int)piece)
            return false;
        at += piece;
        length -= piece;
    }
    return true;
}

static bool flush_out(void *context)
{
    struct fastcgi *fastcgi = context;

    return FCGX_FFlush(fastcgi->request.out) == 0;
}

/* Has libfcgi begin a request. It reads the beginning from a pipe that holds it and nothing else;
 * after that the request's descriptor is the connection, where its answer goes. */
static bool begin(struct fastcgi *fastcgi, int fd)
{
    FCGX_Request *request = &fastcgi->request;

    if (!open_pipe(fastcgi) || !fastcgi_reader_announce(&fastcgi->head, fastcgi->pipe[1]))
        return false;
    request->ipcFd = fastcgi->pipe[0];
    request->keepConnection = 1; /* or the implicit finish would close the pipe */
    if (FCGX_Accept_r(request) != 0) {
        fastcgi->pipe[0] = -1; /* libfcgi closed it */
        request->ipcFd = -1;
        return false;
    }
    request->ipcFd = fd;
    return true;
}

static enum request_role role_of(const FCGX_Request *request)
{
    switch (request->role) {
    case FCGI_RESPONDER:
        return REQUEST_RESPONDER;
    case FCGI_AUTHORIZER:
        return REQUEST_AUTHORIZER;
    default:
        return REQUEST_OTHER_ROLE;
    }
}

/* Ends the streams, which sends END_REQUEST, and frees what libfcgi allocated, without its own
 * closing of connections: that waits up to two seconds for each read. */
static bool end(FCGX_Request *request)
{
    bool good = FCGX_FClose(request->err) == 0;

    good = FCGX_FClose(request->out) == 0 && good;
    FCGX_Free(request, 0);
    request->ipcFd = -1;
    request->keepConnection = 1;
    return good;
}

bool fastcgi_has_come(struct fastcgi *fastcgi, int fd)
{
    return fastcgi_reader_take(&fastcgi->head, fd);
}

static int64_t within(int64_t milliseconds, int64_t latest)
{
    int64_t until = clock_milliseconds() + milliseconds;

    return until < latest ? until : latest;
}

enum fastcgi_next fastcgi_serve(
    struct fastcgi *fastcgi, int fd, int64_t latest, fastcgi_handler handler, void *context)
{
    struct request request;
    bool keep, drained = true;

    if (fastcgi_reader_read(&fastcgi->head, fd, within(FASTCGI_HEAD_MS, latest)) != FASTCGI_READ)
        return FASTCGI_CLOSE;
    if (fastcgi_reader_has_unknown_role(&fastcgi->head))
        return fastcgi_reader_refuse_role(&fastcgi->head, fd) ? FASTCGI_LINGER : FASTCGI_CLOSE;
    if (!begin(fastcgi, fd))
        return FASTCGI_CLOSE;
    keep = fastcgi->request.keepConnection != 0;
    fastcgi->answer_deadline = clock_milliseconds() + FASTCGI_ANSWER_MS;
    request = (struct request){.role = role_of(&fastcgi->request),
        .parameters = fastcgi->head.parameters,
        .transport = {.write = write_out, .flush = flush_out, .context = fastcgi}};
    handler(context, &request);
    /* An authorizer gets no STDIN stream, a filter gets a DATA stream too (FastCGI specification
     * section 6). */
    if (request.role == REQUEST_AUTHORIZER)
        drained = fastcgi_reader_is_used_up(&fastcgi->head);
    else if (request.role == REQUEST_OTHER_ROLE)
        drained = false;
    else if (!request.gone) {
        drained = fastcgi_drain_nothing(&fastcgi->head) ||
                  (request_flush(&request) &&
                      fastcgi_drain(&fastcgi->head, fd, within(FASTCGI_DRAIN_MS, latest)));
    }
    if (!end(&fastcgi->request) || request.gone)
        return FASTCGI_CLOSE;
    if (!drained)
        return FASTCGI_LINGER;
    return keep ? FASTCGI_KEEP : FASTCGI_CLOSE;
}

void fastcgi_linger_and_close(int fd, int64_t latest)
{
    int64_t deadline = within(FASTCGI_DRAIN_MS, latest);
    size_t left = FASTCGI_MAX_STDIN;
    char trash[4096];

    if (shutdown(fd, SHUT_WR) == 0) {
        while (left > 0) {
            struct pollfd waiting = {.fd = fd, .events = POLLIN};
            int64_t wait = deadline - clock_milliseconds();
            ssize_t got = recv(fd, trash, sizeof(trash), MSG_DONTWAIT);

            if (got == 0)
                break;
            if (got > 0)
                left -= (size_t)got < left ? (size_t)got : left;
            else if (wait <= 0 || poll(&waiting, 1, (int)wait) <= 0)
                break;
        }
    }
    (void)close(fd);
}
