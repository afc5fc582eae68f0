/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ACCEPTOR_H
#define PEERCERT_ACCEPTOR_H

#include "server/connections.h"
#include "server/listener.h"
#include "service/service.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Takes in connections on the listening sockets: who may connect, and what to do without
 * descriptors. Safe in several threads at once. The first members are the caller's to set, and what
 * they point to is borrowed; the others begin as zeroes. */
struct acceptor {
    const struct service *service;
    struct listener *listener;
    struct connections *connections;
    int epoll_fd;
    uint64_t token;
    pthread_rwlock_t lock;     /* guards the listener, which is closed while workers work */
    atomic_llong told_at;      /* that no descriptors are left */
    atomic_llong paused_until; /* nobody accepts before */
};

/* Has epoll tell one worker of connections that come in, with the token. The events are edges
 * (epoll(7), EPOLLET): whoever is told calls acceptor_next until the state is ACCEPTOR_EMPTY. False
 * with errno. Nothing is to be freed. */
bool acceptor_start(struct acceptor *acceptor);

/* Has epoll tell a worker again, if somebody waits. */
void acceptor_tell(struct acceptor *acceptor);

enum acceptor_state {
    ACCEPTOR_EMPTY, /* nobody waits: an event tells of the next one */
    ACCEPTOR_MORE,  /* more may wait */
    ACCEPTOR_PAUSED /* it failed, as for want of descriptors: not again for ACCEPTOR_PAUSE_MS */
};

/* Milliseconds. */
#define ACCEPTOR_PAUSE_MS 20

/* Accepts the next connection, on one socket after the other: *turn is the number of the last one,
 * the caller's to keep. *fd is its descriptor, the caller's; -1 when there was none or its peer may
 * not connect. */
enum acceptor_state acceptor_next(struct acceptor *acceptor, size_t *turn, int *fd);

/* Closes the listening sockets. Those who wait to be accepted on a socket of ours are taken in
 * before, since closing it would reset their connections; a socket that somebody else opened
 * outlives us, and so they wait on. False, and all stays open, when there is no place for all of
 * them yet, unless it must be `at_once`. */
bool acceptor_close(struct acceptor *acceptor, bool at_once);

#endif
