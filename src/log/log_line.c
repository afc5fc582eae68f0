#include "log/log_line.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values are cut at so many bytes, before they are escaped. Together they fit into LOG_LINE_MAX
 * when every byte of them comes as two (and of the remote address as six). */
#define MAX_SUBJECT 1000
#define MAX_REASON 256
#define MAX_WORD 128
#define MAX_REMOTE 64
#define MAX_WORDS 1900

#define MAX_FIELDS 16
#define SECONDS_PER_DAY 86400

enum shape {
    SHAPE_STRING,
    SHAPE_QUOTED, /* in quotes in any case, since it usually needs them */
    SHAPE_NUMBER,
};

/* One value of a line, in both formats. */
struct field {
    const char *name;
    enum shape shape;
    const char *string; /* borrowed */
    size_t length;
    bool cut;
    long long number;
};

struct fields {
    struct field items[MAX_FIELDS];
    size_t count;
};

/* The bytes of whole, well-formed characters up to `most`. */
static size_t cut_length(const char *string, size_t most)
{
    size_t length = strlen(string), at = 0;

    while (at < length) {
        unsigned long code = 0;
        size_t size = text_utf8_decode((const unsigned char *)string + at, length - at, &code);

        if (size == 0 || at + size > most)
            break;
        at += size;
    }
    return at;
}

static void add_string(
    struct fields *fields, const char *name, enum shape shape, const char *string, size_t most)
{
    size_t length = string != NULL ? cut_length(string, most) : 0;

    if (string == NULL || string[0] == '\0' || fields->count == MAX_FIELDS)
        return;
    fields->items[fields->count++] = (struct field){
        .name = name,
        .shape = shape,
        .string = string,
        .length = length,
        .cut = string[length] != '\0',
    };
}

static void add_number(struct fields *fields, const char *name, long long number)
{
    if (fields->count == MAX_FIELDS)
        return;
    fields->items[fields->count++] =
        (struct field){.name = name, .shape = SHAPE_NUMBER, .number = number};
}

/* Appends a string so that it ends at the first quote without a backslash before it. */
static void append_quoted(struct text *text, const struct field *field)
{
    size_t i;

    text_append_string(text, "\"");
    for (i = 0; i < field->length; i++) {
        if (field->string[i] == '"' || field->string[i] == '\\')
            text_append_string(text, "\\");
        text_append(text, &field->string[i], 1);
    }
    text_append_string(text, field->cut ? "...\"" : "\"");
}

