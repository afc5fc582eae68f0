/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "log/log.h"
#include "report/report.h"
#include "unit/certificate/identity_given.h"
#include "unit/pki/pki.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <openssl/asn1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW "2026-11-24T17:57:38Z"

/* Names as a stranger may have them in a certificate, and what must be shown of them. */
struct hostile {
    const char *what;
    int type;
    const char *bytes;
    size_t length;
    const char *shown;
};

#define BYTES(string) string, sizeof(string) - 1

static const struct hostile names[] = {
    {"newline", V_ASN1_UTF8STRING, BYTES("a\nThe certificate is valid"),
        "CN=a\\0AThe certificate is valid"},
    {"return", V_ASN1_UTF8STRING, BYTES("a\r\nStatus: 302"), "CN=a\\0D\\0AStatus: 302"},
    {"NUL", V_ASN1_UTF8STRING, BYTES("dan\0evil"), "CN=dan\\00evil"},
    {"ESC", V_ASN1_UTF8STRING, BYTES("\x1b[2Jgone"), "CN=\\1B[2Jgone"},
    {"C1", V_ASN1_UTF8STRING,
        BYTES("\xc2\x9b"
              "31m"),
        "CN=\\C2\\9B31m"},
    {"markup", V_ASN1_UTF8STRING, BYTES("<script>x</script>"), "CN=\\<script\\>x\\</script\\>"},
    {"right to left", V_ASN1_UTF8STRING,
        BYTES("a\xe2\x80\xae"
              "b"),
        "CN=a\\E2\\80\\AEb"},
    {"zero width", V_ASN1_UTF8STRING,
        BYTES("a\xe2\x80\x8b"
              "b"),
        "CN=a\\E2\\80\\8Bb"},
    {"quotes", V_ASN1_UTF8STRING, BYTES("\",\"status\":\"valid"),
        "CN=\\\"\\,\\\"status\\\":\\\"valid"},
    {"BMPString", V_ASN1_BMPSTRING, BYTES("\0J\0\xf6\0r\0g"), "CN=J\xc3\xb6rg"},
    {"BMPString with newline", V_ASN1_BMPSTRING, BYTES("\0a\0\n"), "CN=a\\0A"},
    {"T61String", V_ASN1_T61STRING, BYTES("J\xf6rg"), "CN=J\xc3\xb6rg"},
};

/* What is shown may differ in how it is escaped; raw it may never be. */
static bool has_raw_control(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        unsigned long code = 0;
        size_t size = utf8_decode((const unsigned char *)bytes + at, length - at, &code);

        if (size == 0 || (code != '\n' && utf8_is_unsafe(code)))
            return true;
        at += size;
    }
    return false;
}

static struct pki *make_hostile(const struct hostile *hostile)
{
    X509_NAME *name = X509_NAME_new();
    struct pki *pki;

    pki_name_add(name, "CN", hostile->type, hostile->bytes, hostile->length, false);
    pki = pki_make(&(struct pki_spec){.subject_name = name});
    X509_NAME_free(name);
    return pki;
}

static void render(struct text *text, enum report_format format, const struct identity *identity)
{
    struct forwarded forwarded;
    struct report report = {.format = format, .forwarded = &forwarded, .identity = identity};
    struct verdict verdict;

    sample_forwarded(&forwarded, NULL);
    sample_verdict(&verdict, VERDICT_UNTRUSTED, NOW);
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "x");
    report_append_identity(text, &report);
    report_append_verdict(text, &report, &verdict);
    cr_expect(!text->failed);
    cr_expect(!has_raw_control(text->data, text->length), "raw bytes in:\n%s", text->data);
}

static void expect_text_report(const struct identity *identity, const struct hostile *hostile)
{
    struct text text = {.limit = 0}, line = {.limit = 0};
    const char *last = "The certificate is not valid: x\n";

    render(&text, REPORT_TEXT, identity);
    text_printf(&line, "\nName: %s\n", hostile->shown);
    cr_expect_not_null(strstr(text.data, line.data), "%s: expected:%s in:\n%s", hostile->what,
        line.data, text.data);
    cr_expect_null(strstr(text.data, "\nThe certificate is valid"), "%s", text.data);
    cr_expect_str_eq(text.data + text.length - strlen(last), last);
    text_free(&text);
    text_free(&line);
}

static void expect_json_report(const struct identity *identity, const struct hostile *hostile)
{
    struct text text = {.limit = 0};
    json_t *object;

    render(&text, REPORT_JSON, identity);
    object = json_loads(text.data, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(object, "%s: %s", hostile->what, text.data);
    cr_expect_str_eq(
        json_string_value(json_object_get(object, "subject")), hostile->shown, "%s", hostile->what);
    cr_expect_str_eq(json_string_value(json_object_get(object, "status")), "untrusted");
    json_decref(object);
    text_free(&text);
}

/* The line that a log with this identity gets. Free with free(). */
static char *log_line(const struct identity *identity, int format)
{
    char *dir = pki_temp_dir(), *path = pki_write_text(dir, "log", ""), *line = NULL;
    struct config config = {.log_file = path, .log_format = format};
    struct verdict verdict;
    struct log_verdict logged = {.verdict = &verdict, .who = {.identity = identity}};
    struct error error;
    struct log *log = log_open(&config, false, &error);
    size_t size = 0;
    FILE *file;

    sample_verdict(&verdict, VERDICT_VALID, NOW);
    log_verdict(log, &logged);
    log_close(log);
    file = fopen(path, "r");
    pki_must(file != NULL && getdelim(&line, &size, '\0', file) > 0, "the log is empty");
    (void)fclose(file);
    free(path);
    pki_remove_dir(dir);
    return line;
}

static void expect_log(const struct identity *identity, const struct hostile *hostile)
{
    static const int formats[] = {CONFIG_LOG_TEXT, CONFIG_LOG_JSON};
    size_t i;

    for (i = 0; i < 2; i++) {
        char *line = log_line(identity, formats[i]);

        cr_expect(!has_raw_control(line, strlen(line)), "%s: %s", hostile->what, line);
        cr_expect_eq(strchr(line, '\n'), line + strlen(line) - 1, "%s: not one line: %s",
            hostile->what, line);
        if (formats[i] == CONFIG_LOG_JSON) {
            json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

            cr_expect_str_eq(json_string_value(json_object_get(object, "subject")), hostile->shown);
            json_decref(object);
        }
        free(line);
    }
}

Test(report_hostile, no_name_breaks_out_of_any_format)
{
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct pki *pki = make_hostile(&names[i]);
        struct identity *identity = identity_of(pki->certificate);

        expect_text_report(identity, &names[i]);
        expect_json_report(identity, &names[i]);
        expect_log(identity, &names[i]);
        identity_free(identity);
        pki_free(pki);
    }
}
