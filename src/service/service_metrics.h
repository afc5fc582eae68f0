/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_SERVICE_METRICS_H
#define PEERCERT_SERVICE_METRICS_H

#include "service/evaluate.h"
#include "service/service.h"

/* Counts what came of one evaluation: its verdict, whether the cache knew it, what OCSP said.
 * `took_us` is how long the answer took, `now` as time(2). */
void service_count_evaluation(const struct service *service, const struct evaluation *evaluation,
    int64_t took_us, time_t now);

/* Sets the gauges that follow from trust, cache and log. To be called about once a second, by one
 * thread. */
void service_measure(const struct service *service);

/* Writes the metrics to the file of --metrics-file, whole or not at all: into a temporary file
 * beside it, which then takes its name (rename(2)), as node_exporter's textfile collector wants it.
 * Says once in the log when that fails. By one thread. */
void service_write_metrics_file(const struct service *service);

/* Logs in one line what begins to serve: version, libcrypto, socket, user, CAs and CRLs with their
 * ends, rules; and that it ends. */
void service_log_start(const struct service *service);
void service_log_end(const struct service *service);

#endif
