/* SPDX-License-Identifier: ISC */
#include "log/log_line.h"
#include "base/utf8.h"
#include "log/log_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values are cut at so many bytes, before they are escaped. Together they fit into LOG_LINE_MAX
 * when every byte of them comes as two (and of the remote address as six). */
#define MAX_REASON 256
#define MAX_WORD 128
#define MAX_REMOTE 64
#define SHOWN_REMOTE ((size_t)MAX_REMOTE * 3 + sizeof("..."))
#define MAX_WORDS 1900

#define SECONDS_PER_DAY 86400

static void format_now(char *buffer)
{
    identity_format_time(time(NULL), buffer);
}

static void add_error(
    struct log_fields *fields, const struct verdict *verdict, bool json, char *error)
{
    const char *name = verdict_error_name(verdict->error_code);

    if (verdict->error_code == 0)
        return;
    if (json) {
        log_fields_add_number(fields, "error_code", verdict->error_code);
        log_fields_add_string(fields, "error_name", SHAPE_STRING, name, MAX_WORD);
    } else {
        (void)snprintf(
            error, MAX_WORD, "%s(%d)", name != NULL ? name : "number", verdict->error_code);
        log_fields_add_string(fields, "error", SHAPE_STRING, error, MAX_WORD);
    }
    if (verdict->error_depth >= 0)
        log_fields_add_number(fields, json ? "error_depth" : "depth", verdict->error_depth);
}

/* What a valid certificate has left, when that is little. */
static void add_expiry(struct log_fields *fields, const struct log_verdict *logged)
{
    const struct verdict *verdict = logged->verdict;
    long long seconds;

    if (verdict->status != VERDICT_VALID || logged->who.identity == NULL ||
        !logged->who.identity->not_after_known)
        return;
    seconds = (long long)logged->who.identity->not_after_time - (long long)verdict->checked_at;
    if (seconds >= 0 && seconds / SECONDS_PER_DAY < logged->warn_days)
        log_fields_add_number(fields, "expires_in_days", seconds / SECONDS_PER_DAY);
}

/* The remote address is whatever the front sent: safe to show, and short. */
static void show_remote(const char *address, char buffer[SHOWN_REMOTE])
{
    struct text text;
    size_t length = strnlen(address, MAX_REMOTE + 1);

    text_begin(&text, buffer, SHOWN_REMOTE, SHOWN_REMOTE - 1);
    (void)text_append_shown(&text, address, length > MAX_REMOTE ? MAX_REMOTE : length);
    if (length > MAX_REMOTE)
        text_append_string(&text, "...");
    text_free(&text); /* it had room enough, and so is in the buffer */
}

void log_line_who(struct text *text, const struct identity *identity)
{
    struct log_fields fields = {.count = 0};

    log_fields_add_identity(&fields, identity);
    log_fields_append_text(text, &fields);
}

void log_line_add_who(struct log_fields *fields, const struct log_who *who)
{
    if (who->rendered != NULL)
        log_fields_add_rendered(fields, who->rendered, who->length);
    else
        log_fields_add_identity(fields, who->identity);
}

void log_line_verdict(struct text *text, bool json, const struct log_verdict *logged)
{
    const struct verdict *verdict = logged->verdict;
    struct log_fields fields = {.count = 0};
    char error[MAX_WORD], remote[SHOWN_REMOTE];

    log_line_add_who(&fields, &logged->who);
    if (logged->remote_address != NULL) {
        show_remote(logged->remote_address, remote);
        log_fields_add_string(&fields, "remote", SHAPE_STRING, remote, sizeof(remote));
    }
    log_fields_add_string(&fields, "front", SHAPE_STRING, logged->front_verify, MAX_REASON);
    log_fields_add_number(&fields, "took_us", logged->took_us);
    add_expiry(&fields, logged);
    if (verdict->status != VERDICT_VALID)
        log_fields_add_string(&fields, "reason", SHAPE_QUOTED, verdict->reason, MAX_REASON);
    add_error(&fields, verdict, json, error);
    log_fields_append(text, json, verdict_status_name(verdict->status), &fields);
}

void log_line_words(struct text *text, bool json, enum log_level level, const char *words)
{
    static const char *const names[] = {
        [LOG_LEVEL_ERROR] = "error",
        [LOG_LEVEL_WARNING] = "warning",
        [LOG_LEVEL_INFO] = "info",
    };
    struct text shown = {.limit = 0};
    struct log_field field = {.shape = SHAPE_STRING};
    char now[IDENTITY_TIME_SIZE];

    format_now(now);
    (void)text_append_shown(&shown, words, strlen(words));
    if (shown.failed) {
        text->failed = true;
        goto out;
    }
    field.string = text_string(&shown);
    field.length = utf8_whole_length(field.string, MAX_WORDS);
    field.cut = field.string[field.length] != '\0';
    if (json) {
        log_fields_append_words(text, now, names[level], &field);
    } else {
        text_printf(text, "%s %s %.*s%s\n", now, names[level], (int)field.length, field.string,
            field.cut ? "..." : "");
    }
out:
    text_free(&shown);
}
