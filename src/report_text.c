#include "report_writers.h"

#include <stdlib.h>
#include <string.h>

/* The lines that scripts may rely on, word for word. */
static const char no_certificate[] = "No valid client certificate was sent\n";
static const char not_judged[] = "The certificate is not valid: it could not be judged\n";

static void append_line(struct text *text, const char *name, const char *value)
{
    if (value != NULL)
        text_printf(text, "%s: %s\n", name, value[0] != '\0' ? value : "(empty)");
}

/* Appends what may have been cut within a character. */
static void append_cut(struct text *text, const char *string)
{
    text_append(text, string, report_well_formed(string));
}

static void append_time(struct text *text, time_t seconds)
{
    char buffer[IDENTITY_TIME_SIZE];

    identity_format_time(seconds, buffer);
    text_append_string(text, buffer);
}

static void append_list_name(struct text *text, const char *name, const struct identity_list *list)
{
    text_printf(text, "%s%s: ", name, list->critical ? " (critical)" : "");
}

/* Names of usages and OIDs hold no comma: one line for all. */
static void append_list(struct text *text, const char *name, const struct identity_list *list)
{
    size_t i;

    if (!list->present)
        return;
    append_list_name(text, name, list);
    for (i = 0; i < list->count; i++)
        text_printf(text, "%s%s", i > 0 ? ", " : "", list->items[i]);
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
        text_printf(text, "%s\n", list->items[i]);
    }
}

static void append_front(struct text *text, const char *name, const struct forwarded *forwarded)
{
    const char *words = report_front_words(forwarded);

    text_printf(text, "%s: ", name);
    append_cut(text, forwarded->front_verify);
    if (words != NULL)
        text_printf(text, " (%s)", words);
    text_append_string(text, "\n");
}

static void append_source(struct text *text, const struct forwarded *forwarded)
{
    if (forwarded == NULL || forwarded->source[0] == '\0')
        return;
    text_append_string(text, "Source: ");
    append_cut(text, forwarded->source);
    if (forwarded->form != NULL)
        text_printf(text, " (%s)", forwarded->form);
    text_append_string(text, "\n");
}

