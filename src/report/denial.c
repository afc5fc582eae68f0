/* SPDX-License-Identifier: ISC */
#include "report/denial.h"
#include "base/utf8.h"
#include "report/report_html.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the subject and of the reason that are shown. */
#define MAX_SHOWN 256

/* What a reason that is no verdict means, for the one who was refused. */
static const struct explanation {
    const char *reason;
    struct advice advice;
} explanations[] = {
    {"ambiguous_path",
        {"The address can be read in more than one way, so it was not decided who may have it.",
            "Remove doubled slashes, dots and percent signs from the address, and try again.", ""}},
    {"front_failed",
        {"Your certificate is good, but the web server that received it did not accept it.",
            "Open this address again in a new private window. If that does not help, ask the "
            "operator of this site.",
            ""}},
    {"front_contradicts",
        {"Your certificate is good, but the web server asked for two things at once.",
            "Ask the operator of this site, and give the number of the decision.", ""}},
    {"front_refused",
        {"Your certificate gives you access, but the web server does not show this address.",
            "Ask for another address. If that does not help, ask the operator of this site.", ""}},
    {"no_user_name",
        {"Your certificate is valid, but it does not give the name that this site needs.",
            "Ask the operator of this site, and give the number of the decision.", ""}},
    {"revocation_old",
        {"Your certificate is valid, but the site has no recent proof that it was not revoked.",
            "Try again later. If that does not help, ask the operator of this site, and give the "
            "number of the decision.",
            ""}},
    {"", {"Your certificate is valid, but it does not give you access to this address.",
             "If you should have access, ask the operator of this site, and give the number of the "
             "decision.",
             ""}},
};

static const struct advice unavailable = {"This cannot be decided right now.",
    "Try again in a minute. If that does not help, ask the operator of this site, and give the "
    "number of the decision.",
    ""};

static const struct advice *advice_of(const struct denial *denial)
{
    size_t i = 0;

    if (denial->verdict == NULL)
        return &unavailable;
    if (denial->verdict->status != VERDICT_VALID)
        return report_advice(denial->report, denial->verdict);
    while (explanations[i].reason[0] != '\0' && strcmp(explanations[i].reason, denial->reason) != 0)
        i++;
    return &explanations[i].advice;
}

static const char *title_of(const struct denial *denial)
{
    return denial->verdict != NULL ? "Access denied" : "Access cannot be decided";
}

/* What the report says of the verdict, in one line. Nothing for 503. */
static void append_conclusion(struct text *text, const struct denial *denial)
{
    const struct report *report = denial->report;
    const struct verdict *verdict = denial->verdict;

    if (verdict == NULL)
        return;
    if (report->identity != NULL) {
        report_append_conclusion(text, report, verdict);
        return;
    }
    text_append_string(text, REPORT_NO_CERTIFICATE);
    if (verdict->status == VERDICT_MALFORMED) {
        text_append_string(text, ": ");
        report_append_shown(text, verdict->reason);
    } else if (report_front_failed(report->forwarded)) {
        const char *words = report_front_words(report->forwarded);

        text_append_string(text, ": the front server refused it: ");
        report_append_shown(text, words != NULL ? words : report->forwarded->front_verify);
    }
}

static const char *subject_of(const struct denial *denial, char shown[MAX_SHOWN])
{
    const struct identity *identity = denial->report->identity;
    size_t length;

    if (identity == NULL)
        return NULL;
    length = utf8_whole_length(identity->subject, SIZE_MAX);
    if (length < MAX_SHOWN) {
        memcpy(shown, identity->subject, length);
        shown[length] = '\0';
    } else {
        length = MAX_SHOWN - sizeof("...");
        /* What is well formed has a first byte soon. */
        while (((unsigned char)identity->subject[length] & 0xC0) == 0x80)
            length--;
        memcpy(shown, identity->subject, length);
        memcpy(shown + length, "...", sizeof("..."));
    }
    return shown;
}

static void append_line(struct text *text, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    text_printf(text, "%s: ", name);
    report_append_shown(text, value);
    text_append_string(text, "\n");
}

static void append_text(struct text *text, const struct denial *denial, bool with_rules)
{
    const struct advice *advice = advice_of(denial);
    struct text conclusion = {.limit = 0};
    char shown[MAX_SHOWN];
    size_t i;

    append_conclusion(&conclusion, denial);
    text_printf(text, "%s\n\n", title_of(denial));
    append_line(text, "Name", subject_of(denial, shown));
    if (conclusion.length > 0)
        text_printf(text, "%s\n", conclusion.data);
    append_line(text, "Meaning", advice->meaning);
    append_line(text, "What to do", advice->person);
    append_line(text, "Reason", denial->reason);
    if (with_rules)
        append_line(text, "Rule", denial->rule);
    for (i = 0; with_rules && i < denial->miss_count; i++)
        text_printf(
            text, "Nearest: %s: %s\n", denial->misses[i].rule->name, denial->misses[i].words);
    append_line(text, "Decision", denial->decision);
    text->failed = text->failed || conclusion.failed;
    text_free(&conclusion);
}

static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static json_t *string_or_null(const char *string)
{
    return string != NULL ? json_stringn(string, utf8_whole_length(string, SIZE_MAX)) : json_null();
}

