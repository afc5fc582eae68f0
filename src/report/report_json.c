/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "report/report_writers.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Grows with every change that a reader of the old form would trip over. */
#define SCHEMA 1

/* Both parts are jansson objects: the first is written without its closing brace, the second
 * without its opening one. jansson's functions take NULL, which means out of memory, and fail. */

/* How a member of the identity is written. */
enum kind {
    KIND_STRING,   /* char *, NULL is null */
    KIND_NUMBER,   /* int */
    KIND_BOOL,     /* bool */
    KIND_LIST,     /* struct identity_list: its items, null when the extension is absent */
    KIND_CRITICAL, /* struct identity_list: whether it is critical, null likewise */
    KIND_PARTS,    /* the subject's parts */
};

#define AT(field) offsetof(struct identity, field)

/* The members that a certificate fills in; all null when there is none. */
static const struct member {
    const char *name;
    enum kind kind;
    size_t offset;
} members[] = {
    {"subject", KIND_STRING, AT(subject)},
    {"subject_parts", KIND_PARTS, 0},
    {"subject_replaced", KIND_BOOL, AT(subject_replaced)},
    {"issuer", KIND_STRING, AT(issuer)},
    {"serial", KIND_STRING, AT(serial)},
    {"serial_decimal", KIND_STRING, AT(serial_decimal)},
    {"version", KIND_NUMBER, AT(version)},
    {"not_before", KIND_STRING, AT(not_before)},
    {"not_after", KIND_STRING, AT(not_after)},
    {"sha256_fingerprint", KIND_STRING, AT(sha256_fingerprint)},
    {"spki_sha256", KIND_STRING, AT(spki_sha256)},
    {"public_key", KIND_STRING, AT(public_key)},
    {"signature_algorithm", KIND_STRING, AT(signature_algorithm)},
    {"subject_alt_names", KIND_LIST, AT(subject_alt_names)},
    {"subject_alt_names_critical", KIND_CRITICAL, AT(subject_alt_names)},
    {"key_usage", KIND_LIST, AT(key_usage)},
    {"key_usage_critical", KIND_CRITICAL, AT(key_usage)},
    {"extended_key_usage", KIND_LIST, AT(extended_key_usage)},
    {"extended_key_usage_critical", KIND_CRITICAL, AT(extended_key_usage)},
    {"netscape_cert_type", KIND_LIST, AT(netscape_cert_type)},
    {"netscape_cert_type_critical", KIND_CRITICAL, AT(netscape_cert_type)},
    {"subject_key_id", KIND_STRING, AT(subject_key_id)},
    {"authority_key_id", KIND_STRING, AT(authority_key_id)},
    {"unknown_extensions", KIND_LIST, AT(unknown_extensions)},
    {"unknown_extensions_critical", KIND_CRITICAL, AT(unknown_extensions)},
};

/* A string, null for NULL; NULL when memory runs out. */
static json_t *string_or_null(const char *string)
{
    return string != NULL ? json_stringn(string, utf8_whole_length(string, SIZE_MAX)) : json_null();
}

static json_t *nonempty_or_null(const char *string)
{
    return string_or_null(string != NULL && string[0] != '\0' ? string : NULL);
}

static json_t *time_string(time_t seconds)
{
    char buffer[IDENTITY_TIME_SIZE];

    identity_format_time(seconds, buffer);
    return json_string(buffer);
}

static json_t *time_or_null(time_t seconds)
{
    return seconds != 0 ? time_string(seconds) : json_null();
}

