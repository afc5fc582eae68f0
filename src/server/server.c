/* SPDX-License-Identifier: ISC */
#include "server/server.h"
#include "base/clock.h"
#include "base/worker_slots.h"
#include "fastcgi/fastcgi_connection.h"
#include "server/acceptor.h"
#include "server/connections.h"
#include "server/notify.h"
#include "service/respond.h"
#include "service/service_metrics.h"

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
#include <unistd.h>

/* Tokens of events that are no connection's: no slot of the set has such a number. */
#define TOKEN_STOP ((uint64_t)UINT32_MAX)
#define TOKEN_LISTEN ((uint64_t)UINT32_MAX - 1)

/* A worker accepts so many before it looks whether there are other events, and half as many before
 * it has one that waits for events told of those who are still to be accepted. */
#define ACCEPTS_IN_A_ROW 8

#define MAX_CONNECTIONS ((size_t)4096)
#define LEAST_CONNECTIONS ((size_t)16)
/* Descriptors that are kept free of connections: files of the trust, a few for libraries. */
#define SPARE_DESCRIPTORS ((size_t)16)
/* The end, in milliseconds since it began: until when the sockets listen, until when those who
 * connected just before may send their request, until when OCSP responders are waited for, until
 * when workers answer, until when all connections are closed, and until when the log may wait. */
#define STOP_LISTEN_MS 50
#define STOP_GRACE_MS 150
#define STOP_OCSP_MS 1000
#define STOP_WORK_MS 1500
#define STOP_ALL_MS 1800
#define STOP_LOG_MS 1850
#define STOP_LOOK_MS 10
/* How often the service is looked after; each fifteenth time --metrics-file is written. */
#define LOOK_MS 1000
#define METRICS_FILE_LOOKS 15

/* Shared by the workers; what changes has a lock of its own, or is atomic. */
struct server {
    const struct service *service;
    struct acceptor acceptor;
    struct connections *connections;
    int epoll_fd;
    int stop_fd;
    atomic_bool stopping; /* requests that have come are answered, nothing else is waited for */
    atomic_int waiting;   /* workers that wait for events */
};

struct worker {
    struct server *server;
    struct fastcgi_worker fastcgi;
    pthread_t thread;
    bool listening; /* somebody may wait to be accepted */
    size_t turn;    /* acceptor_next's */
};

static void answer(void *context, struct request *request)
{
    const struct server *server = context;

    respond(server->service, request);
}

static enum fastcgi_wait advance(struct worker *worker, struct fastcgi_connection *connection)
{
    bool stopping = atomic_load(&worker->server->stopping);
    unsigned answered = connection->answered;

    (void)fastcgi_connection_advance(connection, &worker->fastcgi);
    /* What comes after an answer that was given since the end began was sent since then. */
    if (stopping && connection->answered > answered)
        (void)fastcgi_connection_end(connection);
    return connection->wait;
}

static void begin_connection(struct worker *worker, int fd)
{
    struct fastcgi_connection connection;

    fastcgi_connection_begin(&connection, fd);
    if (advance(worker, &connection) == FASTCGI_CLOSED)
        fastcgi_connection_close(&connection);
    else
        connections_add(worker->server->connections, &connection);
}

/* Takes in one who waits to be accepted. false when nobody can be for ACCEPTOR_PAUSE_MS. */
static bool accept_next(struct worker *worker)
{
    int fd;
    enum acceptor_state state = acceptor_next(&worker->server->acceptor, &worker->turn, &fd);

    if (fd >= 0)
        begin_connection(worker, fd);
    if (state == ACCEPTOR_EMPTY)
        worker->listening = false;
    return state != ACCEPTOR_PAUSED;
}

/* Those who connect while somebody is woken are one event for one worker: have another one told of
 * those who are left. */
static void share(const struct worker *worker, unsigned turns)
{
    if (turns % ACCEPTS_IN_A_ROW == ACCEPTS_IN_A_ROW / 2 &&
        atomic_load(&worker->server->waiting) > 0)
        acceptor_tell(&worker->server->acceptor);
}

