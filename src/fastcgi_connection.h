#ifndef PEERCERT_FASTCGI_CONNECTION_H
#define PEERCERT_FASTCGI_CONNECTION_H

#include "request.h"
#include <stdbool.h>

/* One worker's way of serving FastCGI requests over connections that the server accepted. libfcgi
 * decodes and encodes; it never accepts, waits or closes. */
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

/* Reads one request from a connection, has it answered and ends it. Returns true when the
 * connection is to be kept for further requests; otherwise the caller closes it. */
bool fastcgi_serve(struct fastcgi *fastcgi, int fd, fastcgi_handler handler, void *context);

/* Closes a connection. When unread bytes may be under way, they are taken for a bounded time, so
 * that the peer's system does not throw the answer away. */
void fastcgi_close(int fd);

#endif