static json_t *list_or_null(const struct identity_list *list)
{
    json_t *array;
    size_t i;

    if (!list->present)
        return json_null();
    array = json_array();
    for (i = 0; array != NULL && i < list->count; i++) {
        if (json_array_append_new(array, string_or_null(list->items[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Sets a member whose value is NULL when memory ran out; false then. Takes the value over. */
static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static json_t *part_object(const struct identity_part *part)
{
    json_t *object = json_object();

    if (object == NULL || !set(object, "type", string_or_null(part->type)) ||
        !set(object, "value", string_or_null(part->value))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *parts_array(const struct identity *identity)
{
    json_t *array = json_array();
    size_t i;

    for (i = 0; array != NULL && i < identity->subject_part_count; i++) {
        if (json_array_append_new(array, part_object(&identity->subject_parts[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *member_value(const struct identity *identity, const struct member *member)
{
    const void *field;
    const struct identity_list *list;

    if (identity == NULL)
        return json_null();
    field = (const char *)identity + member->offset;
    switch (member->kind) {
    case KIND_STRING:
        return string_or_null(*(char *const *)field);
    case KIND_NUMBER:
        return json_integer(*(const int *)field);
    case KIND_BOOL:
        return json_boolean(*(const bool *)field);
    case KIND_LIST:
        return list_or_null(field);
    case KIND_CRITICAL:
        list = field;
        return list->present ? json_boolean(list->critical) : json_null();
    case KIND_PARTS:
        return parts_array(identity);
    }
    return NULL;
}

static bool set_forwarded(json_t *object, const struct forwarded *forwarded)
{
    bool spoke = forwarded != NULL && forwarded->has_front_verify;

    return set(object, "source", nonempty_or_null(forwarded != NULL ? forwarded->source : NULL)) &&
           set(object, "form", string_or_null(forwarded != NULL ? forwarded->encoding : NULL)) &&
           set(object, "front_verify", string_or_null(spoke ? forwarded->front_verify : NULL)) &&
           set(object, "front_verify_words", string_or_null(report_front_words(forwarded)));
}

static bool set_identity(json_t *object, const struct report *report)
{
    bool fine = set(object, "schema", json_integer(SCHEMA));
    size_t i;

    for (i = 0; fine && i < sizeof(members) / sizeof(members[0]); i++)
        fine = set(object, members[i].name, member_value(report->identity, &members[i]));
    return fine && set_forwarded(object, report->forwarded);
}

/* All warnings in one string, null when there is none. */
static json_t *warning_or_null(const struct report *report, const struct verdict *verdict)
{
    char warnings[REPORT_MAX_WARNINGS][REPORT_WARNING_SIZE];
    char joined[REPORT_MAX_WARNINGS * (REPORT_WARNING_SIZE + 2)] = "";
    size_t i, length = 0, count = report_warnings(report, verdict, warnings);

    for (i = 0; i < count; i++)
        length += (size_t)snprintf(
            joined + length, sizeof(joined) - length, "%s%s", i > 0 ? "; " : "", warnings[i]);
    return nonempty_or_null(joined);
}

static json_t *days_or_null(const struct report *report, const struct verdict *verdict)
{
    long long days;

    return report_days_left(report, verdict, &days) ? json_integer(days) : json_null();
}

static json_t *advice_object(const struct report *report, const struct verdict *verdict)
{
    const struct advice *advice = report_advice(report, verdict);
    json_t *object = json_object();

    if (!set(object, "meaning", json_string(advice->meaning)) ||
        !set(object, "person", json_string(advice->person)) ||
        !set(object, "operator", json_string(advice->operator))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The reason; that of an absent one that the front server refused is the front's. */
static json_t *reason_or_null(const struct report *report, const struct verdict *verdict)
{
    struct text text = {.limit = 0};
    json_t *value;

    if (verdict->status != VERDICT_ABSENT || !report_front_failed(report->forwarded))
        return nonempty_or_null(verdict->reason);
    text_append_string(&text, "the front server refused the certificate: ");
    report_append_refusal_words(&text, report->forwarded);
    value = text.failed ? NULL : json_string(text.data);
    text_free(&text);
    return value;
}

/* What of the trust is not as its files are; null when all is. */
static json_t *kept_or_null(const struct report *report)
{
    json_t *array = report_kept_count(report) > 0 ? json_array() : json_null();
    size_t i;

    for (i = 0; array != NULL && i < report_kept_count(report); i++) {
        struct text text = {.limit = 0};

        report_append_kept(&text, report, i);
        if (text.failed || json_array_append_new(array, json_string(text.data)) != 0) {
            json_decref(array);
            array = NULL;
        }
        text_free(&text);
    }
    return array;
}

static const char *ocsp_name(const struct verdict *verdict)
{
    static const char *const names[] = {
        [VERDICT_OCSP_NOT_ASKED] = NULL,
        [VERDICT_OCSP_GOOD] = "good",
        [VERDICT_OCSP_REVOKED] = "revoked",
        [VERDICT_OCSP_UNKNOWN] = "unknown",
    };

    return names[verdict->ocsp];
}

static bool set_verdict(json_t *object, const struct report *report, const struct verdict *verdict)
{
    int code = verdict->error_code, depth = verdict->error_depth, length = verdict->chain_length;

    return set(object, "status",
               json_string(verdict_status_name(report_safe_status(report, verdict)))) &&
           set(object, "reason", reason_or_null(report, verdict)) &&
           set(object, "error_code", json_integer(code)) &&
           set(object, "error_name", string_or_null(code != 0 ? verdict_error_name(code) : NULL)) &&
           set(object, "error_depth", depth >= 0 ? json_integer(depth) : json_null()) &&
           set(object, "days_left", days_or_null(report, verdict)) &&
           set(object, "warning", warning_or_null(report, verdict)) &&
           set(object, "revocation", string_or_null(report_revocation_name(verdict))) &&
           set(object, "revoked_at", time_or_null(verdict->revoked_at)) &&
           set(object, "revocation_reason", string_or_null(verdict->revocation_reason)) &&
           set(object, "crl_this_update", time_or_null(verdict->crl_this_update)) &&
           set(object, "crl_next_update", time_or_null(verdict->crl_next_update)) &&
           set(object, "ocsp", string_or_null(ocsp_name(verdict))) &&
           set(object, "ocsp_reason", nonempty_or_null(verdict->ocsp_words)) &&
           set(object, "ocsp_this_update", time_or_null(verdict->ocsp_this_update)) &&
           set(object, "ocsp_next_update", time_or_null(verdict->ocsp_next_update)) &&
           set(object, "chain_length", length > 0 ? json_integer(length) : json_null()) &&
           set(object, "anchor", length > 0 ? string_or_null(verdict->anchor) : json_null()) &&
           set(object, "advice", advice_object(report, verdict)) &&
           set(object, "trust_kept", kept_or_null(report)) &&
           set(object, "checked_at", time_string(verdict->checked_at));
}

static int append_bytes(const char *bytes, size_t length, void *context)
{
    struct text *text = context;

    text_append(text, bytes, length);
    return text->failed ? -1 : 0;
}

/* Writes the object to `json`, which the caller frees, and frees the object. An object that could
 * not be filled fails the text. Not by json_dumps: when memory runs out for a member's name,
 * jansson 2.14 leaves the name out and says that all is well; `failed` stays. */
static void dump(struct text *json, json_t *object, bool filled)
{
    if (!filled || json_dump_callback(object, append_bytes, json, JSON_INDENT(2)) != 0)
        json->failed = true;
    json_decref(object);
}

/* Appends a part of an object's text, unless it failed; then all has failed. */
static void append_part(struct text *text, const struct text *json, size_t from, size_t to)
{
    if (json->failed)
        text->failed = true;
    else
        text_append(text, json->data + from, to - from);
}

static void append_identity(struct text *text, const struct report *report)
{
    static const char closing[] = "\n}";
    struct text json = {.limit = 0};
    json_t *object = json_object();

    dump(&json, object, set_identity(object, report));
    append_part(text, &json, 0, json.length - (sizeof(closing) - 1));
    text_free(&json);
}

static void append_verdict(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    struct text json = {.limit = 0};
    json_t *object = json_object();

    if (report->identity == NULL)
        append_identity(text, report);
    dump(&json, object, set_verdict(object, report, verdict));
    text_append_string(text, ",");
    append_part(text, &json, 1, json.length);
    text_append_string(text, "\n");
    text_free(&json);
}

const struct report_writer report_json_writer = {
    .type = "application",
    .subtype = "json",
    .content_type = "application/json",
    .fields = "",
    .append_identity = append_identity,
    .append_verdict = append_verdict,
};
