/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_REPORT_H
#define PEERCERT_REPORT_H

#include "base/text.h"
#include "certificate/identity.h"
#include "forwarded/forwarded.h"
#include "trust/trust.h"
#include "verify/verdict.h"
#include <stdbool.h>

/* The body of a report, rendered part by part into texts that the caller writes out: the identity
 * (when there is a certificate) before verification begins, then the verdict. */

/* In the order of enum config_format. */
enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_HTML };
#define REPORT_FORMAT_COUNT (REPORT_HTML + 1)

/* What a report is about; borrows everything. */
struct report {
    enum report_format format;
    const struct forwarded *forwarded;
    const struct identity *identity; /* NULL: absent, malformed or not judged */
    int warn_days;                   /* below this many days left the report warns; 0 never */
    bool is_file;                    /* a file is checked: forwarded->source is its name */
    const struct trust *trust; /* what of it is old is told to the operator; NULL: nothing is */
    const char *address; /* where this report is to be had, for a command to copy: "https://..." of
                            characters that no shell and no page takes for more (address_write);
                            NULL when not known */
};

/* True when the front server said that it does not accept the certificate: FAILED... in any case,
 * or a number (HAProxy) other than 0; alone or among others. */
bool report_front_failed(const struct forwarded *forwarded);

/* Chooses the format by the request's Accept header (NULL: none was sent) as RFC 9110 section
 * 12.5.1 says: q-values, the most specific range counts, at equal quality `standard` and then the
 * order of enum report_format. When nothing that we have is acceptable, or the header cannot be
 * read, `standard` is sent: RFC 9110 section 15.5.7 prefers that over 406 for people. */
enum report_format report_negotiate(const char *accept, enum report_format standard);

/* Chooses the format of a request: the first field `format=text`, `format=json` or `format=html` of
 * its query string (NULL: none) counts before its Accept header; any other field, spelling or value
 * is passed over. */
enum report_format report_choose(
    const char *query, const char *accept, enum report_format standard);

/* What the response head says of a format: the value of Content-Type, and the header fields that
 * only this format has, each with its CR LF ("" for none; HTML: Content-Security-Policy and
 * Referrer-Policy). Constants. */
const char *report_content_type(enum report_format format);
const char *report_fields(enum report_format format);

/* Appends what is known before verification: the identity, what the front server said; in the text
 * format up to and with the blank line before the verdict. Only with report->identity. A text that
 * has failed afterwards is not to be sent. */
void report_append_identity(struct text *text, const struct report *report);

/* Appends the verdict and ends the report. Without report->identity this is the whole body. The
 * last line (JSON: `status`) is what makes a report a verdict. */
void report_append_verdict(
    struct text *text, const struct report *report, const struct verdict *verdict);

#endif
