/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CONNECTIONS_H
#define PEERCERT_CONNECTIONS_H

#include "fastcgi/fastcgi_connection.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/* The connections that wait for something. They stand in the epoll set of the workers and cost no
 * thread; one thread at a time has a connection. Their events are edges (epoll(7), EPOLLET): a
 * request on a kept connection needs no epoll_ctl. Bounded in number and in bytes: who waits
 * longest goes first, and first those whose request was answered, then those that have sent nothing
 * of a request, then those that have sent part of one, then those that were answered and do not
 * send the rest of their body (their answer's end goes out) or do not take the answer. For want of
 * bytes none goes that holds less than the average. Safe in several threads at once. */
struct connections;

/* Bytes that all of them hold at the most. */
#define CONNECTIONS_MAX_BYTES ((size_t)32 * 1024 * 1024)

/* Makes a set for at most `most` connections over an epoll descriptor (borrowed). NULL when out of
 * memory; free with connections_free, which closes what is in it and accepts NULL. */
struct connections *connections_new(size_t most, int epoll_fd);
void connections_free(struct connections *set);

/* Puts a new connection into the set, which owns it from now on. Its events are for
 * connections_take. */
void connections_add(struct connections *set, const struct fastcgi_connection *connection);

/* Takes the connection of an event: it is the caller's until connections_put. NULL when it was
 * closed meanwhile, or another thread has it: then its next event comes after connections_put. */
struct fastcgi_connection *connections_take(
    struct connections *set, const struct epoll_event *event);

/* Takes one whose time is over at `now` (clock_milliseconds). NULL when there is none; *deadline is
 * when the first one's time will be over then, INT64_MAX when nobody's is limited. */
struct fastcgi_connection *connections_take_expired(
    struct connections *set, int64_t now, int64_t *deadline);

/* Gives a connection back that was taken: it waits on, or is closed when it is FASTCGI_CLOSED. When
 * there may be something that nobody has looked at, an event tells of it. */
void connections_put(struct connections *set, struct fastcgi_connection *connection);

/* How long one that has just connected stays in any case: its request is on its way. */
#define CONNECTIONS_GRACE_MS 100

/* Closes the one that goes first, as above, if there is no place for another or a `descriptor` is
 * needed. Who waits for an answer stays, and so does who has sent bytes that were not read yet, or
 * has had little time: 100 ms for the rest of a body, 1 s for taking an answer. false when there is
 * none that may go. */
bool connections_make_room(struct connections *set, bool descriptor);

/* For the end of the server: ends those that wait for a request (fastcgi_connection_end). One that
 * has never had one, because its peer has just connected, may still send it until `grace`
 * (clock_milliseconds). Returns how many are in the set. */
size_t connections_end_idle(struct connections *set, int64_t now, int64_t grace);

/* How many there are, and their bytes. */
void connections_measure(struct connections *set, size_t *count, size_t *bytes);

#endif
