/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FASTCGI_SEND_H
#define PEERCERT_FASTCGI_SEND_H

#include "fastcgi/fastcgi_connection.h"
#include <sys/types.h>

/* Sending without waiting: what the peer does not take now is kept with the connection. */

/* Sends as much as the peer takes now. Returns the number of bytes, -1 when the connection is
 * broken. */
ssize_t fastcgi_send_now(int fd, const unsigned char *bytes, size_t length);

/* Sends bytes, and copies what the peer does not take. Returns `next` when all was sent, having
 * begun the end if that is FASTCGI_WAIT_CLOSE; FASTCGI_WAIT_SEND when something is kept;
 * FASTCGI_CLOSED when the connection is broken or memory runs out. */
enum fastcgi_wait fastcgi_send_or_keep(struct fastcgi_connection *connection,
    const unsigned char *bytes, size_t length, enum fastcgi_wait next);

/* Goes on with what is kept. Returns like fastcgi_send_or_keep, with its `next`. */
enum fastcgi_wait fastcgi_send_rest(struct fastcgi_connection *connection);

/* Frees what is kept. */
void fastcgi_send_drop(struct fastcgi_connection *connection);

/* Ends our side of the connection. Returns FASTCGI_WAIT_CLOSE, or FASTCGI_CLOSED when it is broken
 * already. */
enum fastcgi_wait fastcgi_send_end(struct fastcgi_connection *connection);

#endif
