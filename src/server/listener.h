/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LISTENER_H
#define PEERCERT_LISTENER_H

#include "base/error.h"
#include "config/config.h"
#include "server/allowlist.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LISTENER_MAX 16

/* The sockets that connections come in on. */
struct listener {
    int fds[LISTENER_MAX];
    size_t count;
    char path[108]; /* of a Unix socket that we made ourselves; "" otherwise */
    dev_t device;   /* and what it is, so that no other file is removed at the end */
    ino_t inode;
    struct allowlist peers; /* who may connect */
};

#define LISTENER_UNIX_PREFIX "unix:" /* what --listen begins with for a Unix socket */

/* Finds or makes the listening sockets: --listen; otherwise those that systemd passed (LISTEN_PID,
 * LISTEN_FDS, from fd 3; sd_listen_fds(3)); otherwise fd 0. A Unix socket is made with the
 * permissions of --socket-mode and --socket-group from its first moment on; a socket that is there
 * already is removed only when nobody listens on it, and another file never. A TCP address, also an
 * inherited one, that is not loopback needs an allow-list (--allow-peer or
 * FCGI_WEB_SERVER_ADDRS). All are made non-blocking, and those of TCP send without delay
 * (TCP_NODELAY). To be called while there is one thread (it sets the umask for a moment). Fills
 * *listener, end with listener_close; false with ERROR_USAGE or ERROR_LIBRARY. */
bool listener_open(struct listener *listener, const struct config *config, struct error *error);

/* Whether --listen, --allow-peer and --socket-group mean something, without opening anything: for
 * --test-config. false with ERROR_USAGE. */
bool listener_check(const struct config *config, struct error *error);

/* Closes the sockets, removes the Unix socket that was made, and frees the list of peers. */
void listener_close(struct listener *listener);

#endif
