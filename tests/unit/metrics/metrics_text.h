/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_METRICS_TEXT_H
#define PEERCERT_TESTS_METRICS_TEXT_H

#include "metrics/metrics.h"

/* All that these metrics are written as at this moment, until the next call. */
const char *metrics_text(struct metrics *metrics, time_t now);

/* Expects that a text has this line. */
void expect_line(const char *text, const char *line);

/* Expects that metrics are written with these lines; NULL ends them. */
void expect_lines(struct metrics *metrics, time_t now, const char *const *lines);
#define EXPECT_LINES(metrics, now, ...)                                                            \
    expect_lines(metrics, now, (const char *const[]){__VA_ARGS__, NULL})

#endif
