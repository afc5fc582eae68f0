/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LOG_FIELDS_H
#define PEERCERT_LOG_FIELDS_H

#include "base/text.h"
#include "certificate/identity.h"

#include <stdbool.h>
#include <stddef.h>

/* Private to the log module: the named values of one line, in both formats. */

#define LOG_MAX_FIELDS 24

enum log_shape {
    SHAPE_STRING,
    SHAPE_QUOTED, /* in quotes in any case, since it usually needs them */
    SHAPE_NUMBER,
    SHAPE_RENDERED, /* whole fields as they stand in a line of text */
};

struct log_field {
    const char *name;
    enum log_shape shape;
    const char *string; /* borrowed */
    size_t length;
    bool cut;
    long long number;
};

struct log_fields {
    struct log_field items[LOG_MAX_FIELDS];
    size_t count;
};

/* Adds a value, cut at `most` bytes; nothing for NULL and "". Borrows the string. */
void log_fields_add_string(struct log_fields *fields, const char *name, enum log_shape shape,
    const char *string, size_t most);
void log_fields_add_number(struct log_fields *fields, const char *name, long long number);

/* Adds fields that log_fields_append_text made before. Borrows the bytes. Not for JSON. */
void log_fields_add_rendered(struct log_fields *fields, const char *bytes, size_t length);

/* Adds whom a line is about; nothing for NULL. Borrows the identity. */
void log_fields_add_identity(struct log_fields *fields, const struct identity *identity);

/* Appends the fields alone, each with a space before it, in the text format. */
void log_fields_append_text(struct text *text, const struct log_fields *fields);

/* Appends a line with its end: the time, `status` (without a name in the text format), the fields.
 * The text fails when out of memory. */
void log_fields_append(
    struct text *text, bool json, const char *status, const struct log_fields *fields);

/* Appends an object of a time, a level and a message. */
void log_fields_append_words(
    struct text *text, const char *now, const char *level, const struct log_field *message);

#endif