static void append_identity(struct text *text, const struct report *report)
{
    const struct identity *identity = report->identity;
    const struct forwarded *forwarded = report->forwarded;

    text_append_string(text, "Client cert received\n\n");
    append_line(text, "Name", identity->subject);
    text_printf(text, "Valid dates: %s to %s\n", identity->not_before, identity->not_after);
    append_line(text, "Issuer", identity->issuer);
    text_printf(text, "Serial: %s (%s)\n", identity->serial, identity->serial_decimal);
    append_line(text, "SHA-256", identity->sha256_fingerprint);
    append_line(text, "SPKI SHA-256", identity->spki_sha256);
    append_line(text, "Key", identity->public_key);
    append_line(text, "Signature algorithm", identity->signature_algorithm);
    text_printf(text, "Version: %d\n", identity->version);
    append_names(text, "Alternative name", &identity->subject_alt_names);
    append_list(text, "Key usage", &identity->key_usage);
    append_list(text, "Extended key usage", &identity->extended_key_usage);
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

static void append_revoked(struct text *text, const struct verdict *verdict)
{
    if (verdict->revoked_at != 0) {
        text_append_string(text, " on ");
        append_time(text, verdict->revoked_at);
    }
    if (verdict->revocation_reason != NULL)
        text_printf(text, ", reason %s", verdict->revocation_reason);
}

static void append_good(struct text *text, const struct verdict *verdict)
{
    text_append_string(text, "good");
    if (verdict->crl_this_update != 0) {
        text_append_string(text, " by the CRL of ");
        append_time(text, verdict->crl_this_update);
    }
    if (verdict->crl_next_update != 0) {
        text_append_string(text, ", next ");
        append_time(text, verdict->crl_next_update);
    }
}

static void append_revocation(struct text *text, const struct verdict *verdict)
{
    text_append_string(text, "Revocation: ");
    switch (verdict->revocation) {
    case REVOCATION_NOT_CHECKED:
        text_append_string(text, "not checked, no CRL is configured");
        break;
    case REVOCATION_GOOD:
        append_good(text, verdict);
        break;
    case REVOCATION_REVOKED:
        text_append_string(text, "revoked");
        append_revoked(text, verdict);
        break;
    case REVOCATION_UNKNOWN:
        text_append_string(text, "unknown");
        break;
    }
    text_append_string(text, "\n");
}

static void append_error(struct text *text, const struct verdict *verdict)
{
    const char *name = verdict_error_name(verdict->error_code);

    if (verdict->error_code == 0)
        return;
    text_printf(
        text, "Error: %s (%d)", name != NULL ? name : "OpenSSL's number", verdict->error_code);
    if (verdict->error_depth >= 0)
        text_printf(text, " at depth %d", verdict->error_depth);
    text_append_string(text, "\n");
}

static void append_details(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    char warnings[REPORT_MAX_WARNINGS][REPORT_WARNING_SIZE];
    size_t i, count = report_warnings(report, verdict, warnings);
    long long days;

    text_append_string(text, "Checked at: ");
    append_time(text, verdict->checked_at);
    text_append_string(text, "\n");
    if (verdict->chain_length > 0) {
        text_printf(text, "Chain: %d certificate%s, up to ", verdict->chain_length,
            verdict->chain_length == 1 ? "" : "s");
        append_cut(text, verdict->anchor[0] != '\0' ? verdict->anchor : "(empty)");
        text_append_string(text, "\n");
    }
    if (report_revocation_name(verdict) != NULL)
        append_revocation(text, verdict);
    append_error(text, verdict);
    if (verdict->status == VERDICT_VALID && report_days_left(report, verdict, &days) && days >= 0) {
        text_append_string(text, "Expires: in ");
        report_append_duration(
            text, (long long)report->identity->not_after_time - (long long)verdict->checked_at);
        text_append_string(text, "\n");
    }
    for (i = 0; i < count; i++)
        append_line(text, "Warning", warnings[i]);
}

static void append_not_current(
    struct text *text, const struct identity *identity, const struct verdict *verdict)
{
    long long ago = (long long)verdict->checked_at - (long long)identity->not_after_time;

    text_append_string(text, "The certificate not current: ");
    if (verdict->status == VERDICT_NOT_YET_VALID && identity->not_before_known) {
        text_printf(text, "not valid until %s", identity->not_before);
    } else if (verdict->status == VERDICT_EXPIRED && identity->not_after_known && ago >= 0) {
        text_append_string(text, "expired ");
        report_append_duration(text, ago);
        text_printf(text, " ago on %s", identity->not_after);
    } else {
        append_cut(text, verdict->reason);
    }
    text_append_string(text, "\n");
}

static void append_last_line(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    switch (verdict->status) {
    case VERDICT_VALID:
        text_append_string(text, "The certificate is valid\n");
        break;
    case VERDICT_EXPIRED:
    case VERDICT_NOT_YET_VALID:
        append_not_current(text, report->identity, verdict);
        break;
    case VERDICT_NOT_JUDGED:
        text_append_string(text, not_judged);
        break;
    default:
        text_append_string(text, "The certificate is not valid: ");
        append_cut(text, verdict->reason);
        if (verdict->status == VERDICT_REVOKED)
            append_revoked(text, verdict);
        text_append_string(text, "\n");
    }
}

static void append_without_identity(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    if (verdict->status != VERDICT_ABSENT && verdict->status != VERDICT_MALFORMED) {
        text_append_string(text, not_judged);
        return;
    }
    text_append_string(text, no_certificate);
    if (verdict->status == VERDICT_MALFORMED) {
        text_append_string(text, "What was forwarded cannot be read: ");
        append_cut(text, verdict->reason);
        text_append_string(text, "\n");
        append_source(text, report->forwarded);
    }
    if (report_front_spoke(report->forwarded))
        append_front(text, "The front server said", report->forwarded);
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
    append_last_line(text, report, verdict);
}

const struct report_writer report_text_writer = {
    .type = "text",
    .subtype = "plain",
    .content_type = "text/plain; charset=utf-8",
    .append_identity = append_identity,
    .append_verdict = append_verdict,
};
