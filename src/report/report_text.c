/* SPDX-License-Identifier: ISC */
#include "report/report_writers.h"

#include <stdlib.h>
#include <string.h>

static void append_line(struct text *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    text_append_string(text, name);
    text_append_string(text, ": ");
    text_append_string(text, value[0] != '\0' ? value : "(empty)");
    text_append_string(text, "\n");
}

static void append_list_name(struct text *text, const char *name, const struct identity_list *list)
{
    text_append_string(text, name);
    text_append_string(text, list->critical ? " (critical): " : ": ");
}

/* Names of usages and OIDs hold no comma: one line for all. */
static void append_list(struct text *text, const char *name, const struct identity_list *list)
{
    size_t i;

    if (!list->present)
        return;
    append_list_name(text, name, list);
    for (i = 0; i < list->count; i++) {
        text_append_string(text, i > 0 ? ", " : "");
        text_append_string(text, list->items[i]);
    }
    text_append_string(text, list->count > 0 ? "\n" : "(empty)\n");
}

/* Alternative names are free text: a line for each, so that none can look like two. */
static void append_names(struct text *text, const char *name, const struct identity_list *list)
{
    size_t i;

    if (list->present && list->count == 0)
        append_list(text, name, list);
    for (i = 0; i < list->count; i++) {
        append_list_name(text, name, list);
        text_append_string(text, list->items[i]);
        text_append_string(text, "\n");
    }
}

static void append_in_brackets(struct text *text, const char *words)
{
    text_append_string(text, " (");
    text_append_string(text, words);
    text_append_string(text, ")");
}

static void append_front(struct text *text, const char *name, const struct forwarded *forwarded)
{
    const char *words = report_front_words(forwarded);

    text_append_string(text, name);
    text_append_string(text, ": ");
    report_append_shown(text, forwarded->front_verify);
    if (words != NULL)
        append_in_brackets(text, words);
    text_append_string(text, "\n");
}

static void append_source(struct text *text, const struct forwarded *forwarded)
{
    if (forwarded == NULL || forwarded->source[0] == '\0')
        return;
    text_append_string(text, "Source: ");
    report_append_shown(text, forwarded->source);
    if (forwarded->encoding != NULL)
        append_in_brackets(text, forwarded->encoding);
    text_append_string(text, "\n");
}

static void append_identity(struct text *text, const struct report *report)
{
    const struct identity *identity = report->identity;
    const struct forwarded *forwarded = report->forwarded;

    text_append_string(text, "Client cert received\n\n");
    append_line(text, "Name", identity->subject);
    text_append_string(text, "Valid dates: ");
    text_append_string(text, identity->not_before);
    text_append_string(text, " to ");
    text_append_string(text, identity->not_after);
    text_append_string(text, "\n");
    append_line(text, "Issuer", identity->issuer);
    text_append_string(text, "Serial: ");
    text_append_string(text, identity->serial);
    append_in_brackets(text, identity->serial_decimal);
    text_append_string(text, "\n");
    append_line(text, "SHA-256", identity->sha256_fingerprint);
    append_line(text, "SPKI SHA-256", identity->spki_sha256);
    append_line(text, "Key", identity->public_key);
    append_line(text, "Signature algorithm", identity->signature_algorithm);
    text_append_string(text, "Version: ");
    text_append_number(text, identity->version);
    text_append_string(text, "\n");
    append_names(text, "Alternative name", &identity->subject_alt_names);
    append_list(text, "Key usage", &identity->key_usage);
    append_list(text, "Extended key usage", &identity->extended_key_usage);
    append_list(text, "Netscape certificate type", &identity->netscape_cert_type);
    append_line(text, "Subject key identifier", identity->subject_key_id);
    append_line(text, "Authority key identifier", identity->authority_key_id);
    append_list(text, "Unknown extensions", &identity->unknown_extensions);
    if (identity->subject_replaced)
        text_append_string(text,
            "Note: the name holds what cannot be shown; it is written as \\XX, byte by byte\n");
    append_source(text, forwarded);
    if (forwarded != NULL && forwarded->has_front_verify && forwarded->front_verify[0] != '\0')
        append_front(text, "Front server said", forwarded);
    text_append_string(text, "\n");
}

static void append_advice(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    const struct advice *advice = report_advice(report, verdict);
    size_t i;

    append_line(text, "Meaning", advice->meaning);
    append_line(text, "What to do", advice->person);
    append_line(text, "For the operator", advice->operator);
    for (i = 0; i < report_kept_count(report); i++) {
        text_append_string(text, "Trust: ");
        report_append_kept(text, report, i);
        text_append_string(text, "\n");
    }
}

static void append_details(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    char warnings[REPORT_MAX_WARNINGS][REPORT_WARNING_SIZE];
    size_t i, count = report_warnings(report, verdict, warnings);
    long long days;

    text_append_string(text, "Checked at: ");
    report_append_time(text, verdict->checked_at);
    text_append_string(text, "\n");
    if (verdict->chain_length > 0) {
        text_append_string(text, "Chain: ");
        report_append_chain(text, verdict);
        text_append_string(text, "\n");
    }
    if (report_revocation_name(verdict) != NULL) {
        text_append_string(text, "Revocation: ");
        report_append_revocation(text, verdict);
        text_append_string(text, "\n");
    }
    if (verdict->error_code != 0) {
        text_append_string(text, "Error: ");
        report_append_error(text, verdict);
        text_append_string(text, "\n");
    }
    if (verdict->status == VERDICT_VALID && report_days_left(report, verdict, &days) && days >= 0) {
        text_append_string(text, "Expires: in ");
        report_append_duration(
            text, (long long)report->identity->not_after_time - (long long)verdict->checked_at);
        text_append_string(text, "\n");
    }
    for (i = 0; i < count; i++)
        append_line(text, "Warning", warnings[i]);
    append_advice(text, report, verdict);
}

static void append_without_identity(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    if (verdict->status != VERDICT_ABSENT && verdict->status != VERDICT_MALFORMED) {
        append_advice(text, report, verdict);
        text_append_string(text, "\n" REPORT_NOT_JUDGED "\n");
        return;
    }
    text_append_string(text, REPORT_NO_CERTIFICATE "\n");
    if (verdict->status == VERDICT_MALFORMED) {
        text_append_string(text, report_unreadable_words(report));
        report_append_shown(text, verdict->reason);
        text_append_string(text, "\n");
        append_source(text, report->forwarded);
    }
    if (verdict->status == VERDICT_ABSENT && report_front_failed(report->forwarded))
        append_line(text, "The front server refused the certificate",
            report_front_words(report->forwarded));
    if (report_front_spoke(report->forwarded))
        append_front(text, "The front server said", report->forwarded);
    append_advice(text, report, verdict);
}

static void append_verdict(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    if (report->identity == NULL) {
        append_without_identity(text, report, verdict);
        return;
    }
    append_details(text, report, verdict);
    text_append_string(text, "\n");
    report_append_conclusion(text, report, verdict);
    text_append_string(text, "\n");
}

const struct report_writer report_text_writer = {
    .type = "text",
    .subtype = "plain",
    .content_type = "text/plain; charset=utf-8",
    .fields = "",
    .append_identity = append_identity,
    .append_verdict = append_verdict,
};
