/* SPDX-License-Identifier: ISC */
#include "log/log_fields.h"
#include "base/utf8.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

/* Values are cut at so many bytes, before they are escaped: see log_line.c and log_decision.c. */
#define MAX_SUBJECT 600
#define MAX_HEX 64

void log_fields_add_string(struct log_fields *fields, const char *name, enum log_shape shape,
    const char *string, size_t most)
{
    size_t length = string != NULL ? utf8_whole_length(string, most) : 0;

    if (string == NULL || string[0] == '\0' || fields->count == LOG_MAX_FIELDS)
        return;
    fields->items[fields->count++] = (struct log_field){
        .name = name,
        .shape = shape,
        .string = string,
        .length = length,
        .cut = string[length] != '\0',
    };
}

void log_fields_add_number(struct log_fields *fields, const char *name, long long number)
{
    if (fields->count == LOG_MAX_FIELDS)
        return;
    fields->items[fields->count++] =
        (struct log_field){.name = name, .shape = SHAPE_NUMBER, .number = number};
}

void log_fields_add_rendered(struct log_fields *fields, const char *bytes, size_t length)
{
    if (fields->count == LOG_MAX_FIELDS)
        return;
    fields->items[fields->count++] =
        (struct log_field){.shape = SHAPE_RENDERED, .string = bytes, .length = length};
}

void log_fields_add_identity(struct log_fields *fields, const struct identity *identity)
{
    if (identity == NULL)
        return;
    log_fields_add_string(fields, "subject", SHAPE_QUOTED,
        identity->subject[0] != '\0' ? identity->subject : "(empty)", MAX_SUBJECT);
    log_fields_add_string(fields, "serial", SHAPE_STRING, identity->serial, MAX_HEX);
    log_fields_add_string(fields, "sha256", SHAPE_STRING, identity->sha256_fingerprint, MAX_HEX);
}

/* Appends a string so that it ends at the first quote without a backslash before it. */
static void append_quoted(struct text *text, const struct log_field *field)
{
    size_t at = 0, plain;

    text_append_string(text, "\"");
    while (at < field->length) {
        plain = strcspn(field->string + at, "\"\\");
        if (plain > field->length - at)
            plain = field->length - at;
        text_append(text, field->string + at, plain);
        at += plain;
        if (at < field->length) {
            text_append_string(text, "\\");
            text_append(text, &field->string[at++], 1);
        }
    }
    text_append_string(text, field->cut ? "...\"" : "\"");
}

/* True when the value can stand alone: nothing in it could end it or begin another. */
static bool is_plain(const struct log_field *field)
{
    size_t i;

    for (i = 0; i < field->length; i++) {
        char c = field->string[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return field->length > 0 && !field->cut;
}

void log_fields_append_text(struct text *text, const struct log_fields *fields)
{
    size_t i;

    for (i = 0; i < fields->count; i++) {
        const struct log_field *field = &fields->items[i];

        if (field->shape == SHAPE_RENDERED) {
            text_append(text, field->string, field->length);
            continue;
        }
        text_append_string(text, " ");
        text_append_string(text, field->name);
        text_append_string(text, "=");
        if (field->shape == SHAPE_NUMBER)
            text_append_number(text, field->number);
        else if (field->shape == SHAPE_STRING && is_plain(field))
            text_append(text, field->string, field->length);
        else
            append_quoted(text, field);
    }
}

static json_t *field_value(const struct log_field *field)
{
    if (field->shape == SHAPE_NUMBER)
        return json_integer(field->number);
    if (field->cut)
        return json_sprintf("%.*s...", (int)field->length, field->string);
    return json_stringn(field->string, field->length);
}

static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static int append_bytes(const char *bytes, size_t length, void *context)
{
    struct text *text = context;

    text_append(text, bytes, length);
    return text->failed ? -1 : 0;
}

/* Writes an object in one line and frees it. Not by json_dumps: when memory runs out for a
 * member's name, jansson 2.14 leaves the name out and says that all is well. */
static void append_object(struct text *text, json_t *object, bool filled)
{
    if (!filled || json_dump_callback(object, append_bytes, text, JSON_COMPACT) != 0)
        text->failed = true;
    text_append_string(text, "\n");
    json_decref(object);
}

void log_fields_append(
    struct text *text, bool json, const char *status, const struct log_fields *fields)
{
    char now[IDENTITY_TIME_SIZE];
    json_t *object;
    bool fine;
    size_t i;

    identity_format_time(time(NULL), now);
    if (!json) {
        text_append_string(text, now);
        text_append_string(text, " ");
        text_append_string(text, status);
        log_fields_append_text(text, fields);
        text_append_string(text, "\n");
        return;
    }
    object = json_object();
    fine = set(object, "time", json_string(now)) && set(object, "status", json_string(status));
    for (i = 0; fine && i < fields->count; i++)
        fine = set(object, fields->items[i].name, field_value(&fields->items[i]));
    append_object(text, object, fine);
}

void log_fields_append_words(
    struct text *text, const char *now, const char *level, const struct log_field *message)
{
    json_t *object = json_object();

    append_object(text, object,
        set(object, "time", json_string(now)) && set(object, "level", json_string(level)) &&
            set(object, "message", field_value(message)));
}
