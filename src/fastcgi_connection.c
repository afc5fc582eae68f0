#include "fastcgi_connection.h"
#include "fastcgi_head.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes handed to libfcgi between two looks at the clock. */
#define WRITE_PIECE ((size_t)4096)

struct fastcgi {
    FCGX_Request request;
    struct fastcgi_head head;
    int head_fd; /* a file in memory from which libfcgi reads the head */
    int64_t answer_deadline;
};

bool fastcgi_start(void)
{
    return FCGX_Init() == 0;
}

static int make_head_fd(void)
{
    return memfd_create("peercert-request", MFD_CLOEXEC);
}

struct fastcgi *fastcgi_new(void)
{
    struct fastcgi *fastcgi = calloc(1, sizeof(*fastcgi));

    if (fastcgi == NULL)
        return NULL;
    fastcgi->head_fd = make_head_fd();
    if (fastcgi->head_fd < 0 || FCGX_InitRequest(&fastcgi->request, -1, 0) != 0) {
        fastcgi_free(fastcgi);
        return NULL;
    }
    return fastcgi;
}

void fastcgi_free(struct fastcgi *fastcgi)
{
    if (fastcgi == NULL)
        return;
    if (fastcgi->head_fd >= 0)
        (void)close(fastcgi->head_fd);
    fastcgi_head_free(&fastcgi->head);
    free(fastcgi);
}

static bool write_out(void *context, const void *bytes, size_t length)
{
    struct fastcgi *fastcgi = context;
    const char *at = bytes;

    while (length > 0) {
        size_t piece = length < WRITE_PIECE ? length : WRITE_PIECE;

        if (fastcgi_clock() >= fastcgi->answer_deadline ||
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

/* Has libfcgi decode the head. It reads from a file that holds the head and nothing else; after
 * that the request's descriptor is the connection, where its answer goes. */
static bool decode(struct fastcgi *fastcgi, int fd)
{
    FCGX_Request *request = &fastcgi->request;

    if (fastcgi->head_fd < 0)
        fastcgi->head_fd = make_head_fd();
    if (fastcgi->head_fd < 0 || !fastcgi_head_store(&fastcgi->head, fastcgi->head_fd))
        return false;
    request->ipcFd = fastcgi->head_fd;
    request->keepConnection = 1; /* or the implicit finish would close the file */
    if (FCGX_Accept_r(request) != 0) {
        fastcgi->head_fd = -1; /* libfcgi closed it */
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

bool fastcgi_serve(struct fastcgi *fastcgi, int fd, fastcgi_handler handler, void *context)
{
    struct request request;
    bool keep;

    if (fastcgi_head_read(&fastcgi->head, fd, fastcgi_clock() + FASTCGI_HEAD_MS) != FASTCGI_READ ||
        !decode(fastcgi, fd))
        return false;
    keep = fastcgi->request.keepConnection != 0;
    fastcgi->answer_deadline = fastcgi_clock() + FASTCGI_ANSWER_MS;
    request = (struct request){.role = role_of(&fastcgi->request),
        .parameters = fastcgi->request.envp,
        .transport = {.write = write_out, .flush = flush_out, .context = fastcgi}};
    handler(context, &request);
    /* Only a responder gets a STDIN stream (FastCGI specification section 6). */
    if (request.role != REQUEST_AUTHORIZER && !request.gone) {
        bool drained = request_flush(&request) &&
                       fastcgi_drain(&fastcgi->head, fd, fastcgi_clock() + FASTCGI_DRAIN_MS);

        keep = keep && drained;
    }
    return end(&fastcgi->request) && keep && !request.gone;
}

void fastcgi_close(int fd)
{
    int64_t deadline = fastcgi_clock() + FASTCGI_DRAIN_MS;
    size_t left = FASTCGI_MAX_STDIN;
    char trash[4096];

    if (shutdown(fd, SHUT_WR) == 0) {
        while (left > 0) {
            struct pollfd waiting = {.fd = fd, .events = POLLIN};
            int64_t wait = deadline - fastcgi_clock();
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
