/* SPDX-License-Identifier: ISC */
#include "server/acceptor.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How often the operator is told that there are no descriptors. */
#define SHORTAGE_WORDS_MS 10000

static bool await_connections(const struct acceptor *acceptor, int operation)
{
    bool good = true;
    size_t number;

    for (number = 0; number < acceptor->listener->count; number++) {
        int fd = acceptor->listener->fds[number];
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = acceptor->token};

        if (epoll_ctl(acceptor->epoll_fd, operation, fd, &event) != 0)
            good = false;
    }
    return good;
}

bool acceptor_start(struct acceptor *acceptor)
{
    (void)pthread_rwlock_init(&acceptor->lock, NULL);
    return await_connections(acceptor, EPOLL_CTL_ADD);
}

void acceptor_tell(struct acceptor *acceptor)
{
    (void)pthread_rwlock_rdlock(&acceptor->lock);
    (void)await_connections(acceptor, EPOLL_CTL_MOD);
    (void)pthread_rwlock_unlock(&acceptor->lock);
}

static void tell_of_shortage(struct acceptor *acceptor)
{
    long long told = atomic_load(&acceptor->told_at), now = clock_milliseconds();

    if ((told == 0 || now - told >= SHORTAGE_WORDS_MS) &&
        atomic_compare_exchange_strong(&acceptor->told_at, &told, now))
        log_words(acceptor->service->log, LOG_LEVEL_WARNING,
            "no file descriptors are left for more connections, or 4096 are open: they wait; raise "
            "LimitNOFILE or lower --threads");
}

/* Accepts a connection. Without descriptors an idle one is closed for it. -1 with errno. */
static int accept_on(struct acceptor *acceptor, int listen_fd, struct sockaddr_storage *address)
{
    bool shortage = false;

    while (connections_make_room(acceptor->connections, shortage)) {
        socklen_t size = sizeof(*address);
        int fd =
            accept4(listen_fd, (struct sockaddr *)address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0 || (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM))
            return fd;
        shortage = true;
    }
    tell_of_shortage(acceptor);
    errno = EMFILE;
    return -1;
}

/* Accepts one who may connect. -1 with errno. */
static int accept_allowed(struct acceptor *acceptor, size_t number)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    int fd = accept_on(acceptor, acceptor->listener->fds[number], &address);

    if (fd < 0)
        return -1;
    if (allowlist_allow(&acceptor->listener->peers, &address)) {
        metrics_add(acceptor->service->metrics, METRICS_CONNECTIONS_ACCEPTED, 1);
        return fd;
    }
    metrics_add(acceptor->service->metrics, METRICS_CONNECTIONS_REFUSED, 1);
    log_words(acceptor->service->log, LOG_LEVEL_WARNING,
        "a connection from an address that --allow-peer does not name was closed");
    (void)close(fd);
    errno = ECONNABORTED;
    return -1;
}

/* Accepts the next one, as acceptor_next does. With the lock held. */
static enum acceptor_state take_next(struct acceptor *acceptor, size_t *turn, int *fd)
{
    size_t left;

    for (left = acceptor->listener->count; left > 0; left--) {
        *turn = (*turn + 1) % acceptor->listener->count;
        *fd = accept_allowed(acceptor, *turn);
        if (*fd >= 0 || errno == ECONNABORTED || errno == EINTR)
            return ACCEPTOR_MORE;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return ACCEPTOR_PAUSED;
    }
    return ACCEPTOR_EMPTY;
}

enum acceptor_state acceptor_next(struct acceptor *acceptor, size_t *turn, int *fd)
{
    enum acceptor_state state;

    *fd = -1;
    if (clock_milliseconds() < atomic_load(&acceptor->paused_until))
        return ACCEPTOR_PAUSED;
    (void)pthread_rwlock_rdlock(&acceptor->lock);
    state = take_next(acceptor, turn, fd);
    (void)pthread_rwlock_unlock(&acceptor->lock);
    if (state == ACCEPTOR_PAUSED)
        atomic_store(&acceptor->paused_until, clock_milliseconds() + ACCEPTOR_PAUSE_MS);
    return state;
}

/* Takes in those who wait to be accepted; false when some go on to wait. With the lock held. */
static bool accept_the_rest(struct acceptor *acceptor)
{
    enum acceptor_state state;
    size_t turn = 0;

    do {
        struct fastcgi_connection connection;
        int fd = -1;

        state = take_next(acceptor, &turn, &fd);
        if (fd >= 0) {
            fastcgi_connection_begin(&connection, fd);
            connections_add(acceptor->connections, &connection);
        }
    } while (state == ACCEPTOR_MORE);
    return state == ACCEPTOR_EMPTY;
}

bool acceptor_close(struct acceptor *acceptor, bool at_once)
{
    bool done;

    (void)pthread_rwlock_wrlock(&acceptor->lock);
    done = acceptor->service->config->listen == NULL || accept_the_rest(acceptor) || at_once;
    if (done) {
        (void)await_connections(acceptor, EPOLL_CTL_DEL);
        listener_close(acceptor->listener);
    }
    (void)pthread_rwlock_unlock(&acceptor->lock);
    return done;
}
