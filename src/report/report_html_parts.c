/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "report/report_html.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* More items than this are shown behind a summary. */
#define FEW_ITEMS 8
/* RFC 7468 section 2: lines of 64 characters, which are 48 bytes. */
#define PEM_LINE_BYTES 48

static bool is_upper_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* How many bytes at the start are a run of \XX. */
static size_t replaced_length(const char *string)
{
    size_t length = 0;

    while (string[length] == '\\' && is_upper_hex(string[length + 1]) &&
           is_upper_hex(string[length + 2]))
        length += 3;
    return length;
}

static void append_character(struct text *text, char c)
{
    switch (c) {
    case '&':
        text_append_string(text, "&amp;");
        break;
    case '<':
        text_append_string(text, "&lt;");
        break;
    case '>':
        text_append_string(text, "&gt;");
        break;
    case '"':
        text_append_string(text, "&quot;");
        break;
    case '\'':
        text_append_string(text, "&#39;");
        break;
    default:
        text_append(text, &c, 1);
    }
}

void html_append(struct text *text, const char *string)
{
    const char *end = string + utf8_whole_length(string, SIZE_MAX);

    while (string < end) {
        size_t replaced = replaced_length(string);

        if (replaced > 0) {
            text_append_string(text, "<mark>");
            text_append(text, string, replaced);
            text_append_string(text, "</mark>");
            string += replaced;
            continue;
        }
        /* A backslash and what it escapes belong together: \\0A is a backslash and 0A. */
        if (string[0] == '\\' && string + 1 < end)
            append_character(text, *string++);
        append_character(text, *string++);
    }
}

void html_append_text(struct text *text, struct text *words)
{
    if (words->failed)
        text->failed = true;
    else
        html_append(text, text_string(words));
    text_free(words);
}

void html_append_row(struct text *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    text_append_string(text, "<dt>");
    html_append(text, name);
    text_append_string(text, "</dt><dd>");
    html_append(text, value[0] != '\0' ? value : "(empty)");
    text_append_string(text, "</dd>\n");
}

void html_append_code(struct text *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    text_printf(text, "<dt>%s</dt><dd><code>", name);
    html_append(text, value);
    text_append_string(text, "</code></dd>\n");
}

void html_append_digits(struct text *text, const char *name, const char *digits)
{
    size_t i, length = strlen(digits);

    text_printf(text, "<dt>%s</dt><dd><code>", name);
    for (i = 0; i < length; i++) {
        if (i > 0 && i % 4 == 0)
            text_append_string(text, " ");
        append_character(text, digits[i]);
    }
    text_append_string(text, "</code></dd>\n");
}

void html_append_list(struct text *text, const char *name, const struct identity_list *list)
{
    size_t i;

    if (!list->present)
        return;
    text_printf(text, "<dt>%s%s</dt>", name, list->critical ? " (critical)" : "");
    if (list->count == 0)
        text_append_string(text, "<dd>(empty)</dd>");
    if (list->count > FEW_ITEMS)
        text_printf(text, "<dd><details><summary>%zu entries</summary><ul>", list->count);
    for (i = 0; i < list->count; i++) {
        text_append_string(text, list->count > FEW_ITEMS ? "<li>" : "<dd>");
        html_append(text, list->items[i]);
        text_append_string(text, list->count > FEW_ITEMS ? "</li>\n" : "</dd>");
    }
    text_append_string(text, list->count > FEW_ITEMS ? "</ul></details></dd>\n" : "\n");
}

void html_append_time(struct text *text, bool known, time_t seconds, const char *shown)
{
    char machine[IDENTITY_TIME_SIZE], words[64];
    struct tm parts;

    if (!known || gmtime_r(&seconds, &parts) == NULL ||
        strftime(words, sizeof(words), "%d %B %Y, %H:%M:%S UTC", &parts) == 0) {
        html_append(text, shown);
        return;
    }
    identity_format_time(seconds, machine);
    text_printf(
        text, "<time datetime=\"%s\">%s</time>", machine, words[0] == '0' ? words + 1 : words);
}

void html_append_life(
    struct text *text, const struct identity *identity, const struct verdict *verdict)
{
    long long begin = (long long)identity->not_before_time,
              end = (long long)identity->not_after_time, now = (long long)verdict->checked_at;
    long long left = 1000;

    if (!identity->not_before_known || !identity->not_after_known || end <= begin)
        return;
    /* notAfter is the last second of the certificate's life (RFC 5280 4.1.2.5). */
    if (verdict->status == VERDICT_REVOKED)
        left = 0;
    else if (now > begin)
        left = now < end ? (end - now) * 1000 / (end - begin) : 0;
    text_printf(text,
        "<svg viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        "<rect width=\"%lld\" height=\"1\"/></svg>\n<p>",
        left);
    if (verdict->status == VERDICT_REVOKED) {
        text_append_string(text, "Its life ended with the revocation");
        if (verdict->revoked_at != 0 && verdict->revoked_at <= verdict->checked_at) {
            text_append_string(text, ", ");
            report_append_duration(text, now - (long long)verdict->revoked_at);
            text_append_string(text, " ago");
        }
    } else if (now > end) {
        text_append_string(text, "Its life has been over for ");
        report_append_duration(text, now - end);
    } else if (now < begin) {
        text_append_string(text, "Its life begins in ");
        report_append_duration(text, begin - now);
    } else {
        report_append_duration(text, end - now);
        text_append_string(text, " left of ");
        report_append_duration(text, end - begin);
    }
    text_append_string(text, "</p>\n");
}

void html_append_pem(struct text *text, const struct bytes *der)
{
    unsigned char line[PEM_LINE_BYTES / 3 * 4 + 1];
    size_t at, length;

    text_append_string(text, "-----BEGIN CERTIFICATE-----\n");
    for (at = 0; at < der->length; at += length) {
        length = der->length - at < PEM_LINE_BYTES ? der->length - at : PEM_LINE_BYTES;
        (void)EVP_EncodeBlock(line, der->data + at, (int)length);
        text_printf(text, "%s\n", (const char *)line);
    }
    text_append_string(text, "-----END CERTIFICATE-----\n");
}
