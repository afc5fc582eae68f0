/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_EXPLAIN_H
#define PEERCERT_EXPLAIN_H

#include "rules/rules.h"
#include "service/service.h"
#include <stdio.h>

/* Tells on `output` what the certificates of --explain's files may do by the rules (borrowed), by
 * the same code as serving. With --path: whether this request is allowed, by which line, and which
 * allow lines come nearest. Without it: each line whose identity part the certificate meets.
 * Returns the exit code: 0 every file is allowed (without --path: is valid and meets an allow
 * line), 1 one is not, 2 one cannot be read. */
int explain_files(const struct service *service, const struct rules *rules, FILE *output);

#endif
