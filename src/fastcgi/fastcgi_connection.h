/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FASTCGI_CONNECTION_H
#define PEERCERT_FASTCGI_CONNECTION_H

#include "fastcgi/fastcgi_writer.h"
#include "fastcgi/request.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fastcgi_reader;

/* What a connection waits for. */
enum fastcgi_wait {
    FASTCGI_WAIT_REQUEST, /* its first request, or the next: nothing of it has come */
    FASTCGI_WAIT_HEAD,    /* the rest of a request's head */
    FASTCGI_WAIT_BODY,    /* the rest of a body that is thrown away; the answer was sent */
    FASTCGI_WAIT_SEND,    /* the peer takes no more of its answer at the moment */
    FASTCGI_WAIT_CLOSE, /* the peer's end, after ours: so that its system does not throw the answer
                           away (RFC 9112 section 9.6 has the same for HTTP) */
    FASTCGI_CLOSED,     /* nothing: fastcgi_connection_close comes next */
};
#define FASTCGI_WAITS FASTCGI_CLOSED

/* Milliseconds that a peer has for each; -1: no limit. Fronts send a request at once. */
int64_t fastcgi_wait_limit(enum fastcgi_wait wait);

/* One connection: what has come of a request, what is left of an answer. Nothing here waits. */
struct fastcgi_connection {
    int fd; /* non-blocking; owned */
    enum fastcgi_wait wait;
    bool unread;                   /* there may be more than what was read last */
    unsigned answered;             /* requests */
    struct fastcgi_reader *reader; /* NULL when nothing of a request has come */
    unsigned char *rest;           /* what the peer has not taken of an answer */
    size_t rest_at, rest_length;
    enum fastcgi_wait next; /* after FASTCGI_WAIT_SEND */
    size_t trash;           /* bytes that were thrown away at the end */
};

/* What one worker needs for answering requests, one after the other: zeroes but for the handler
 * and its context (borrowed). fastcgi_writer_end frees what its writer holds. */
struct fastcgi_worker {
    void (*handler)(void *context, struct request *request); /* answers one request */
    void *context;
    struct fastcgi_connection *connection; /* whose request is being answered */
    struct fastcgi_writer writer;
    /* What is taken from a socket at once, before others get their turn: most heads are less. */
    unsigned char input[64 * 1024];
};

/* Begins with a connection that was accepted (non-blocking). */
void fastcgi_connection_begin(struct fastcgi_connection *connection, int fd);

/* Does all that can be done without waiting for the peer: reads what has come, answers a request
 * that is whole, sends. Returns what it waits for now. */
enum fastcgi_wait fastcgi_connection_advance(
    struct fastcgi_connection *connection, struct fastcgi_worker *worker);

/* The time for what it waits for is over. Returns like fastcgi_connection_advance. */
enum fastcgi_wait fastcgi_connection_expire(struct fastcgi_connection *connection);

/* Ends a connection that waits for a request unless bytes of one are there. Returns like
 * fastcgi_connection_advance. */
enum fastcgi_wait fastcgi_connection_end(struct fastcgi_connection *connection);

/* The bytes of memory that it holds. */
size_t fastcgi_connection_size(const struct fastcgi_connection *connection);

/* Closes the connection and frees what it holds. */
void fastcgi_connection_close(struct fastcgi_connection *connection);

#endif
