/* SPDX-License-Identifier: ISC */
#include "report/report_html.h"

#include <string.h>

/* How a status looks: a class of the style, and a symbol beside the words. */
static const struct look {
    const char *class, *symbol;
} looks[VERDICT_STATUS_COUNT] = {
    [VERDICT_NOT_JUDGED] = {"warn", "?"},
    [VERDICT_ABSENT] = {"warn", "!"},
    [VERDICT_MALFORMED] = {"bad", "\xe2\x9c\x97"},
    [VERDICT_UNTRUSTED] = {"bad", "\xe2\x9c\x97"},
    [VERDICT_WRONG_PURPOSE] = {"bad", "\xe2\x9c\x97"},
    [VERDICT_REVOKED] = {"bad", "\xe2\x9c\x97"},
    [VERDICT_REVOCATION_UNKNOWN] = {"warn", "?"},
    [VERDICT_EXPIRED] = {"warn", "!"},
    [VERDICT_NOT_YET_VALID] = {"warn", "!"},
    [VERDICT_VALID] = {"ok", "\xe2\x9c\x93"},
};

/* The parts of a name as people call them; others go by their short name or number. */
static const struct {
    const char *type, *name;
} part_names[] = {
    {"CN", "Common name"},
    {"OU", "Organisational unit"},
    {"O", "Organisation"},
    {"L", "Place"},
    {"ST", "State or province"},
    {"C", "Country"},
    {"street", "Street"},
    {"DC", "Domain component"},
    {"UID", "User ID"},
    {"GN", "Given name"},
    {"SN", "Surname"},
    {"title", "Title"},
    {"serialNumber", "Serial number in the name"},
    {"emailAddress", "E-mail"},
};

static void append_start(struct text *text, const char *title)
{
    text_printf(text,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n"
        "<header><h1>%s</h1></header>\n<main>\n",
        title, report_html_style, title);
}

static void append_end(struct text *text)
{
    text_append_string(text,
        "</main>\n<footer><p>The same as <a href=\"?format=text\">text</a> and as "
        "<a href=\"?format=json\">JSON</a>.</p></footer>\n</body>\n</html>\n");
}

static void append_part(struct text *text, const struct identity_part *part)
{
    const char *name = part->type;
    size_t i;

    for (i = 0; i < sizeof(part_names) / sizeof(part_names[0]); i++) {
        if (strcmp(part->type, part_names[i].type) == 0)
            name = part_names[i].name;
    }
    html_append_row(text, name, part->value);
}

static void append_date(
    struct text *text, const char *name, bool known, time_t seconds, const char *shown)
{
    text_printf(text, "<dt>%s</dt><dd>", name);
    html_append_time(text, known, seconds, shown);
    text_append_string(text, "</dd>\n");
}

static void append_identity(struct text *text, const struct report *report)
{
    const struct identity *identity = report->identity;
    size_t i;

    append_start(text, "Client cert received");
    text_append_string(text,
        "<section aria-labelledby=\"who\">\n<h2 id=\"who\">Whom it names</h2>\n"
        "<dl class=\"who\">\n");
    /* The certificate's own order goes from the general to the particular. */
    for (i = identity->subject_part_count; i > 0; i--)
        append_part(text, &identity->subject_parts[i - 1]);
    if (identity->subject_part_count == 0)
        html_append_row(text, "Name", "");
    text_append_string(text, "</dl>\n<dl>\n");
    html_append_row(text, "Issued by", identity->issuer);
    append_date(text, "Valid from", identity->not_before_known, identity->not_before_time,
        identity->not_before);
    append_date(text, "Valid until", identity->not_after_known, identity->not_after_time,
        identity->not_after);
    text_append_string(text, "</dl>\n");
    if (identity->subject_replaced)
        text_append_string(text, "<p>What cannot be shown of the name is written as "
                                 "<mark>\\XX</mark>, byte by byte.</p>\n");
    text_append_string(text, "</section>\n<p class=\"wait\">Verification is under way: the verdict "
                             "will stand here. Without one this report is none.</p>\n");
}

static void append_advice(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    const struct advice *advice = report_advice(report, verdict);

    text_append_string(text, "<p>");
    html_append(text, advice->meaning);
    text_append_string(text, "</p>\n<p><strong>What to do:</strong> ");
    html_append(text, advice->person);
    text_append_string(text, "</p>\n");
}

