/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "log/log.h"
#include "unit/log/log_file.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"
#define FINGERPRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* The log must be this one line, after its time. */
static void expect_line(char *came, const char *wanted)
{
    cr_assert(log_file_begins_with_time(came), "no time in front: %s", came);
    cr_expect_str_eq(
        came + TIME_LENGTH + 1, wanted, "expected:\n%s\ncame:\n%s", wanted, came + TIME_LENGTH + 1);
    free(came);
}

/* Logs one verdict in the text format. */
static char *log_one(const struct log_verdict *logged, int format)
{
    struct log_file file_log;

    log_file_start(&file_log, format, false);
    log_verdict(file_log.log, logged);
    return log_file_finish(&file_log);
}

static struct log_verdict sample(
    struct verdict *verdict, struct identity *identity, enum verdict_status status)
{
    sample_identity(identity);
    sample_verdict(verdict, status, NOW);
    return (struct log_verdict){
        .verdict = verdict,
        .who = {.identity = identity},
        .remote_address = "127.0.0.1",
        .front_verify = "SUCCESS",
        .took_us = 312,
        .warn_days = 30,
    };
}

Test(log, a_valid_certificate_is_one_line)
{
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_VALID);

    expect_line(log_one(&logged, CONFIG_LOG_TEXT),
        "valid subject=\"CN=Dan Example,OU=Ops,O=Acme,C=GB\" serial=1001 sha256=" FINGERPRINT
        " remote=127.0.0.1 front=SUCCESS took_us=312\n");
}

Test(log, a_certificate_that_is_not_valid_says_why)
{
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_UNTRUSTED);

    verdict.error_code = X509_V_ERR_CERT_SIGNATURE_FAILURE;
    verdict.error_depth = 1;
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "not the issuer's");
    logged.front_verify = "FAILED:self-signed certificate";
    expect_line(log_one(&logged, CONFIG_LOG_TEXT),
        "untrusted subject=\"CN=Dan Example,OU=Ops,O=Acme,C=GB\" serial=1001 sha256=" FINGERPRINT
        " remote=127.0.0.1 front=\"FAILED:self-signed certificate\" took_us=312"
        " reason=\"not the issuer's\" error=X509_V_ERR_CERT_SIGNATURE_FAILURE(7) depth=1\n");
}

Test(log, what_does_not_apply_is_left_out)
{
    struct verdict verdict;
    struct log_verdict logged = {.verdict = &verdict, .took_us = 5};

    verdict_set(&verdict, VERDICT_ABSENT, sample_time(NOW), "");
    expect_line(log_one(&logged, CONFIG_LOG_TEXT), "absent took_us=5\n");
    verdict_set(&verdict, VERDICT_MALFORMED, sample_time(NOW), "it is a private key");
    expect_line(
        log_one(&logged, CONFIG_LOG_TEXT), "malformed took_us=5 reason=\"it is a private key\"\n");
}

Test(log, a_certificate_near_its_end_is_logged_with_the_days_left)
{
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_VALID);
    char *line;

    verdict.checked_at = sample_time("2027-11-20T18:00:00Z");
    line = log_one(&logged, CONFIG_LOG_TEXT);
    cr_expect_not_null(strstr(line, " expires_in_days=2\n"), "%s", line);
    free(line);
    logged.warn_days = 2;
    line = log_one(&logged, CONFIG_LOG_TEXT);
    cr_expect_null(strstr(line, "expires_in_days"), "%s", line);
    free(line);
}

Test(log, json_is_one_object_for_each_line)
{
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_REVOKED);
    const char *status, *subject, *serial, *hash, *remote, *front, *reason, *name, *moment;
    json_int_t took, code, depth;
    json_error_t error;
    json_t *object;
    char *line;

    verdict.error_code = X509_V_ERR_CERT_REVOKED;
    verdict.error_depth = 0;
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "it was \"revoked\"");
    line = log_one(&logged, CONFIG_LOG_JSON);
    object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(object, "%s", line);
    cr_expect_eq(strchr(line, '\n'), line + strlen(line) - 1, "not one line: %s", line);
    cr_assert_eq(json_unpack_ex(object, &error, JSON_STRICT,
                     "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:I,s:s,s:I}", "time", &moment, "status",
                     &status, "subject", &subject, "serial", &serial, "sha256", &hash, "remote",
                     &remote, "front", &front, "took_us", &took, "reason", &reason, "error_code",
                     &code, "error_name", &name, "error_depth", &depth),
        0, "%s in %s", error.text, line);
    cr_expect_eq(strlen(moment), TIME_LENGTH);
    cr_expect_str_eq(status, "revoked");
    cr_expect_str_eq(subject, identity.subject);
    cr_expect_str_eq(serial, "1001");
    cr_expect_str_eq(hash, FINGERPRINT);
    cr_expect_str_eq(remote, "127.0.0.1");
    cr_expect_str_eq(front, "SUCCESS");
    cr_expect_str_eq(reason, "it was \"revoked\"");
    cr_expect_str_eq(name, "X509_V_ERR_CERT_REVOKED");
    cr_expect_eq(took, 312);
    cr_expect_eq(code, 23);
    cr_expect_eq(depth, 0);
    json_decref(object);
    free(line);
}

/* Splits a line of the text format as its reader would: the time, the status, name=value with the
 * value in quotes or without. Returns the fields after the status, or -1 when it is no such line.
 */