/* Waits for one event and does what it asks for. */
static void take_event(struct worker *worker, int timeout)
{
    struct server *server = worker->server;
    struct epoll_event event = {.events = 0};
    int count;

    (void)atomic_fetch_add(&server->waiting, 1);
    count = epoll_wait(server->epoll_fd, &event, 1, timeout);
    (void)atomic_fetch_sub(&server->waiting, 1);
    if (count <= 0 || event.data.u64 == TOKEN_STOP)
        return;
    if (event.data.u64 == TOKEN_LISTEN) {
        worker->listening = true;
    } else {
        struct fastcgi_connection *connection = connections_take(server->connections, &event);

        if (connection != NULL) {
            (void)advance(worker, connection);
            connections_put(server->connections, connection);
        }
    }
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct worker_slots *slots = worker->server->service->slots;
    unsigned turns = 0;
    bool is_new, is_open = true;

    /* One thing a turn: either may leave the slot, and an event that somebody without a slot takes
     * waits as long as its taker. */
    while (worker_slots_stand_by(slots, &is_new)) {
        /* Who had the slot before may have left it while others waited to be accepted. */
        if (is_new)
            worker->listening = true;
        if (worker->listening && is_open && ++turns % ACCEPTS_IN_A_ROW != 0) {
            share(worker, turns);
            is_open = accept_next(worker);
        } else {
            take_event(worker, !worker->listening ? -1 : is_open ? 0 : ACCEPTOR_PAUSE_MS);
            is_open = true;
        }
    }
    worker_slots_leave(slots);
    return NULL;
}

/* Ends those whose time is over. Returns when the next one's is. */
static int64_t expire(struct server *server)
{
    struct fastcgi_connection *connection;
    int64_t deadline;

    while ((connection = connections_take_expired(
                server->connections, clock_milliseconds(), &deadline)) != NULL) {
        (void)fastcgi_connection_expire(connection);
        connections_put(server->connections, connection);
    }
    return deadline;
}

/* So many requests may wait for something at a time, and one for each processor ask for it; so many
 * may wait to ask, and one for each processor is served meanwhile. */
static size_t count_workers(const struct config *config)
{
    return (size_t)config->threads + 2 * (size_t)worker_slots_processors() +
           (config->ocsp != CONFIG_OCSP_OFF ? OCSP_MOST_QUEUED : 0);
}

/* As many connections as descriptors allow, with one for each worker in hand besides, and one with
 * which it asks a responder. */
static size_t most_connections(const struct server *server, size_t workers)
{
    struct rlimit limit = {.rlim_cur = 1024};
    size_t used = (size_t)server->stop_fd + 1 + 2 * workers + SPARE_DESCRIPTORS, left;

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    left = limit.rlim_cur > used ? (size_t)limit.rlim_cur - used : 0;
    if (left > MAX_CONNECTIONS)
        return MAX_CONNECTIONS;
    return left > LEAST_CONNECTIONS ? left : LEAST_CONNECTIONS;
}

static bool prepare(struct server *server, struct listener *listener, struct error *error)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TOKEN_STOP};

    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->connections = connections_new(
        most_connections(server, count_workers(server->service->config)), server->epoll_fd);
    server->acceptor = (struct acceptor){.service = server->service,
        .listener = listener,
        .connections = server->connections,
        .epoll_fd = server->epoll_fd,
        .token = TOKEN_LISTEN};
    if (server->epoll_fd >= 0 && server->stop_fd >= 0 && server->connections != NULL &&
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->stop_fd, &event) == 0 &&
        acceptor_start(&server->acceptor))
        return true;
    return error_set(error, ERROR_LIBRARY, "the server could not be started: %s", strerror(errno));
}

static void reload(const struct server *server)
{
    (void)notify_reloading();
    service_reload(server->service);
    (void)notify_send("READY=1");
}

static void measure(const struct server *server, unsigned looks)
{
    size_t count, bytes;

    connections_measure(server->connections, &count, &bytes);
    metrics_set(server->service->metrics, METRICS_CONNECTIONS, (int64_t)count);
    if (looks % METRICS_FILE_LOOKS == 0)
        service_write_metrics_file(server->service);
}

/* Waits for signals while the workers work, ends those whose time is over, looks after the
 * service once a second, and tells the service manager that it is alive. The signals are blocked in
 * every thread. */
static void wait_for_stop(struct server *server, const sigset_t *signals)
{
    const int64_t watchdog = notify_watchdog_ms();
    const int64_t period = watchdog > 0 && watchdog < LOOK_MS ? watchdog : LOOK_MS;
    int64_t looked_at = clock_milliseconds();
    unsigned looks = 0;

    for (;;) {
        int64_t deadline = expire(server), now = clock_milliseconds(), next = looked_at + period;
        struct timespec time;
        int number;

        if (deadline < next)
            next = deadline;
        time = clock_timespec(next > now ? (next - now) * 1000 + 1000 : 0);
        number = sigtimedwait(signals, NULL, &time);
        if (number == SIGHUP)
            reload(server);
        else if (number > 0)
            return;
        now = clock_milliseconds();
        if (now - looked_at >= period) {
            looked_at = now;
            if (watchdog > 0)
                (void)notify_send("WATCHDOG=1");
            service_look(server->service);
            measure(server, looks++);
        }
    }
}

