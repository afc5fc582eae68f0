/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ALLOWLIST_H
#define PEERCERT_ALLOWLIST_H

#include "base/error.h"
#include "base/network.h"
#include "config/config.h"
#include <stdbool.h>
#include <sys/socket.h>

/* Who may connect over TCP: addresses, or networks such as 192.0.2.0/24. Zero it before use. */
struct allowlist {
    struct network *networks; /* of IPv6: those of IPv4 are mapped */
    size_t count;
    bool is_given; /* --allow-peer or the variable named them; otherwise they are loopback's */
};

/* Fills the list from --allow-peer and from FCGI_WEB_SERVER_ADDRS (FastCGI specification section
 * 3.2). false with ERROR_USAGE or ERROR_MEMORY. Free with allowlist_free in either case. */
bool allowlist_read(struct allowlist *peers, const struct config *config, struct error *error);
void allowlist_free(struct allowlist *peers);

/* Whether a peer may connect: over a Unix socket always (its file's permissions say who), over TCP
 * when an entry matches; without entries from loopback (127.0.0.0/8, ::1) alone. */
bool allowlist_allow(const struct allowlist *peers, const struct sockaddr_storage *address);

#endif
