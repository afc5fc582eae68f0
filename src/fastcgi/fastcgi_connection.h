#ifndef PEERCERT_FASTCGI_CONNECTION_H
#define PEERCERT_FASTCGI_CONNECTION_H

#include "fastcgi/request.h"
#include <stdbool.h>
#include <stdint.h>

/* One worker's way of serving FastCGI requests over connections that the server accepted. libfcgi
 * begins and encodes the answers; it never accepts, waits or closes, and what a peer sends is read
 * by fastcgi_head. */
struct fastcgi;

/* Milliseconds that a front server has for sending the head of a request, and for taking the whole
 * answer. Fronts send a request at once. */
#define FASTCGI_HEAD_MS 2000
#define FASTCGI_ANSWER_MS 30000
/* Milliseconds for the rest of a body that is thrown away. */
#define FASTCGI_DRAIN_MS 1000

/* To be called once before all else: libfcgi's own start, which installs signal handlers. */
bool fastcgi_start(void);

/* Makes and frees one worker's state; NULL for want of memory or descriptors. Free accepts NULL. */
struct fastcgi *fastcgi_new(void);
void fastcgi_free(struct fastcgi *fastcgi);

/* Answers one request. */
typedef void (*fastcgi_handler)(void *context, struct request *request);

/* What is to be done with the connection after a request. */
enum fastcgi_next {
    FASTCGI_KEEP,   /* further requests may come */
    FASTCGI_CLOSE,  /* all that was sent was read: close it */
    FASTCGI_LINGER, /* more may be under way: fastcgi_linger_and_close */
};

/* Takes what a new connection has sent so far; false when that is nothing. When it is true,
 * fastcgi_serve for this connection comes next. */
bool fastcgi_has_come(struct fastcgi *fastcgi, int fd);

/* Reads one request from a connection, has it answered and ends it. The peer has the times above
 * for it, and no longer than until `latest` (clock_milliseconds; INT64_MAX for no such moment);
 * what is there already is taken after that too. */
enum fastcgi_next fastcgi_serve(
    struct fastcgi *fastcgi, int fd, int64_t latest, fastcgi_handler handler, void *context);

/* Takes what is under way for a bounded time, and no longer than until `latest`, and then closes
 * the connection, so that the peer's system does not throw the answer away. */
void fastcgi_linger_and_close(int fd, int64_t latest);

#endif
