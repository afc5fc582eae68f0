/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "report/report_writers.h"

#include <stdint.h>
#include <string.h>

/* The sentences that every format says in the same words. */

void report_append_shown(struct text *text, const char *string)
{
    text_append(text, string, utf8_whole_length(string, SIZE_MAX));
}

void report_append_time(struct text *text, time_t seconds)
{
    char buffer[IDENTITY_TIME_SIZE];

    identity_format_time(seconds, buffer);
    text_append_string(text, buffer);
}

void report_append_duration(struct text *text, long long seconds)
{
    static const struct {
        long long seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
    size_t i;

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        long long number = seconds / units[i].seconds;

        if (number > 0) {
            text_append_number(text, number);
            text_append_string(text, " ");
            text_append_string(text, units[i].name);
            text_append_string(text, number == 1 ? "" : "s");
            return;
        }
    }
    text_append_string(text, "less than a minute");
}

void report_append_revocation_reason(struct text *text, const struct verdict *verdict)
{
    const char *reason = verdict->revocation_reason;

    if (reason == NULL)
        return;
    text_printf(text, ", reason %s", reason);
    if (strcmp(reason, REVOCATION_REASON_REMOVED) == 0)
        text_append_string(text, " (which only an entry of a delta CRL may have, RFC 5280 section "
                                 "5.3.1: in this CRL it counts as listed)");
}

const char *report_revoked_before(const struct verdict *verdict)
{
    return verdict->revoked_at > verdict->checked_at ? ", with a date still to come, " : " on ";
}

static void append_revoked(struct text *text, const struct verdict *verdict)
{
    if (verdict->revoked_at != 0) {
        text_append_string(text, report_revoked_before(verdict));
        report_append_time(text, verdict->revoked_at);
    }
    report_append_revocation_reason(text, verdict);
}

static void append_good(struct text *text, const struct verdict *verdict)
{
    text_append_string(text, "good");
    if (verdict->crl_this_update != 0) {
        text_append_string(text, " by the CRL of ");
        report_append_time(text, verdict->crl_this_update);
    }
    if (verdict->crl_next_update != 0) {
        text_append_string(text, ", next ");
        report_append_time(text, verdict->crl_next_update);
    }
    if (verdict->ocsp != VERDICT_OCSP_GOOD)
        return;
    text_append_string(text, verdict->crl_this_update != 0 ? "; by OCSP of " : " by OCSP of ");
    report_append_time(text, verdict->ocsp_this_update);
    text_append_string(text, ", next ");
    report_append_time(text, verdict->ocsp_next_update);
}

static void append_source(struct text *text, const struct verdict *verdict)
{
    switch (verdict->revocation) {
    case REVOCATION_NOT_CHECKED:
        text_append_string(text, verdict->ocsp == VERDICT_OCSP_UNKNOWN
                                     ? "not checked"
                                     : "not checked, no CRL is configured");
        break;
    case REVOCATION_GOOD:
        append_good(text, verdict);
        break;
    case REVOCATION_REVOKED:
        text_append_string(
            text, verdict->ocsp == VERDICT_OCSP_REVOKED ? "revoked by OCSP" : "revoked");
        append_revoked(text, verdict);
        break;
    case REVOCATION_UNKNOWN:
        text_append_string(text, "unknown");
        break;
    }
}

void report_append_revocation(struct text *text, const struct verdict *verdict)
{
    append_source(text, verdict);
    if (verdict->ocsp == VERDICT_OCSP_UNKNOWN) {
        text_append_string(text, "; OCSP: ");
        report_append_shown(text, verdict->ocsp_words);
    }
}

void report_append_chain(struct text *text, const struct verdict *verdict)
{
    text_append_number(text, verdict->chain_length);
    text_append_string(text, verdict->chain_length == 1 ? " certificate" : " certificates");
    text_append_string(text, ", up to ");
    report_append_shown(text, verdict->anchor[0] != '\0' ? verdict->anchor : "(empty)");
}

void report_append_error(struct text *text, const struct verdict *verdict)
{
    const char *name = verdict_error_name(verdict->error_code);

    text_printf(text, "%s (%d)", name != NULL ? name : "OpenSSL's number", verdict->error_code);
    if (verdict->error_depth >= 0)
        text_printf(text, " at depth %d", verdict->error_depth);
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
        report_append_shown(text, verdict->reason);
    }
}

void report_append_conclusion(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    switch (verdict->status) {
    case VERDICT_VALID:
        text_append_string(text, "The certificate is valid");
        break;
    case VERDICT_EXPIRED:
    case VERDICT_NOT_YET_VALID:
        append_not_current(text, report->identity, verdict);
        break;
    case VERDICT_NOT_JUDGED:
        text_append_string(text, REPORT_NOT_JUDGED);
        break;
    default:
        text_append_string(text, "The certificate is not valid: ");
        report_append_shown(text, verdict->reason);
        if (verdict->status == VERDICT_REVOKED)
            append_revoked(text, verdict);
    }
}
