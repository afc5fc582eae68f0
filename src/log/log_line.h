/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LOG_LINE_H
#define PEERCERT_LOG_LINE_H

#include "base/text.h"
#include "log/log.h"
#include "log/log_fields.h"

#include <limits.h>

/* Private to the log room: what a line looks like. */

/* Bytes of one line at the most, with its line end: a pipe takes so many whole or not at all
 * (pipe(7)). Values are cut so that every line fits. */
#define LOG_LINE_MAX ((size_t)PIPE_BUF)

/* Appends a line with words for the operator; `words` may hold anything and are made safe to show.
 * The text fails when memory runs out. */
void log_line_words(struct text *text, bool json, enum log_level level, const char *words);

/* Appends what says in a line of text whom it is about. */
void log_line_who(struct text *text, const struct identity *identity);

/* Adds that to a line's fields, rendered before or not. */
void log_line_add_who(struct log_fields *fields, const struct log_who *who);

/* Appends the line of a verdict. */
void log_line_verdict(struct text *text, bool json, const struct log_verdict *logged);

/* Appends the line of a decision. */
void log_line_decision(struct text *text, bool json, const struct log_decision *logged);

#endif
