#ifndef PEERCERT_SERVICE_H
#define PEERCERT_SERVICE_H

#include "config.h"
#include "forwarded.h"
#include "log.h"
#include "trust.h"

/* What every request is answered with; made at start, borrowed by all workers. */
struct service {
    const struct config *config;
    const struct forwarded_options *forwarded_options;
    struct trust *trust; /* NULL: none is usable, requests are answered with 503 */
    struct log *log;
};

#endif
