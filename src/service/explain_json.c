/* SPDX-License-Identifier: ISC */
#include "service/explain_findings.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Sets a member; the value may be NULL, out of memory. */
static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

/* A file's name and what was asked for may be any bytes. */
static json_t *string_or_null(const char *string)
{
    struct text shown = {.limit = 0};
    json_t *value;

    if (string == NULL)
        return json_null();
    value = json_string(string);
    if (value == NULL) {
        (void)text_append_shown(&shown, string, strlen(string));
        value = json_string(text_string(&shown));
        text_free(&shown);
    }
    return value;
}

static json_t *date_or_null(time_t date)
{
    char shown[IDENTITY_TIME_SIZE];

    if (date == 0)
        return json_null();
    identity_format_time(date, shown);
    return json_string(shown);
}

static json_t *rule_or_null(const struct rules_rule *rule)
{
    json_t *object;

    if (rule == NULL)
        return json_null();
    object = json_object();
    if (set(object, "name", json_string(rule->name)) &&
        set(object, "line", json_integer((json_int_t)rule->line)) &&
        set(object, "allow", json_boolean(rule->allow)) &&
        set(object, "text", json_string(rule->text)) &&
        set(object, "when", json_string(rule->when)))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *request_object(const struct explain_findings *findings)
{
    const struct rules_request *request = &findings->request;
    json_t *object = json_object();

    if (set(object, "host", string_or_null(request->host)) &&
        set(object, "path", string_or_null(request->raw_path)) &&
        set(object, "method", string_or_null(request->method)) &&
        set(object, "from", string_or_null(request->remote_address)) &&
        set(object, "time", date_or_null(request->now)))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *nearest_array(const struct explain_findings *findings)
{
    json_t *array = json_array();
    size_t i;

    for (i = 0; i < findings->miss_count; i++) {
        json_t *object = json_object();

        if (!set(object, "rule", rule_or_null(findings->misses[i].rule)) ||
            !set(object, "why", json_string(findings->misses[i].words)) ||
            json_array_append_new(array, json_incref(object)) != 0) {
            json_decref(object);
            json_decref(array);
            return NULL;
        }
        json_decref(object);
    }
    return array;
}

static json_t *line_object(const struct explain_findings *findings, size_t index)
{
    const struct rules_rule *rule = rules_rule(findings->rules, index);
    json_t *object = rule_or_null(rule);
    char user[RULES_USER_MAX + 1];
    bool named = rule->allow && rules_user(findings->rules, findings->subject, index, user);

    if (set(object, "user", string_or_null(named ? user : NULL)))
        return object;
    json_decref(object);
    return NULL;
}

/* The lines that are about the certificate. */
static json_t *lines_array(const struct explain_findings *findings)
{
    json_t *array;
    size_t i;

    if (findings->for_request || findings->subject == NULL)
        return json_null();
    array = json_array();
    for (i = 0; i < rules_count(findings->rules); i++) {
        if (rules_subject_meets(findings->subject, i) &&
            rules_concerns(findings->rules, i, &findings->request) &&
            json_array_append_new(array, line_object(findings, i)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static bool set_verdict(json_t *object, const struct explain_findings *findings)
{
    const struct verdict *verdict = &findings->evaluation->verdict;
    const struct identity *identity = findings->evaluation->identity;
    const struct rules_request *request = &findings->request;
    const char *issuer =
        findings->subject != NULL ? rules_subject_issuer(findings->rules, findings->subject) : NULL;

    return set(object, "status", json_string(verdict_status_name(verdict->status))) &&
           set(object, "why",
               string_or_null(verdict->status != VERDICT_VALID ? verdict->reason : NULL)) &&
           set(object, "subject", string_or_null(identity != NULL ? identity->subject : NULL)) &&
           set(object, "issuer", string_or_null(issuer)) &&
           set(object, "anchor",
               string_or_null(verdict->anchor[0] != '\0' ? verdict->anchor : NULL)) &&
           set(object, "revocation_good", json_boolean(request->revocation_good)) &&
           set(object, "revocation_this_update", date_or_null(request->revocation_this_update));
}

static bool set_decision(json_t *object, const struct explain_findings *findings)
{
    const struct rules_decision *decision = &findings->decision;
    bool decided = findings->for_request && findings->subject != NULL;

    return set(object, "request", request_object(findings)) &&
           set(object, "allowed", json_boolean(findings->allowed)) &&
           set(object, "reason",
               string_or_null(
                   decided || findings->subject == NULL ? explain_reason(findings) : NULL)) &&
           set(object, "rule", rule_or_null(decided ? decision->rule : NULL)) &&
           set(object, "user",
               string_or_null(decided && decision->allowed ? decision->user : NULL)) &&
           set(object, "nearest", nearest_array(findings)) &&
           set(object, "lines", lines_array(findings));
}

static int append_bytes(const char *bytes, size_t length, void *context)
{
    struct text *text = context;

    text_append(text, bytes, length);
    return text->failed ? -1 : 0;
}

void explain_append_json(struct text *text, const struct explain_findings *findings)
{
    json_t *object = json_object();

    /* Not by json_dumps: out of memory for a member's name, jansson 2.14 leaves it out silently. */
    if (!set(object, "file", string_or_null(findings->file)) || !set_verdict(object, findings) ||
        !set_decision(object, findings) ||
        json_dump_callback(object, append_bytes, text, JSON_ENSURE_ASCII | JSON_COMPACT) != 0)
        text->failed = true;
    text_append_string(text, "\n");
    json_decref(object);
}
