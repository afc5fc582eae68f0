/* SPDX-License-Identifier: ISC */
#include "report/report_writers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_DAY 86400LL
/* X509_V_ERR numbers of OpenSSL 3.0 end at 95; later ones have room. */
#define MAX_ERROR_NUMBER 999

static const char *front_said(const struct forwarded *forwarded)
{
    return forwarded != NULL && forwarded->has_front_verify ? forwarded->front_verify : "";
}

/* A number of decimal digits at the start of a string, which ends at *end; -1 when there is none or
 * it is no X509_V_ERR number. */
static int read_number(const char *string, const char **end)
{
    int value = 0;

    *end = string;
    while (**end >= '0' && **end <= '9') {
        value = value * 10 + (**end - '0');
        if (value > MAX_ERROR_NUMBER)
            return -1;
        (*end)++;
    }
    return *end != string ? value : -1;
}

static int front_number(const struct forwarded *forwarded)
{
    static const char prefix[] = "reason(";
    const char *said = front_said(forwarded), *at, *end;
    int number = read_number(said, &end);

    if (number >= 0 && *end == '\0')
        return number;
    at = strstr(said, prefix);
    if (at == NULL)
        return -1;
    number = read_number(at + sizeof(prefix) - 1, &end);
    return *end == ')' ? number : -1;
}

bool report_front_spoke(const struct forwarded *forwarded)
{
    const char *said = front_said(forwarded);

    return said[0] != '\0' && strcmp(said, "NONE") != 0 && strcmp(said, "0") != 0;
}

bool report_front_failed(const struct forwarded *forwarded)
{
    const char *said = front_said(forwarded);

    if (strcmp(said, "SUCCESS") == 0) /* as nearly all do */
        return false;
    /* Of several words or numbers, as proxies join them, one that says so is enough. */
    return strcasestr(said, "FAIL") != NULL || (strspn(said, "0123456789-+,; \t") == strlen(said) &&
                                                   strpbrk(said, "123456789") != NULL);
}

const char *report_front_words(const struct forwarded *forwarded)
{
    int number = front_number(forwarded);

    return number > 0 ? verdict_error_words(number) : NULL;
}

enum verdict_status report_safe_status(const struct report *report, const struct verdict *verdict)
{
    if (report->identity == NULL && verdict->status > VERDICT_MALFORMED)
        return VERDICT_NOT_JUDGED;
    return verdict->status;
}

static bool expires_soon(const struct report *report, const struct verdict *verdict)
{
    long long days;

    return verdict->status == VERDICT_VALID && report_days_left(report, verdict, &days) &&
           days >= 0 && days < report->warn_days;
}

const struct advice *report_advice(const struct report *report, const struct verdict *verdict)
{
    enum verdict_status status = report_safe_status(report, verdict);

    if (status == VERDICT_ABSENT && report_front_failed(report->forwarded))
        return advice_on_refusal(front_number(report->forwarded));
    if (status == VERDICT_MALFORMED && report->is_file)
        return &advice_on_file;
    if (status == VERDICT_VALID && expires_soon(report, verdict))
        return &advice_on_expiry;
    return status == verdict->status ? advice_on_verdict(verdict) : advice_on(status);
}

size_t report_kept_count(const struct report *report)
{
    size_t count = report->trust != NULL ? trust_kept_count(report->trust) : 0;

    return count < REPORT_MAX_KEPT ? count : REPORT_MAX_KEPT;
}

void report_append_kept(struct text *text, const struct report *report, size_t number)
{
    char *words = trust_kept_public_words(trust_kept(report->trust, number));

    if (words != NULL)
        (void)text_append_shown(text, words, strlen(words));
    else
        text->failed = true;
    free(words);
}

void report_append_refusal_words(struct text *text, const struct forwarded *forwarded)
{
    const char *words = report_front_words(forwarded);

    report_append_shown(text, words != NULL ? words : forwarded->front_verify);
}

const char *report_unreadable_words(const struct report *report)
{
    return report->is_file ? "The file cannot be read as a certificate: "
                           : "What was forwarded cannot be read: ";
}

bool report_days_left(const struct report *report, const struct verdict *verdict, long long *days)
{
    long long seconds;

    if (report->identity == NULL || !report->identity->not_after_known)
        return false;
    seconds = (long long)report->identity->not_after_time - (long long)verdict->checked_at;
    *days = seconds / SECONDS_PER_DAY;
    if (seconds % SECONDS_PER_DAY < 0)
        (*days)--;
    return true;
}

static void warn_of_expiry(const struct report *report, const struct verdict *verdict, char *words)
{
    struct text text = {.limit = REPORT_WARNING_SIZE - 1};

    text_append_string(&text, "it expires in ");
    report_append_duration(
        &text, (long long)report->identity->not_after_time - (long long)verdict->checked_at);
    (void)snprintf(words, REPORT_WARNING_SIZE, "%s", text.failed ? "it expires soon" : text.data);
    text_free(&text);
}

size_t report_warnings(const struct report *report, const struct verdict *verdict,
    char warnings[REPORT_MAX_WARNINGS][REPORT_WARNING_SIZE])
{
    size_t count = 0;

    if (verdict->status != VERDICT_VALID)
        return 0;
    if (expires_soon(report, verdict))
        warn_of_expiry(report, verdict, warnings[count++]);
    if (report_front_failed(report->forwarded))
        (void)snprintf(warnings[count++], REPORT_WARNING_SIZE,
            "the front server did not accept this certificate");
    if (verdict->ocsp == VERDICT_OCSP_UNKNOWN)
        (void)snprintf(warnings[count++], REPORT_WARNING_SIZE,
            "revocation not checked by OCSP, and the configuration allows that");
    else if (verdict->revocation == REVOCATION_UNKNOWN)
        (void)snprintf(warnings[count++], REPORT_WARNING_SIZE,
            "whether it was revoked is unknown, and the configuration allows that");
    else if (verdict->above_unknown)
        (void)snprintf(warnings[count++], REPORT_WARNING_SIZE,
            "whether a CA above it was revoked is unknown, and the configuration allows that");
    return count;
}

const char *report_revocation_name(const struct verdict *verdict)
{
    static const char *const names[] = {
        [REVOCATION_NOT_CHECKED] = "not_checked",
        [REVOCATION_GOOD] = "good",
        [REVOCATION_UNKNOWN] = "unknown",
        [REVOCATION_REVOKED] = "revoked",
    };

    if (verdict->status <= VERDICT_MALFORMED)
        return NULL;
    return names[verdict->revocation];
}
