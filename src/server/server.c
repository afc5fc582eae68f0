#include "server/server.h"
#include "base/clock.h"
#include "fastcgi/fastcgi_connection.h"
#include "server/allowlist.h"
#include "server/crew.h"
#include "server/idle.h"
#include "service/respond.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Tokens of events that are no connection's: their lowest 32 bits are no slot of the idle set. */
#define TOKEN_STOP ((uint64_t)UINT32_MAX)
#define TOKEN_LISTEN ((uint64_t)UINT32_MAX - LISTENER_MAX)

#define MAX_CONNECTIONS ((size_t)4096)
/* Descriptors that are kept free of connections: the log, files, a few for libraries. */
#define SPARE_DESCRIPTORS ((size_t)64)
/* What a write may wait when the front server takes nothing, and how long accepting rests when
 * there are no descriptors left. */
#define SEND_SECONDS 2
#define REST_MS 50
#define REST_WORDS_SECONDS 10
/* At the end: what those who connected just before have for sending their request, what all of them
 * together have to finish it, and what one has after that. */
#define STOP_MS 100
#define STOP_ALL_MS 1000
#define STOP_ONE_MS 20

/* Shared by the workers; immutable but for `idle` and `crew`, which have their own locks, the
 * atomics and the listener. */
struct server {
    const struct service *service;
    pthread_rwlock_t listener_lock; /* guards the listener, which is closed while workers finish */
    struct listener *listener;
    struct allowlist *peers;
    struct idle *idle;
    struct crew *crew;
    int epoll_fd;
    int stop_fd;
    int64_t stop_began; /* set once, before `stopping` is */
    atomic_bool stopping;
    atomic_llong rest_told_at;
};

struct worker {
    struct server *server;
    struct fastcgi *fastcgi;
    unsigned number;
    pthread_t thread;
    bool started;
};

static void answer(void *context, struct request *request)
{
    const struct server *server = context;

    respond(server->service, request);
}

/* Until when a peer may be waited for. */
static int64_t latest(const struct server *server)
{
    int64_t all, one;

    if (!atomic_load(&server->stopping))
        return INT64_MAX;
    all = server->stop_began + STOP_ALL_MS;
    one = clock_milliseconds() + STOP_ONE_MS;
    return all > one ? all : one;
}

static void serve(struct worker *worker, int fd, bool known)
{
    struct server *server = worker->server;
    enum fastcgi_next next = fastcgi_serve(worker->fastcgi, fd, latest(server), answer, server);

    if (next == FASTCGI_CLOSE)
        (void)close(fd);
    else if (next == FASTCGI_KEEP && !atomic_load(&server->stopping))
        idle_put(server->idle, fd, known);
    else
        fastcgi_linger_and_close(fd, latest(server));
}

/* Without descriptors: closes an idle connection, or lets the others finish first. */
static void rest(struct server *server)
{
    struct timespec now = {0};
    long long told = atomic_load(&server->rest_told_at);

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if ((told == 0 || now.tv_sec - told >= REST_WORDS_SECONDS) &&
        atomic_compare_exchange_strong(&server->rest_told_at, &told, (long long)now.tv_sec))
        log_words(server->service->log, LOG_LEVEL_WARNING,
            "no file descriptors are left: connections wait; raise LimitNOFILE or lower --threads");
    if (!idle_close_oldest(server->idle))
        (void)poll(NULL, 0, REST_MS);
}

/* Accepts and lets others do so again. -1 when there was nothing to accept, with errno. */
static int accept_next(struct server *server, size_t number, struct sockaddr_storage *address)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLONESHOT, .data.u64 = TOKEN_LISTEN + number};
    socklen_t size = sizeof(*address);
    int fd = -1, reason = 0;

    (void)pthread_rwlock_rdlock(&server->listener_lock);
    if (number < server->listener->count) {
        int listen_fd = server->listener->fds[number];

        fd = accept4(listen_fd, (struct sockaddr *)address, &size, SOCK_CLOEXEC);
        reason = errno;
        (void)epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, listen_fd, &event);
    }
    (void)pthread_rwlock_unlock(&server->listener_lock);
    errno = reason;
    return fd;
}

