/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_REPORT_WRITERS_H
#define PEERCERT_REPORT_WRITERS_H

#include "report/advice.h"
#include "report/report.h"

/* Private to the report room: one writer per format, and the facts that every format tells. */

struct report_writer {
    const char *type; /* media type and subtype, lower case (RFC 9110 section 8.3.1) */
    const char *subtype;
    const char *content_type; /* the value of the Content-Type field */
    const char *fields;       /* further header fields, each with its CR LF; "" for none */
    void (*append_identity)(struct text *text, const struct report *report);
    /* Without report->identity the whole body. */
    void (*append_verdict)(
        struct text *text, const struct report *report, const struct verdict *verdict);
};

extern const struct report_writer report_text_writer;
extern const struct report_writer report_json_writer;
extern const struct report_writer report_html_writer;

/* The writer of a format. */
const struct report_writer *report_writer_of(enum report_format format);

/* Lines that scripts may rely on, word for word. */
#define REPORT_NO_CERTIFICATE "No valid client certificate was sent"
#define REPORT_NOT_JUDGED "The certificate is not valid: it could not be judged"

/* True when the front server said more than that there was no certificate: not NONE, not empty and
 * not HAProxy's 0. */
bool report_front_spoke(const struct forwarded *forwarded);

/* The words for the X509_V_ERR number in what the front server said (`reason(18)` of lighttpd, or
 * HAProxy's plain number), NULL when there is none. A constant. */
const char *report_front_words(const struct forwarded *forwarded);

/* Whole days until notAfter, rounded down: 0 within the last day, negative afterwards. false when
 * there is no certificate or its date cannot be read. */
bool report_days_left(const struct report *report, const struct verdict *verdict, long long *days);

#define REPORT_MAX_WARNINGS 3
#define REPORT_WARNING_SIZE 128

/* Fills in what the reader should be warned of though the certificate is valid; returns how many.
 */
size_t report_warnings(const struct report *report, const struct verdict *verdict,
    char warnings[REPORT_MAX_WARNINGS][REPORT_WARNING_SIZE]);

/* Writes a duration in words, rounded down ("3 days", "1 hour", "2 minutes", "less than a minute");
 * `seconds` must not be negative. */
void report_append_duration(struct text *text, long long seconds);

/* The verdict's status; one without a certificate never says that it is good: not_judged then. */
enum verdict_status report_safe_status(const struct report *report, const struct verdict *verdict);

/* What to tell the reader to do. When none came because the front server refused it, by the front's
 * reason. Never NULL. */
const struct advice *report_advice(const struct report *report, const struct verdict *verdict);

/* What of the trust is not as its files are, for the operator: how many sentences, the most at a
 * time that a report tells, and one of them appended, safe to show (trust_kept_public_words). */
#define REPORT_MAX_KEPT 8
/* How many files of the trust keep what they last held; 0 without any. */
size_t report_kept_count(const struct report *report);
void report_append_kept(struct text *text, const struct report *report, size_t number);

/* What stands before the date of a revocation. */
const char *report_revoked_before(const struct verdict *verdict);

/* Appends the reason of a revocation, ", reason keyCompromise"; nothing when none was given. It
 * holds nothing that HTML would have to escape. */
void report_append_revocation_reason(struct text *text, const struct verdict *verdict);

/* Why the front server refused the certificate and kept it to itself, so that none came: appends
 * its words, or what it said. */
void report_append_refusal_words(struct text *text, const struct forwarded *forwarded);

/* What stands before the reason of a malformed one. */
const char *report_unreadable_words(const struct report *report);

/* The sentences that formats share, without a line's end: a string that may have been cut within a
 * character; a moment; what the chain is; the revocation; the error by keyword and number; and the
 * contract's last line. */
void report_append_shown(struct text *text, const char *string);
void report_append_time(struct text *text, time_t seconds);
void report_append_chain(struct text *text, const struct verdict *verdict);
void report_append_revocation(struct text *text, const struct verdict *verdict);
void report_append_error(struct text *text, const struct verdict *verdict);
void report_append_conclusion(
    struct text *text, const struct report *report, const struct verdict *verdict);

/* The verdict's revocation by name ("good", ...); NULL when nothing was judged. */
const char *report_revocation_name(const struct verdict *verdict);

#endif
