/* SPDX-License-Identifier: ISC */
#include "log/log_line.h"

#include <string.h>

/* Values are cut at so many bytes. Together they fit into LOG_LINE_MAX when every byte of those
 * from outside comes as two. */
#define MAX_USER 200
#define MAX_RULE 160
#define MAX_NEAREST 200
#define MAX_PATH 256
#define MAX_HOST 100
#define MAX_WORD 64
#define MAX_METHOD 16
#define MAX_FRONT 128

/* Untrusted bytes, made safe to show. The buffer is as long as what is kept, and a NUL. */
static void add_shown(
    struct log_fields *fields, const char *name, const char *string, char *buffer, size_t size)
{
    if (string == NULL)
        return;
    text_show_shortened(buffer, size, string, strlen(string));
    log_fields_add_string(fields, name, SHAPE_STRING, buffer, size);
}

void log_line_decision(struct text *text, bool json, const struct log_decision *logged)
{
    struct log_fields fields = {.count = 0};
    char method[MAX_METHOD], host[MAX_HOST], path[MAX_PATH], remote[MAX_WORD];

    log_fields_add_string(&fields, "reason", SHAPE_STRING, logged->reason, MAX_WORD);
    log_fields_add_string(&fields, "rule", SHAPE_QUOTED, logged->rule, MAX_RULE);
    log_fields_add_string(&fields, "shadow", SHAPE_STRING, logged->shadow, MAX_WORD);
    log_fields_add_string(&fields, "shadow_rule", SHAPE_QUOTED, logged->shadow_rule, MAX_RULE);
    log_fields_add_string(&fields, "nearest", SHAPE_QUOTED, logged->nearest, MAX_NEAREST);
    log_fields_add_string(&fields, "user", SHAPE_STRING, logged->user, MAX_USER);
    log_line_add_who(&fields, &logged->who);
    add_shown(&fields, "method", logged->method, method, sizeof(method));
    add_shown(&fields, "host", logged->host, host, sizeof(host));
    add_shown(&fields, "path", logged->path, path, sizeof(path));
    add_shown(&fields, "remote", logged->remote_address, remote, sizeof(remote));
    log_fields_add_string(&fields, "front", SHAPE_STRING, logged->front_verify, MAX_FRONT);
    log_fields_add_string(&fields, "id", SHAPE_STRING, logged->id, MAX_WORD);
    log_fields_add_number(&fields, "took_us", logged->took_us);
    log_fields_append(text, json, logged->decision, &fields);
}