static int accept_one(struct server *server, size_t number)
{
    const struct timeval limit = {.tv_sec = SEND_SECONDS};
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    int fd = accept_next(server, number, &address);

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            rest(server);
        return -1;
    }
    if (!allowlist_allow(server->peers, &address)) {
        log_words(server->service->log, LOG_LEVEL_WARNING,
            "a connection from an address that --allow-peer does not name was closed");
        (void)close(fd);
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void accept_and_serve(struct worker *worker, size_t number)
{
    struct server *server = worker->server;
    int fd = accept_one(server, number);

    if (fd < 0)
        return;
    /* One that sends nothing yet waits in the idle set instead of in a thread. */
    if (fastcgi_has_come(worker->fastcgi, fd) || atomic_load(&server->stopping))
        serve(worker, fd, false);
    else
        idle_put(server->idle, fd, false);
}

/* When it stops: nobody else will take the connections that were accepted. A request that has come
 * is answered, and so is that of a front server which has just connected and is about to send it.
 * Kept connections without a request are closed in such a way that one which is under way meets an
 * end and no reset: after a reset over TCP HAProxy does not send it again (tried). */
static void serve_the_rest(struct server *server)
{
    const struct timeval limit = {.tv_usec = STOP_MS * 1000L};
    struct worker worker = {.server = server, .fastcgi = fastcgi_new()};
    int64_t deadline = server->stop_began + STOP_MS;
    bool known;
    int fd;

    while (worker.fastcgi != NULL && (fd = idle_take_oldest(server->idle, &known)) >= 0) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        int64_t left = known ? 0 : deadline - clock_milliseconds();

        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        if (poll(&waiting, 1, left > 0 ? (int)left : 0) > 0)
            serve(&worker, fd, known);
        else if (clock_milliseconds() < deadline)
            fastcgi_linger_and_close(fd, latest(server));
        else
            (void)close(fd);
    }
    fastcgi_free(worker.fastcgi);
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct server *server = worker->server;

    while (!atomic_load(&server->stopping) && crew_await_turn(server->crew, worker->number)) {
        struct epoll_event event = {.events = 0};
        int count = epoll_wait(server->epoll_fd, &event, 1, -1);

        crew_take_event(server->crew, worker->number);
        if (count <= 0 || event.data.u64 == TOKEN_STOP)
            continue;
        if (event.data.u64 >= TOKEN_LISTEN && event.data.u64 < TOKEN_STOP) {
            accept_and_serve(worker, (size_t)(event.data.u64 - TOKEN_LISTEN));
        } else {
            int fd = idle_take(server->idle, event.data.u64);

            if (fd >= 0)
                serve(worker, fd, true);
        }
    }
    return NULL;
}

/* As many connections as descriptors allow, with one for each worker in hand besides. */
static size_t most_idle(const struct config *config)
{
    struct rlimit limit = {.rlim_cur = 1024};
    size_t reserved = SPARE_DESCRIPTORS + 2 * (size_t)config->threads, most;

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    most = limit.rlim_cur < MAX_CONNECTIONS + reserved ? (size_t)limit.rlim_cur
                                                       : MAX_CONNECTIONS + reserved;
    return most > reserved + 16 ? most - reserved : 16;
}

static bool watch(struct server *server, int fd, uint64_t token, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = token};

    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool prepare(struct server *server, struct error *error)
{
    unsigned threads = (unsigned)server->service->config->threads;
    size_t i;

    server->peers = allowlist_new(server->service->config, error);
    if (server->peers == NULL)
        return false;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->epoll_fd < 0 || server->stop_fd < 0 ||
        !watch(server, server->stop_fd, TOKEN_STOP, EPOLLIN))
        goto fail;
    for (i = 0; i < server->listener->count; i++) {
        if (!watch(server, server->listener->fds[i], TOKEN_LISTEN + i, EPOLLIN | EPOLLONESHOT))
            goto fail;
    }
    server->idle = idle_new(most_idle(server->service->config), server->epoll_fd);
    server->crew = crew_new(threads, crew_places(threads));
    if (server->idle != NULL && server->crew != NULL)
        return true;
    errno = ENOMEM;