static int count_fields(const char *line)
{
    const char *at = line + TIME_LENGTH + 1;
    int count = 0;

    at += strcspn(at, " \n");
    while (*at == ' ') {
        at++;
        at += strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
        if (*at++ != '=')
            return -1;
        if (*at == '"') {
            for (at++; *at != '"'; at++) {
                if (*at == '\\')
                    at++;
                if ((unsigned char)*at < ' ')
                    return -1;
            }
            at++;
        } else {
            at += strcspn(at, " \n\"\\");
        }
        count++;
    }
    return strcmp(at, "\n") == 0 ? count : -1;
}

Test(log, no_value_can_look_like_another_field_or_line)
{
    static const char *const values[] = {
        "1.2.3.4 status=valid",
        "1.2.3.4\n2026-11-24T17:57:38Z valid subject=\"CN=root\"",
        "\" reason=\"x",
        "\\\" reason=\"x",
        "\\",
        "\\\\",
        "a\\",
        "=",
        "a=b",
        "a\"b",
        "\"",
        "\x1b[31m\r\x7f",
        "\xe2\x80\xae\xc2\x85",
        "\xff\xfe",
        "",
    };
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_UNTRUSTED);
    json_t *object;
    size_t i, j;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct text shown = {.limit = 0};
        char *line;

        (void)text_append_shown(&shown, values[i], strlen(values[i]));
        text_append_string(&shown, "");
        identity.subject = shown.data;
        logged.remote_address = values[i];
        logged.front_verify = shown.data;
        (void)snprintf(verdict.reason, sizeof(verdict.reason), "%s", shown.data);
        line = log_one(&logged, CONFIG_LOG_TEXT);
        cr_expect_eq(count_fields(line), values[i][0] != '\0' ? 7 : 4, "%zu: %s", i, line);
        for (j = 0; line[j] != '\0' && line[j] != '\n'; j++)
            cr_expect((unsigned char)line[j] >= ' ' && line[j] != 0x7f, "%s", line);
        free(line);
        line = log_one(&logged, CONFIG_LOG_JSON);
        object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        cr_expect_not_null(object, "%s", line);
        json_decref(object);
        free(line);
        text_free(&shown);
    }
}

Test(log, a_quote_that_the_name_escapes_already_does_not_end_the_value)
{
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_UNTRUSTED);
    char name[] = "CN=a\\\" status=\\\"valid", *line;

    identity.subject = name;
    line = log_one(&logged, CONFIG_LOG_TEXT);
    cr_expect_eq(count_fields(line), 6, "%s", line);
    cr_expect_not_null(
        strstr(line, " subject=\"CN=a\\\\\\\" status=\\\\\\\"valid\" serial="), "%s", line);
    free(line);
}

Test(log, a_line_is_never_longer_than_a_pipe_takes_at_once)
{
    static const int formats[] = {CONFIG_LOG_TEXT, CONFIG_LOG_JSON};
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_UNTRUSTED);
    char *huge = malloc(20001);
    struct log_file file_log;
    size_t i;

    /* Quotes and backslashes come as two in each format. */
    memset(huge, '\\', 20000);
    huge[20000] = '\0';
    identity.subject = huge;
    identity.serial = huge;
    identity.sha256_fingerprint = huge;
    logged.remote_address = huge;
    logged.front_verify = huge;
    memset(verdict.reason, '"', sizeof(verdict.reason) - 1);
    verdict.error_code = X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY;
    verdict.error_depth = 10;
    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        char *lines, *line, *rest = NULL;
        int count = 0;

        log_file_start(&file_log, formats[i], true);
        log_verdict(file_log.log, &logged);
        log_words(file_log.log, LOG_LEVEL_ERROR, "%s", huge);
        memset(huge, '\x01', 20000);
        log_words(file_log.log, LOG_LEVEL_ERROR, "%s", huge);
        memset(huge, '\\', 20000);
        lines = log_file_finish(&file_log);
        for (rest = lines; (line = log_file_next_line(&rest)) != NULL;) {
            cr_expect_lt(strlen(line), PIPE_BUF, "%s", line);
            cr_expect_null(strstr(line, "dropped"), "%s", line);
            count++;
        }
        cr_expect_eq(count, 3, "format %d: expected 3 lines, came %d", formats[i], count);
        free(lines);
    }
    free(huge);
}

Test(log, words_are_made_safe_to_show_and_cut)
{
    struct log_file file_log;
    char *line, words[2000];
    json_t *object;

    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    log_words(file_log.log, LOG_LEVEL_WARNING, "%s: %d", "a\nb\x1b", 7);
    expect_line(log_file_finish(&file_log), "warning a\\0Ab\\1B: 7\n");
    log_file_start(&file_log, CONFIG_LOG_JSON, false);
    log_words(file_log.log, LOG_LEVEL_ERROR, "say \"%s\"", "a\nb");
    line = log_file_finish(&file_log);
    object = json_loads(line, 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(object, "level")), "error");
    cr_expect_str_eq(json_string_value(json_object_get(object, "message")), "say \"a\\0Ab\"");
    json_decref(object);
    free(line);
    /* Cut between two characters. */
    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    memset(words, 'a', 1020);
    (void)snprintf(words + 1020, sizeof(words) - 1020, "\xe2\x82\xac\xe2\x82\xac");
    log_words(file_log.log, LOG_LEVEL_INFO, "%s", words);
    line = log_file_finish(&file_log);
    cr_expect_null(strchr(line, '\\'), "cut within a character: %s", line);
    cr_expect_str_eq(line + strlen(line) - 5, "a...\n", "%s", line);
    free(line);
}
