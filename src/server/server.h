/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_SERVER_H
#define PEERCERT_SERVER_H

#include "base/error.h"
#include "server/listener.h"
#include "service/service.h"
#include <stdbool.h>

/* Serves FastCGI on the listening sockets with workers (config->threads, and twice as many as there
 * are processors) until SIGTERM, SIGINT or SIGUSR1: then idle connections are closed and the
 * sockets a moment later (a front server goes elsewhere), and requests that were sent are answered.
 * SIGHUP reopens the log file and reloads the trust and the rules; they are also reloaded within a
 * second or so when their files change. SIGPIPE is ignored. To be called from the main thread while
 * it is the only one but the log's. Returns true after a clean stop; false with ERROR_LIBRARY or
 * ERROR_MEMORY when it could not be started. */
bool server_run(const struct service *service, struct listener *listener, struct error *error);

#endif