/* True when the value can stand alone: nothing in it could end it or begin another. */
static bool is_plain(const struct field *field)
{
    size_t i;

    for (i = 0; i < field->length; i++) {
        char c = field->string[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return field->length > 0 && !field->cut;
}

static void append_text(struct text *text, const struct fields *fields)
{
    size_t i;

    for (i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];

        text_printf(text, " %s=", field->name);
        if (field->shape == SHAPE_NUMBER)
            text_printf(text, "%lld", field->number);
        else if (field->shape == SHAPE_STRING && is_plain(field))
            text_append(text, field->string, field->length);
        else
            append_quoted(text, field);
    }
}

static json_t *field_value(const struct field *field)
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

/* Writes an object in one line and frees it. Not by json_dumps: where memory is wanting for a
 * member's name, jansson 2.14 leaves the name out and says that all is well. */
static void append_object(struct text *text, json_t *object, bool filled)
{
    if (!filled || json_dump_callback(object, append_bytes, text, JSON_COMPACT) != 0)
        text->failed = true;
    text_append_string(text, "\n");
    json_decref(object);
}

static void format_now(char *buffer)
{
    identity_format_time(time(NULL), buffer);
}

static void add_error(struct fields *fields, const struct verdict *verdict, bool json, char *error)
{
    const char *name = verdict_error_name(verdict->error_code);

    if (verdict->error_code == 0)
        return;
    if (json) {
        add_number(fields, "error_code", verdict->error_code);
        add_string(fields, "error_name", SHAPE_STRING, name, MAX_WORD);
    } else {
        (void)snprintf(
            error, MAX_WORD, "%s(%d)", name != NULL ? name : "number", verdict->error_code);
        add_string(fields, "error", SHAPE_STRING, error, MAX_WORD);
    }
    if (verdict->error_depth >= 0)
        add_number(fields, json ? "error_depth" : "depth", verdict->error_depth);
}

/* What a valid certificate has left, when that is little. */
static void add_expiry(struct fields *fields, const struct log_verdict *logged)
{
    const struct verdict *verdict = logged->verdict;
    long long seconds;

    if (verdict->status != VERDICT_VALID || logged->identity == NULL ||
        !logged->identity->not_after_known)
        return;
    seconds = (long long)logged->identity->not_after_time - (long long)verdict->checked_at;
    if (seconds >= 0 && seconds / SECONDS_PER_DAY < logged->warn_days)
        add_number(fields, "expires_in_days", seconds / SECONDS_PER_DAY);
}

/* The remote address is whatever the front sent: safe to show, and short. */
static char *shown_remote(const char *address)
{
    struct text text = {.limit = 0};
    size_t length = strnlen(address, MAX_REMOTE + 1);

    (void)text_append_shown(&text, address, length > MAX_REMOTE ? MAX_REMOTE : length);
    if (length > MAX_REMOTE)
        text_append_string(&text, "...");
    return text_take(&text);
}

/* Renders the fields; `status` comes first without a name in the text format. */
static void append_verdict(
    struct text *text, bool json, const char *status, const struct fields *fields)
{
    char now[IDENTITY_TIME_SIZE];
    json_t *object;
    bool fine;
    size_t i;

    format_now(now);
    if (!json) {
        text_printf(text, "%s %s", now, status);
        append_text(text, fields);
        text_append_string(text, "\n");
        return;
    }
    object = json_object();
    fine = set(object, "time", json_string(now)) && set(object, "status", json_string(status));
    for (i = 0; fine && i < fields->count; i++)
        fine = set(object, fields->items[i].name, field_value(&fields->items[i]));
    append_object(text, object, fine);
}

void log_line_verdict(struct text *text, bool json, const struct log_verdict *logged)
{
    const struct verdict *verdict = logged->verdict;
    const struct identity *identity = logged->identity;
    struct fields fields = {.count = 0};
    char error[MAX_WORD];
    char *remote = NULL;

    if (identity != NULL) {
        add_string(&fields, "subject", SHAPE_QUOTED,
            identity->subject[0] != '\0' ? identity->subject : "(empty)", MAX_SUBJECT);
        add_string(&fields, "serial", SHAPE_STRING, identity->serial, MAX_WORD);
        add_string(&fields, "sha256", SHAPE_STRING, identity->sha256_fingerprint, MAX_WORD);
    }
    if (logged->remote_address != NULL) {
        remote = shown_remote(logged->remote_address);
        if (remote == NULL)
            text->failed = true;
        add_string(&fields, "remote", SHAPE_STRING, remote, MAX_REMOTE * 3 + 3);
    }
    add_string(&fields, "front", SHAPE_STRING, logged->front_verify, MAX_REASON);
    add_number(&fields, "took_us", logged->took_us);
    add_expiry(&fields, logged);
    if (verdict->status != VERDICT_VALID)
        add_string(&fields, "reason", SHAPE_QUOTED, verdict->reason, MAX_REASON);
    add_error(&fields, verdict, json, error);
    append_verdict(text, json, verdict_status_name(verdict->status), &fields);
    free(remote);
}

void log_line_words(struct text *text, bool json, enum log_level level, const char *words)
{
    static const char *const names[] = {
        [LOG_LEVEL_ERROR] = "error",
        [LOG_LEVEL_WARNING] = "warning",
        [LOG_LEVEL_INFO] = "info",
    };
    struct text shown = {.limit = 0};
    struct field field = {.shape = SHAPE_STRING};
    char now[IDENTITY_TIME_SIZE];

    format_now(now);
    (void)text_append_shown(&shown, words, strlen(words));
    if (shown.failed) {
        text->failed = true;
        goto out;
    }
    field.string = text_string(&shown);
    field.length = cut_length(field.string, MAX_WORDS);
    field.cut = field.string[field.length] != '\0';
    if (json) {
        json_t *object = json_object();

        append_object(text, object,
            set(object, "time", json_string(now)) &&
                set(object, "level", json_string(names[level])) &&
                set(object, "message", field_value(&field)));
    } else {
        text_printf(text, "%s %s %.*s%s\n", now, names[level], (int)field.length, field.string,
            field.cut ? "..." : "");
    }
out:
    text_free(&shown);
}
