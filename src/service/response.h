/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RESPONSE_H
#define PEERCERT_RESPONSE_H

#include "fastcgi/request.h"
#include "report/report.h"

/* The head of a response in CGI form (RFC 3875 section 6.3), and whole responses in plain text; for
 * reports, refusals and the gate's answers alike. */

/* Appends `Status`, the further fields (each with its CR LF; NULL: none), what every response has
 * (Content-Type, Vary, Cache-Control, X-Content-Type-Options, the fields of the format) and the
 * empty line. No Content-Length. A status without words here is sent as 503. */
void response_append_head(
    struct text *text, int status, enum report_format format, const char *fields);

/* Appends a whole response without a report in plain text: 405 (with Allow: GET, HEAD), 403, 503.
 * `words` is one line for the client; NULL takes the standard words of the status. `with_body` is
 * false for HEAD. */
void response_append_refusal(struct text *text, int status, const char *words, bool with_body);

/* Writes the text towards the client and empties it. A text that has failed is not sent, and
 * nothing after it: half a response must not look like a whole one. */
void response_send(struct request *request, struct text *text);

#endif
