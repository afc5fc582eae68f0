/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_REQUEST_H
#define PEERCERT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* One face over a FastCGI request and a CGI process: look a parameter up, write, flush. Knows
 * nothing of certificates. */

enum request_role {
    REQUEST_RESPONDER,
    REQUEST_AUTHORIZER,
    REQUEST_OTHER_ROLE, /* FastCGI's filter, or one that nobody knows */
};

/* How bytes get out; `context` is the transport's own. Both return false once the client or the
 * front server is gone. */
struct request_transport {
    bool (*write)(void *context, const void *bytes, size_t length);
    bool (*flush)(void *context);
    void *context;
};

/* One request; borrows everything. */
struct request {
    enum request_role role;
    char *const *parameters; /* NULL-terminated "NAME=value" strings (RFC 3875 section 4.1) */
    struct request_transport transport;
    bool gone; /* a write or flush failed, or it was given up: nothing more will arrive */
};

/* The value of a parameter, NULL when it is not there; the first one when it is there twice.
 * Borrowed as long as the request. */
const char *request_parameter(const struct request *request, const char *name);

/* The same; *contradicted becomes true when it is given once more with another value (nginx passes
 * on what a location says beside the same from a file that it includes). */
const char *request_sole_parameter(
    const struct request *request, const char *name, bool *contradicted);

/* Writes bytes towards the client. Returns false when the client is gone, now or before. */
bool request_write(struct request *request, const void *bytes, size_t length);

/* Sends what was written so far on its way. Returns like request_write. */
bool request_flush(struct request *request);

/* Gives the answer up because it cannot be made whole: what was not sent yet never is, and the
 * connection is closed without the request's end, so that no front takes it for a whole one. */
void request_abort(struct request *request);

/* True when this process was started as a CGI script: GATEWAY_INTERFACE is set (RFC 3875 section
 * 4.1.4) and `fd` is not a listening socket. */
bool request_is_cgi(int fd);

/* True when a descriptor is a listening socket, as lighttpd and spawn-fcgi hand one over at fd 0.
 */
bool request_fd_listens(int fd);

/* The CGI request of this process: parameters from `environment` (borrowed), output to standard
 * output. Fills *request; nothing is to be freed. */
void request_from_cgi(struct request *request, char *const *environment);

#endif
