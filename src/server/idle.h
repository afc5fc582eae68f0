#ifndef PEERCERT_IDLE_H
#define PEERCERT_IDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connections that wait for their next (or first) request. They stand in the epoll set of the
 * workers and cost no thread. Safe in several threads at once. */
struct idle;

/* Makes a set for at most `most` connections over an epoll descriptor (borrowed). NULL for want of
 * memory; free with idle_free, which closes what is in it. */
struct idle *idle_new(size_t most, int epoll_fd);
void idle_free(struct idle *idle);

/* Puts a connection into the set, which closes it at the latest in idle_free. When the set is full,
 * the one that has waited longest is closed. `known` is true when it was in the set before (and so
 * is known to epoll). Events come with a token of idle_take as their data, with EPOLLONESHOT. */
void idle_put(struct idle *idle, int fd, bool known);

/* Takes the connection of an event out of the set. Returns its descriptor, owned by the caller, or
 * -1 when it was closed meanwhile. */
int idle_take(struct idle *idle, uint64_t token);

/* Takes the connection that has waited longest out of the set, event or not. Returns its
 * descriptor, owned by the caller, or -1 when there is none; *known is as it was put. */
int idle_take_oldest(struct idle *idle, bool *known);

/* Closes the connection that has waited longest. false when there is none. */
bool idle_close_oldest(struct idle *idle);

#endif
