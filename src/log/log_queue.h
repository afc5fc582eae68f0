/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LOG_QUEUE_H
#define PEERCERT_LOG_QUEUE_H

#include "log/log_sink.h"
#include <stdint.h>

/* Private to the log room: lines that wait for the writer thread. */
struct log_queue;

/* Starts the writer thread, with all signals blocked. The sink is borrowed until log_queue_end.
 * `json` is the format of the line that tells of dropped ones. NULL with ERROR_MEMORY or
 * ERROR_LIBRARY. */
struct log_queue *log_queue_start(struct log_sink *sink, bool json, struct error *error);

/* Adds a line, which is taken over (NULL: one for which memory ran out). Never
 * waits for the writer: without room the line is dropped, counted and told of later. */
void log_queue_add(struct log_queue *queue, enum log_level level, char *line);

/* How many lines were dropped since the start. */
uint64_t log_queue_dropped(struct log_queue *queue);

/* Waits until all is written, for a sink that takes nothing until its limit (log_sink_limit), or
 * LOG_SINK_PATIENCE without one, then ends the writer and frees. false when the writer is stuck in
 * the system: then it goes on using queue and sink, and both must stay. */
bool log_queue_end(struct log_queue *queue);

#endif
