/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_SERVICE_H
#define PEERCERT_SERVICE_H

#include "base/error.h"
#include "base/worker_slots.h"
#include "cache/verdict_cache.h"
#include "config/config.h"
#include "forwarded/forwarded.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "ocsp/ocsp.h"
#include "rules/rules_current.h"
#include "trust/trust_current.h"
#include <stdbool.h>

/* What every request is answered with; made at start, borrowed by all workers. */
struct service {
    const struct config *config; /* borrowed */
    struct forwarded_options forwarded_options;
    struct trust_current *trust; /* without a snapshot requests are answered with 503 */
    struct verdict_cache *cache; /* NULL: none */
    struct ocsp *ocsp;           /* NULL: --ocsp off */
    struct worker_slots *slots;  /* which of the workers look for work; NULL: there is one thread */
    struct log *log;
    struct rules_current *rules;  /* NULL: no gate */
    struct rules_current *shadow; /* judged beside; NULL: none */
    struct gate_current *gate;    /* what a gate judges by (gate_snapshot.h); NULL: no gate */
    struct gate_recent *recent;   /* for --log-allowed first; NULL: no gate */
    struct metrics *metrics;      /* NULL: a process that answers one request */
};

/* Opens the log and makes what follows from the configuration (borrowed as long as the service).
 * `threaded` is for log_open, and for a process that answers more than one request and so has
 * metrics, slots and a cache. Fills *service, end with service_close in every case; false with
 * ERROR_USAGE, ERROR_MEMORY or ERROR_LIBRARY. */
bool service_open(
    struct service *service, const struct config *config, bool threaded, struct error *error);

/* Loads the trust and the rules, and logs what the operator should know of it. false with the
 * error; an earlier snapshot counts on then. */
bool service_load_trust(const struct service *service, struct error *error);

/* What is due about once a second, by one thread: follows a log file that was moved away, loads the
 * files of trust and rules that have changed and logs what came of it, and sets the gauges. */
void service_look(const struct service *service);

/* Reopens the log and loads the files of trust and rules, changed or not (SIGHUP). By the same
 * thread. */
void service_reload(const struct service *service);

/* Frees what the service holds. */
void service_close(struct service *service);

#endif