/* What does not concern the one with the certificate comes last, folded away. */
static void append_operator(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    size_t i;

    text_append_string(text, "<details class=\"op\"><summary>For the operator</summary>\n<p>");
    html_append(text, report_advice(report, verdict)->operator);
    text_append_string(text, "</p>\n");
    for (i = 0; i < report_kept_count(report); i++) {
        struct text words = {.limit = 0};

        report_append_kept(&words, report, i);
        text_append_string(text, "<p>");
        html_append_text(text, &words);
        text_append_string(text, "</p>\n");
    }
    text_append_string(text, "</details>\n");
}

static void append_section_start(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    const struct look *look = &looks[report_safe_status(report, verdict)];

    text_printf(text,
        "<section class=\"v %s\" aria-labelledby=\"verdict\">\n<h2 id=\"verdict\">"
        "<span aria-hidden=\"true\">%s</span> ",
        look->class, look->symbol);
}

static void append_warnings(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    char warnings[REPORT_MAX_WARNINGS][REPORT_WARNING_SIZE];
    size_t i, count = report_warnings(report, verdict, warnings);

    for (i = 0; i < count; i++) {
        text_append_string(text, "<p><strong>Warning:</strong> ");
        html_append(text, warnings[i]);
        text_append_string(text, "</p>\n");
    }
}

/* A row whose value one of the shared sentences writes. */
static void append_sentence(struct text *text, const char *name,
    void (*append)(struct text *words, const struct verdict *verdict),
    const struct verdict *verdict)
{
    struct text words = {.limit = 0};

    append(&words, verdict);
    text_printf(text, "<dt>%s</dt><dd>", name);
    html_append_text(text, &words);
    text_append_string(text, "</dd>\n");
}

static void append_revoked(struct text *text, const struct verdict *verdict)
{
    if (verdict->revoked_at != 0) {
        text_append_string(text, report_revoked_before(verdict));
        html_append_time(text, true, verdict->revoked_at, "");
    }
    report_append_revocation_reason(text, verdict);
}

static void append_verdict_details(struct text *text, const struct verdict *verdict)
{
    text_append_string(text, "<dl>\n");
    html_append_row(text, "Status", verdict_status_name(verdict->status));
    append_date(text, "Checked at", true, verdict->checked_at, "");
    if (verdict->chain_length > 0)
        append_sentence(text, "Chain", report_append_chain, verdict);
    if (verdict->revocation == REVOCATION_REVOKED) {
        text_append_string(text, verdict->ocsp == VERDICT_OCSP_REVOKED
                                     ? "<dt>Revocation</dt><dd>revoked by OCSP"
                                     : "<dt>Revocation</dt><dd>revoked");
        append_revoked(text, verdict);
        text_append_string(text, "</dd>\n");
    } else if (report_revocation_name(verdict) != NULL)
        append_sentence(text, "Revocation", report_append_revocation, verdict);
    if (verdict->error_code != 0)
        append_sentence(text, "Error", report_append_error, verdict);
    text_append_string(text, "</dl>\n");
}

static void append_front(struct text *text, const struct forwarded *forwarded)
{
    const char *words = report_front_words(forwarded);

    html_append(text, forwarded->front_verify);
    if (words != NULL)
        text_printf(text, " (%s)", words);
}

static void append_origin(struct text *text, const struct forwarded *forwarded)
{
    if (forwarded == NULL)
        return;
    if (forwarded->source[0] != '\0') {
        text_append_string(text, "<dt>Source</dt><dd>");
        html_append(text, forwarded->source);
        if (forwarded->encoding != NULL)
            text_printf(text, " (%s)", forwarded->encoding);
        text_append_string(text, "</dd>\n");
    }
    if (forwarded->has_front_verify && forwarded->front_verify[0] != '\0') {
        text_append_string(text, "<dt>Front server said</dt><dd>");
        append_front(text, forwarded);
        text_append_string(text, "</dd>\n");
    }
}

/* What to copy: the certificate, and a command that asks again. */
static void append_copies(struct text *text, const struct report *report)
{
    if (report->forwarded != NULL && report->forwarded->leaf.length > 0) {
        text_append_string(text, "<details><summary>The certificate as PEM</summary>\n<pre>");
        html_append_pem(text, &report->forwarded->leaf);
        text_append_string(text, "</pre>\n</details>\n");
    }
    if (report->address == NULL)
        return;
    text_append_string(text, "<p>The same with curl:</p>\n<pre>curl --cert client.cer --key "
                             "client.key ");
    html_append(text, report->address);
    text_append_string(text, "</pre>\n");
}

