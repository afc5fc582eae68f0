/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ADDRESS_H
#define PEERCERT_ADDRESS_H

#include "fastcgi/request.h"
#include <stdbool.h>

/* Characters of an address at the most, with the NUL. */
#define ADDRESS_SIZE 256

/* Writes where a request went, "https://HOST/PATH" without its query, as the client named it (Host,
 * REQUEST_URI; where the front passes none of them on, SERVER_NAME, SERVER_PORT, SCRIPT_NAME of RFC
 * 3875 section 4.1), to be shown in a command to copy: false unless it fits and host and path are
 * of letters, digits and a few marks that mean nothing to a shell (RFC 3986 sections 2.3, 3.2.2).
 */
bool address_write(const struct request *request, char address[ADDRESS_SIZE]);

#endif
