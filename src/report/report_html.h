/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_REPORT_HTML_H
#define PEERCERT_REPORT_HTML_H

#include "report/report_writers.h"

/* Private to the HTML writer: its style and the pieces of markup that it is put together from. */

/* The one style sheet of the page, as it stands between <style> and </style>, and the base64 of its
 * SHA-256 for Content-Security-Policy (CSP level 3 section 2.3.1). A test compares the two. */
extern const char report_html_style[];
#define REPORT_HTML_STYLE_SHA256 "UK0bSMBtxhsrxPja2+9zFH5WwSfdNbMu1Rdz/bcQaX4="

/* Appends what came from outside or may hold markup: `&`, `<`, `>` and both quotes as references,
 * and each run of the \XX that stand for bytes that may not be shown (text_append_shown) within
 * <mark>. Right for text and for quoted attributes without such runs. */
void html_append(struct text *text, const char *string);

/* Appends a text's content in that way, and frees it; its failure is passed on. */
void html_append_text(struct text *text, struct text *words);

/* Appends a name and its value for a definition list; nothing for NULL, "(empty)" for "". */
void html_append_row(struct text *text, const char *name, const char *value);

/* The same in the font of what is to be compared character by character. */
void html_append_code(struct text *text, const char *name, const char *value);

/* The same with hexadecimal digits in groups of four, to be read aloud. */
void html_append_digits(struct text *text, const char *name, const char *digits);

/* The same for a list: an item each, behind a summary when there are many. Nothing when the
 * extension is not there. */
void html_append_list(struct text *text, const char *name, const struct identity_list *list);

/* Appends a moment in words within <time>; `shown` as it is when the moment is not known. */
void html_append_time(struct text *text, bool known, time_t seconds, const char *shown);

/* Appends a bar that shows how much of the certificate's life is left, and the same in words.
 * Nothing when a date cannot be read. */
void html_append_life(
    struct text *text, const struct identity *identity, const struct verdict *verdict);

/* Appends the certificate as PEM (RFC 7468), for the inside of <pre>. */
void html_append_pem(struct text *text, const struct bytes *der);

#endif