static void append_certificate_details(struct text *text, const struct report *report)
{
    const struct identity *identity = report->identity;

    text_append_string(
        text, "<section aria-labelledby=\"more\">\n<h2 id=\"more\">Details</h2>\n<dl>\n");
    html_append_row(text, "Whole name", identity->subject);
    html_append_digits(text, "Serial number", identity->serial);
    html_append_code(text, "the same, decimal", identity->serial_decimal);
    html_append_digits(text, "SHA-256 fingerprint", identity->sha256_fingerprint);
    html_append_digits(text, "SHA-256 of the key", identity->spki_sha256);
    html_append_row(text, "Key", identity->public_key);
    html_append_row(text, "Signature", identity->signature_algorithm);
    text_printf(text, "<dt>Version</dt><dd>%d</dd>\n", identity->version);
    html_append_list(text, "Alternative names", &identity->subject_alt_names);
    html_append_list(text, "Key usage", &identity->key_usage);
    html_append_list(text, "Extended key usage", &identity->extended_key_usage);
    html_append_list(text, "Netscape type", &identity->netscape_cert_type);
    html_append_list(text, "Unknown extensions", &identity->unknown_extensions);
    html_append_code(text, "Subject key ID", identity->subject_key_id);
    html_append_code(text, "Authority key ID", identity->authority_key_id);
    append_origin(text, report->forwarded);
    text_append_string(text, "</dl>\n");
    append_copies(text, report);
    text_append_string(text, "</section>\n");
}

static void append_imports(struct text *text)
{
    size_t i;

    text_append_string(text,
        "<section aria-labelledby=\"import\">\n<h2 id=\"import\">How to import "
        "a .p12 file</h2>\n<dl>\n");
    for (i = 0; i < advice_import_count; i++)
        html_append_row(text, advice_imports[i].browser, advice_imports[i].steps);
    text_append_string(text, "</dl>\n<p>A browser that does not ask any more remembers an earlier "
                             "choice: close all of its windows first.</p>\n</section>\n");
}

static void append_why_none(
    struct text *text, const struct report *report, enum verdict_status status, const char *reason)
{
    if (status == VERDICT_MALFORMED) {
        text_append_string(text, report_unreadable_words(report));
        html_append(text, reason);
    } else if (status == VERDICT_ABSENT && report_front_failed(report->forwarded)) {
        struct text words = {.limit = 0};

        text_append_string(text, "The front server refused it: ");
        report_append_refusal_words(&words, report->forwarded);
        html_append_text(text, &words);
    } else {
        text_append_string(text, status == VERDICT_ABSENT ? "No certificate" : REPORT_NOT_JUDGED);
    }
}

static void append_without_identity(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    enum verdict_status status = report_safe_status(report, verdict);

    append_start(text,
        status == VERDICT_NOT_JUDGED ? "The certificate was not judged" : REPORT_NO_CERTIFICATE);
    append_section_start(text, report, verdict);
    append_why_none(text, report, status, verdict->reason);
    text_append_string(text, "</h2>\n");
    append_advice(text, report, verdict);
    text_append_string(text, "<dl>\n");
    html_append_row(text, "Status", verdict_status_name(status));
    append_date(text, "Checked at", true, verdict->checked_at, "");
    append_origin(text, report->forwarded);
    text_append_string(text, "</dl>\n</section>\n");
    if (status == VERDICT_ABSENT)
        append_imports(text);
    append_operator(text, report, verdict);
    append_end(text);
}

/* The contract's last line; a date of revocation is in words here. */
static void append_conclusion(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    struct text words = {.limit = 0};

    if (verdict->status != VERDICT_REVOKED) {
        report_append_conclusion(&words, report, verdict);
        html_append_text(text, &words);
        return;
    }
    text_append_string(text, "The certificate is not valid: ");
    html_append(text, verdict->reason);
    append_revoked(text, verdict);
}

static void append_verdict(
    struct text *text, const struct report *report, const struct verdict *verdict)
{
    if (report->identity == NULL) {
        append_without_identity(text, report, verdict);
        return;
    }
    append_section_start(text, report, verdict);
    append_conclusion(text, report, verdict);
    text_append_string(text, "</h2>\n");
    html_append_life(text, report->identity, verdict);
    append_warnings(text, report, verdict);
    append_advice(text, report, verdict);
    append_verdict_details(text, verdict);
    text_append_string(text, "</section>\n");
    append_certificate_details(text, report);
    append_operator(text, report, verdict);
    append_end(text);
}

const struct report_writer report_html_writer = {
    .type = "text",
    .subtype = "html",
    .content_type = "text/html; charset=utf-8",
    .fields =
        "Content-Security-Policy: default-src 'none'; style-src 'sha256-" REPORT_HTML_STYLE_SHA256
        "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
        "Referrer-Policy: no-referrer\r\n",
    .append_identity = append_identity,
    .append_verdict = append_verdict,
};
