#ifndef PEERCERT_SERVICE_H
#define PEERCERT_SERVICE_H

#include "config.h"
#include "error.h"
#include "forwarded.h"
#include "log.h"
#include "trust.h"
#include <stdbool.h>

/* What every request is answered with; made at start, borrowed by all workers. */
struct service {
    const struct config *config; /* borrowed */
    struct forwarded_options forwarded_options;
    struct trust *trust; /* NULL: none is usable, requests are answered with 503 */
    struct log *log;
};

/* Opens the log and makes what follows from the configuration (borrowed as long as the service).
 * `threaded` is for log_open. Fills *service, end with service_close in every case; false with
 * ERROR_USAGE, ERROR_MEMORY or ERROR_LIBRARY. */
bool service_open(
    struct service *service, const struct config *config, bool threaded, struct error *error);

/* Loads the trust, and logs what the operator should know of it. false with the error. */
bool service_load_trust(struct service *service, struct error *error);

/* Frees what the service holds. */
void service_close(struct service *service);

#endif
