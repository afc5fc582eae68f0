/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ALLOWLIST_H
#define PEERCERT_ALLOWLIST_H

#include "base/error.h"
#include "config/config.h"
#include <stdbool.h>
#include <sys/socket.h>

/* Who may connect over TCP: addresses, or networks such as 192.0.2.0/24; immutable after it was
 * made. */
struct allowlist;

/* Makes the list from --allow-peer and from FCGI_WEB_SERVER_ADDRS (FastCGI specification section
 * 3.2). Returns it, to be freed with allowlist_free, or NULL with ERROR_USAGE or ERROR_MEMORY. */
struct allowlist *allowlist_new(const struct config *config, struct error *error);

/* Frees the list. Accepts NULL. */
void allowlist_free(struct allowlist *peers);

/* Whether --allow-peer or the variable named any. */
bool allowlist_is_given(const struct allowlist *peers);

/* Whether a peer may connect: over a Unix socket always (its file's permissions say who), over TCP
 * when an entry matches; without entries from loopback (127.0.0.0/8, ::1) alone. */
bool allowlist_allow(const struct allowlist *peers, const struct sockaddr_storage *address);

#endif