fail:
    error_set(error, ERROR_LIBRARY, "the server could not begin: %s", strerror(errno));
    return false;
}

/* Waits for signals while the workers work, and looks at the trust's files once a second. The
 * signals are blocked in every thread. */
static void wait_for_stop(struct server *server, const sigset_t *signals)
{
    for (;;) {
        const struct timespec second = {.tv_sec = 1};
        int number = sigtimedwait(signals, NULL, &second);

        if (number == SIGHUP) {
            log_reopen(server->service->log);
            service_reload_trust(server->service);
        } else if (number > 0) {
            return;
        } else {
            service_look_at_trust(server->service);
        }
    }
}

/* Those who wait to be accepted: closing a socket of ours resets their connections. A socket that
 * somebody else opened outlives us, and so they wait on. */
static void accept_the_rest(struct server *server)
{
    size_t number;
    int fd;

    for (number = 0; number < server->listener->count; number++) {
        while ((fd = accept_one(server, number)) >= 0)
            idle_put(server->idle, fd, false);
    }
}

static void stop(struct server *server)
{
    const uint64_t one = 1;

    server->stop_began = clock_milliseconds();
    atomic_store(&server->stopping, true);
    /* Nobody reads it: it stays readable, and so wakes every worker. */
    while (write(server->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
    if (server->crew != NULL)
        crew_end(server->crew);
    if (server->idle != NULL && server->service->config->listen != NULL)
        accept_the_rest(server);
    (void)pthread_rwlock_wrlock(&server->listener_lock);
    listener_close(server->listener);
    (void)pthread_rwlock_unlock(&server->listener_lock);
    if (server->idle != NULL)
        serve_the_rest(server);
}

static bool start_workers(struct worker *workers, struct server *server, struct error *error)
{
    int i, reason;

    for (i = 0; i < server->service->config->threads; i++) {
        workers[i].server = server;
        workers[i].number = (unsigned)i;
        workers[i].fastcgi = fastcgi_new();
        if (workers[i].fastcgi == NULL) {
            error_set(error, ERROR_MEMORY, "want of memory or descriptors for a worker");
            return false;
        }
        reason = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        if (reason != 0) {
            error_set(error, ERROR_LIBRARY, "a worker could not begin: %s", strerror(reason));
            return false;
        }
        workers[i].started = true;
    }
    return true;
}

static void end_workers(struct worker *workers, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (workers[i].started)
            (void)pthread_join(workers[i].thread, NULL);
        fastcgi_free(workers[i].fastcgi);
    }
    free(workers);
}

bool server_run(const struct service *service, struct listener *listener, struct error *error)
{
    struct server server = {.service = service,
        .listener_lock = PTHREAD_RWLOCK_INITIALIZER,
        .listener = listener,
        .epoll_fd = -1,
        .stop_fd = -1};
    struct worker *workers = calloc((size_t)service->config->threads, sizeof(*workers));
    sigset_t signals;
    bool good = false;

    if (workers == NULL) {
        error_set(error, ERROR_MEMORY, "want of memory for the workers");
        return false;
    }
    /* Before the block below: libfcgi installs handlers of its own. */
    if (!fastcgi_start()) {
        error_set(error, ERROR_LIBRARY, "libfcgi could not begin");
        goto out;
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGUSR1);
    (void)sigaddset(&signals, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0) {
        error_set(error, ERROR_LIBRARY, "the signals could not be blocked");
        goto out;
    }
    if (prepare(&server, error)) {
        good = start_workers(workers, &server, error);
        if (good)
            wait_for_stop(&server, &signals);
        stop(&server);
    }

out:
    end_workers(workers, service->config->threads);
    /* What a worker had accepted and put there meanwhile. */
    if (server.idle != NULL)
        serve_the_rest(&server);
    idle_free(server.idle);
    crew_free(server.crew);
    allowlist_free(server.peers);
    if (server.epoll_fd >= 0)
        (void)close(server.epoll_fd);
    if (server.stop_fd >= 0)
        (void)close(server.stop_fd);
    return good;
}
