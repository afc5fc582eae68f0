/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ACCEPTOR_H
#define PEERCERT_ACCEPTOR_H

#include "base/error.h"
#include "server/connections.h"
#include "server/listener.h"
#include "service/service.h"
#include <stdbool.h>
#include <stdint.h>

/* Takes in connections on the listening sockets: who may connect, and what to do without
 * descriptors. Safe in several threads at once. */
struct acceptor;

/* Has epoll tell one worker of each connection that comes in, with the token `first_token` plus the
 * number of the socket. Borrows all its arguments as long as it lives. NULL with ERROR_MEMORY
 * or ERROR_LIBRARY; free with acceptor_free, which accepts NULL. */
struct acceptor *acceptor_new(const struct service *service, struct listener *listener,
    struct connections *connections, int epoll_fd, uint64_t first_token, struct error *error);
void acceptor_free(struct acceptor *acceptor);

/* Accepts the next connection of one who may connect on the socket of this number, and lets others
 * do so again; without descriptors after a pause, in which this worker has no slot. Returns its
 * descriptor, -1 when there is none. */
int acceptor_next(struct acceptor *acceptor, size_t number);

/* Closes the listening sockets. Those who wait to be accepted on a socket of ours are taken in
 * before, since closing it would reset their connections; a socket that somebody else opened
 * outlives us, and so they wait on. */
void acceptor_close(struct acceptor *acceptor);

#endif