/* Ends the connections, as their requests are answered; false when none is left. */
static bool end_connections(struct server *server, int64_t began)
{
    (void)expire(server);
    return connections_end_idle(server->connections, clock_milliseconds(), began + STOP_GRACE_MS) >
           0;
}

static void end_workers(struct server *server, const struct worker *workers, size_t started)
{
    size_t i;

    worker_slots_end(server->service->slots);
    /* Nobody reads it: it stays readable, and so wakes every worker. */
    (void)eventfd_write(server->stop_fd, 1);
    for (i = 0; i < started; i++)
        (void)pthread_join(workers[i].thread, NULL);
}

/* Requests that were sent whole are answered, by the workers and then by this thread; the rest is
 * closed in such a way that a request under way meets an end and no reset: after a reset over TCP
 * HAProxy does not send it again (tried). Connections end before the sockets do: HAProxy sends a
 * request that met an ended one on a new one, and when that is refused tries it ten times within a
 * millisecond (tried). */
static void stop(struct server *server, struct worker *workers, size_t count)
{
    int64_t began = clock_milliseconds();

    (void)notify_send("STOPPING=1");
    atomic_store(&server->stopping, true);
    ocsp_end(server->service->ocsp, began + STOP_OCSP_MS);
    log_limit(server->service->log, STOP_LOG_MS);
    do
        (void)end_connections(server, began);
    while (poll(NULL, 0, STOP_LOOK_MS) == 0 && clock_milliseconds() < began + STOP_LISTEN_MS);
    /* Without descriptors those who wait get the places of those who are answered meanwhile. */
    while (!acceptor_close(&server->acceptor, clock_milliseconds() >= began + STOP_WORK_MS)) {
        (void)end_connections(server, began);
        (void)poll(NULL, 0, STOP_LOOK_MS);
    }
    while (end_connections(server, began) && clock_milliseconds() < began + STOP_WORK_MS)
        (void)poll(NULL, 0, STOP_LOOK_MS);
    end_workers(server, workers, count);
    (void)epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->stop_fd, NULL);
    while (end_connections(server, began) && clock_milliseconds() < began + STOP_ALL_MS)
        take_event(&workers[0], STOP_LOOK_MS);
}

/* Starts as many workers as `count`; returns how many, less with an error. */
static size_t start_workers(
    struct worker *workers, size_t count, struct server *server, struct error *error)
{
    size_t i;

    for (i = 0; i < count; i++) {
        int reason;

        workers[i].server = server;
        workers[i].fastcgi.handler = answer;
        workers[i].fastcgi.context = server;
        reason = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        if (reason != 0) {
            error_set(error, ERROR_LIBRARY, "a worker could not be started: %s", strerror(reason));
            break;
        }
    }
    return i;
}

static bool block_signals(sigset_t *signals)
{
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGINT);
    (void)sigaddset(signals, SIGUSR1);
    (void)sigaddset(signals, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    return pthread_sigmask(SIG_BLOCK, signals, NULL) == 0;
}

bool server_run(const struct service *service, struct listener *listener, struct error *error)
{
    struct server server = {.service = service, .epoll_fd = -1, .stop_fd = -1};
    size_t i, started, count = count_workers(service->config);
    struct worker *workers = calloc(count, sizeof(*workers));
    sigset_t signals;
    bool good = false;

    if (workers == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the workers");
    } else if (!block_signals(&signals)) {
        error_set(error, ERROR_LIBRARY, "the signals could not be blocked");
    } else if (prepare(&server, listener, error)) {
        service_look(service);
        started = start_workers(workers, count, &server, error);
        good = started == count;
        if (good) {
            service_log_start(service);
            (void)notify_send("READY=1");
            wait_for_stop(&server, &signals);
            stop(&server, workers, count);
            service_log_end(service);
        } else {
            end_workers(&server, workers, started);
        }
    }
    for (i = 0; workers != NULL && i < count; i++)
        fastcgi_writer_end(&workers[i].fastcgi.writer);
    free(workers);
    connections_free(server.connections);
    if (server.epoll_fd >= 0)
        (void)close(server.epoll_fd);
    if (server.stop_fd >= 0)
        (void)close(server.stop_fd);
    return good;
}