static json_t *advice_object(const struct denial *denial)
{
    const struct advice *advice = advice_of(denial);
    json_t *object = json_object();

    if (!set(object, "meaning", json_string(advice->meaning)) ||
        !set(object, "person", json_string(advice->person))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The nearest misses, null when there is nothing to tell. */
static json_t *nearest_array(const struct denial *denial, bool with_rules)
{
    json_t *array = NULL;
    size_t i;

    if (!with_rules || denial->miss_count == 0)
        return json_null();
    array = json_array();
    for (i = 0; i < denial->miss_count; i++) {
        json_t *miss = json_object();

        if (!set(miss, "rule", string_or_null(denial->misses[i].rule->name)) ||
            !set(miss, "why", string_or_null(denial->misses[i].words))) {
            json_decref(miss);
            miss = NULL;
        }
        if (json_array_append_new(array, miss) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *time_or_null(const struct verdict *verdict)
{
    char buffer[IDENTITY_TIME_SIZE];

    if (verdict == NULL)
        return json_null();
    identity_format_time(verdict->checked_at, buffer);
    return json_string(buffer);
}

static int append_bytes(const char *bytes, size_t length, void *context)
{
    struct text *text = context;

    text_append(text, bytes, length);
    return text->failed ? -1 : 0;
}

static void append_json(struct text *text, const struct denial *denial, bool with_rules)
{
    const struct verdict *verdict = denial->verdict;
    json_t *object = json_object();
    char shown[MAX_SHOWN];

    /* Not by json_dumps: out of memory for a member's name, jansson 2.14 leaves it out silently. */
    if (!set(object, "allowed", json_false()) ||
        !set(object, "reason", string_or_null(denial->reason)) ||
        !set(object, "status",
            string_or_null(verdict != NULL ? verdict_status_name(verdict->status) : NULL)) ||
        !set(object, "rule", string_or_null(with_rules ? denial->rule : NULL)) ||
        !set(object, "nearest", nearest_array(denial, with_rules)) ||
        !set(object, "decision", string_or_null(denial->decision)) ||
        !set(object, "subject", string_or_null(subject_of(denial, shown))) ||
        !set(object, "advice", advice_object(denial)) ||
        !set(object, "checked_at", time_or_null(verdict)) ||
        json_dump_callback(object, append_bytes, text, JSON_INDENT(2)) != 0)
        text->failed = true;
    text_append_string(text, "\n");
    json_decref(object);
}

static void append_html_details(struct text *text, const struct denial *denial, bool with_rules)
{
    char shown[MAX_SHOWN];
    size_t i;

    text_append_string(text, "<dl>\n");
    html_append_row(text, "Your certificate", subject_of(denial, shown));
    html_append_row(text, "Reason", denial->reason);
    if (with_rules)
        html_append_row(text, "Rule", denial->rule);
    for (i = 0; with_rules && i < denial->miss_count; i++) {
        html_append_row(text, "Nearest rule", denial->misses[i].rule->name);
        html_append_row(text, "which lacks", denial->misses[i].words);
    }
    html_append_code(text, "Decision", denial->decision);
    text_append_string(text, "</dl>\n");
}

static void append_html(struct text *text, const struct denial *denial, bool with_rules)
{
    const struct advice *advice = advice_of(denial);
    const char *title = title_of(denial);
    struct text conclusion = {.limit = 0};

    append_conclusion(&conclusion, denial);
    text_printf(text,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<header><h1>%s</h1></header>\n"
        "<main>\n<section class=\"v %s\" aria-labelledby=\"why\">\n<h2 id=\"why\">"
        "<span aria-hidden=\"true\">%s</span> ",
        title, report_html_style, title, denial->verdict != NULL ? "bad" : "warn",
        denial->verdict != NULL ? "\xe2\x9c\x97" : "?");
    if (denial->verdict != NULL && denial->verdict->status == VERDICT_VALID)
        text_append_string(text, "No access with this certificate");
    else if (conclusion.length > 0)
        html_append(text, conclusion.data);
    else
        text_append_string(text, "Try again in a minute");
    text_append_string(text, "</h2>\n<p>");
    html_append(text, advice->meaning);
    text_append_string(text, "</p>\n<p><strong>What to do:</strong> ");
    html_append(text, advice->person);
    text_append_string(text, "</p>\n");
    append_html_details(text, denial, with_rules);
    text_append_string(text, "</section>\n</main>\n</body>\n</html>\n");
    text->failed = text->failed || conclusion.failed;
    text_free(&conclusion);
}

static void append(struct text *text, const struct denial *denial, bool with_rules)
{
    static void (*const writers[REPORT_FORMAT_COUNT])(
        struct text *, const struct denial *, bool) = {
        [REPORT_TEXT] = append_text,
        [REPORT_JSON] = append_json,
        [REPORT_HTML] = append_html,
    };

    writers[denial->report->format](text, denial, with_rules);
}

void denial_append(struct text *text, const struct denial *denial)
{
    struct text body = {.limit = 0};

    append(&body, denial, true);
    if (body.length > DENIAL_MAX_BYTES) {
        text_clear(&body);
        append(&body, denial, false);
    }
    if (body.failed || body.length > DENIAL_MAX_BYTES)
        text->failed = true;
    else
        text_append(text, body.data, body.length);
    text_free(&body);
}
