#include "log.h"
#include "pki.h"
#include "sample_identity.h"
#include "text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW "2026-11-24T17:57:38Z"
#define TIME_LENGTH (sizeof(NOW) - 1)
#define FINGERPRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* A log into a file of a temporary folder. */
struct fixture {
    char *dir, *path;
    struct config config;
    struct log *log;
};

static void start(struct fixture *fixture, int format, bool threaded)
{
    struct error error = {.kind = ERROR_NONE};

    fixture->dir = pki_temp_dir();
    fixture->path = pki_write_text(fixture->dir, "log", "");
    fixture->config = (struct config){.log_file = fixture->path, .log_format = format};
    fixture->log = log_open(&fixture->config, threaded, &error);
    cr_assert_not_null(fixture->log, "%s", error.text);
}

/* Closes the log and returns what is in the file. Free with free(). */
static char *finish(struct fixture *fixture)
{
    char *data = NULL;
    size_t size = 0;
    FILE *file, *copy;
    int c;

    log_close(fixture->log);
    file = fopen(fixture->path, "r");
    pki_must(file != NULL, "the log file cannot be read");
    copy = open_memstream(&data, &size);
    while ((c = getc(file)) != EOF)
        (void)putc(c, copy);
    (void)fclose(copy);
    (void)fclose(file);
    free(fixture->path);
    pki_remove_dir(fixture->dir);
    return data;
}

/* True when a line begins with a moment as RFC 3339 writes it, and a space. */
static bool begins_with_time(const char *line)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";
    size_t i;

    for (i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i])
            return false;
    }
    return true;
}

/* Ends the line at *rest and moves on behind it; NULL when there is no whole line any more. */
static char *next_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');

    if (end == NULL) {
        cr_expect_str_eq(line, "", "half a line at the end: %s", line);
        return NULL;
    }
    *end = '\0';
    *rest = end + 1;
    return line;
}

/* The log must be this one line, after its time. */
static void expect_line(char *came, const char *wanted)
{
    cr_assert(begins_with_time(came), "no time in front: %s", came);
    cr_expect_str_eq(
        came + TIME_LENGTH + 1, wanted, "expected:\n%s\ncame:\n%s", wanted, came + TIME_LENGTH + 1);
    free(came);
}

/* Logs one verdict in the text format. */
static char *log_one(const struct log_verdict *logged, int format)
{
    struct fixture fixture;

    start(&fixture, format, false);
    log_verdict(fixture.log, logged);
    return finish(&fixture);
}

static struct log_verdict sample(
    struct verdict *verdict, struct identity *identity, enum verdict_status status)
{
    sample_identity(identity);
    sample_verdict(verdict, status, NOW);
    return (struct log_verdict){
        .verdict = verdict,
        .identity = identity,
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
        "\x1b[31m\r\x7f",
        "\xe2\x80\xae\xc2\x85",
        "\xff\xfe",
        "",
    };
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_UNTRUSTED);
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
        json_decref(json_loads(line, JSON_REJECT_DUPLICATES, NULL));
        cr_expect_not_null(json_loads(line, JSON_REJECT_DUPLICATES, NULL), "%s", line);
        free(line);
        text_free(&shown);
    }
}

Test(log, a_line_is_never_longer_than_a_pipe_takes_at_once)
{
    static const int formats[] = {CONFIG_LOG_TEXT, CONFIG_LOG_JSON};
    struct verdict verdict;
    struct identity identity;
    struct log_verdict logged = sample(&verdict, &identity, VERDICT_UNTRUSTED);
    char *huge = malloc(20001);
    struct fixture fixture;
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

        start(&fixture, formats[i], true);
        log_verdict(fixture.log, &logged);
        log_words(fixture.log, LOG_LEVEL_ERROR, "%s", huge);
        memset(huge, '\x01', 20000);
        log_words(fixture.log, LOG_LEVEL_ERROR, "%s", huge);
        memset(huge, '\\', 20000);
        lines = finish(&fixture);
        for (rest = lines; (line = next_line(&rest)) != NULL;) {
            cr_expect_lt(strlen(line), PIPE_BUF, "%s", line);
            count++;
        }
        cr_expect_eq(count, 3, "format %d: expected 3 lines, came %d", formats[i], count);
        free(lines);
    }
    free(huge);
}

Test(log, words_are_made_safe_to_show_and_cut)
{
    struct fixture fixture;
    char *line, words[2000];
    json_t *object;

    start(&fixture, CONFIG_LOG_TEXT, false);
    log_words(fixture.log, LOG_LEVEL_WARNING, "%s: %d", "a\nb\x1b", 7);
    expect_line(finish(&fixture), "warning a\\0Ab\\1B: 7\n");
    start(&fixture, CONFIG_LOG_JSON, false);
    log_words(fixture.log, LOG_LEVEL_ERROR, "say \"%s\"", "a\nb");
    line = finish(&fixture);
    object = json_loads(line, 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(object, "level")), "error");
    cr_expect_str_eq(json_string_value(json_object_get(object, "message")), "say \"a\\0Ab\"");
    json_decref(object);
    free(line);
    /* Cut between two characters. */
    start(&fixture, CONFIG_LOG_TEXT, false);
    memset(words, 'a', 1020);
    (void)snprintf(words + 1020, sizeof(words) - 1020, "\xe2\x82\xac\xe2\x82\xac");
    log_words(fixture.log, LOG_LEVEL_INFO, "%s", words);
    line = finish(&fixture);
    cr_expect_null(strchr(line, '\\'), "cut within a character: %s", line);
    cr_expect_str_eq(line + strlen(line) - 5, "a...\n", "%s", line);
    free(line);
}

struct writer {
    struct log *log;
    int number;
};

static void *log_many(void *argument)
{
    struct writer *writer = argument;
    int i;

    for (i = 0; i < 200; i++)
        log_words(writer->log, LOG_LEVEL_INFO, "thread %d line %d end", writer->number, i);
    return NULL;
}

Test(log, lines_of_many_threads_stay_whole_and_in_order)
{
    static const bool threaded[] = {true, false};
    int next[8], i, number, line_number;
    struct writer writers[8];
    pthread_t threads[8];
    struct fixture fixture;
    size_t way;

    for (way = 0; way < 2; way++) {
        char *lines, *line, *rest = NULL;

        start(&fixture, CONFIG_LOG_TEXT, threaded[way]);
        memset(next, 0, sizeof(next));
        for (i = 0; i < 8; i++) {
            writers[i] = (struct writer){fixture.log, i};
            pki_must(pthread_create(&threads[i], NULL, log_many, &writers[i]) == 0, "no thread");
        }
        for (i = 0; i < 8; i++)
            (void)pthread_join(threads[i], NULL);
        lines = finish(&fixture);
        for (rest = lines; (line = next_line(&rest)) != NULL;) {
            int end = 0;

            cr_assert(begins_with_time(line), "%s", line);
            cr_assert_eq(sscanf(line + TIME_LENGTH, " info thread %d line %d end%n", &number,
                             &line_number, &end),
                2, "%s", line);
            cr_assert_eq(strlen(line + TIME_LENGTH), (size_t)end, "%s", line);
            cr_assert_eq(line_number, next[number], "thread %d: %s", number, line);
            next[number]++;
        }
        for (i = 0; i < 8; i++)
            cr_expect_eq(next[i], 200, "thread %d: %d lines", i, next[i]);
        free(lines);
    }
}

/* Makes a pipe standard error, with as little room as there can be. Returns the end to read from.
 */
static int pipe_as_stderr(void)
{
    int ends[2];

    pki_must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    (void)fcntl(ends[1], F_SETPIPE_SZ, 4096);
    pki_must(dup2(ends[1], STDERR_FILENO) >= 0, "dup2");
    (void)close(ends[1]);
    return ends[0];
}

static void *read_all(void *argument)
{
    int *fd = argument;
    char buffer[4096];
    char *data = NULL;
    size_t size = 0;
    FILE *copy = open_memstream(&data, &size);
    ssize_t count;

    while ((count = read(*fd, buffer, sizeof(buffer))) > 0)
        (void)fwrite(buffer, 1, (size_t)count, copy);
    (void)fclose(copy);
    return data;
}

Test(log, lines_without_room_are_dropped_counted_and_told)
{
    const int sent = 3 * LOG_QUEUE_LINES;
    struct config config = {.log_file = NULL};
    unsigned long long dropped = 0;
    int fd = pipe_as_stderr(), i, written = 0;
    struct error error;
    struct log *log = log_open(&config, true, &error);
    char *lines, *line, *rest = NULL;
    pthread_t reader;
    void *result = NULL;

    for (i = 0; i < sent; i++)
        log_words(log, LOG_LEVEL_INFO, "line %d of those that nobody reads in time", i);
    (void)close(STDERR_FILENO);
    pki_must(pthread_create(&reader, NULL, read_all, &fd) == 0, "no thread");
    log_close(log);
    (void)pthread_join(reader, &result);
    lines = result;
    for (rest = lines; (line = next_line(&rest)) != NULL;) {
        const char *words = line + TIME_LENGTH;
        unsigned long long these = 0;

        if (strncmp(words, " info line ", 11) == 0)
            written++;
        else if (sscanf(words, " warning %llu log lines were dropped", &these) == 1)
            dropped += these;
        else
            cr_expect(false, "unexpected line: %s", line);
    }
    cr_expect_gt(dropped, 0);
    cr_expect_geq(written, LOG_QUEUE_LINES);
    cr_expect_eq((unsigned long long)written + dropped, (unsigned long long)sent,
        "%d written and %llu dropped of %d", written, dropped, sent);
    free(lines);
}

Test(log, a_reader_that_never_reads_holds_up_nobody_for_ever, .timeout = 20)
{
    struct config config = {.log_file = NULL};
    struct error error;
    struct log *log;
    int i, way;

    /* The ends are kept open and never read. */
    (void)pipe_as_stderr();
    for (way = 0; way < 2; way++) {
        log = log_open(&config, way == 0, &error);
        cr_assert_not_null(log);
        for (i = 0; i < 200; i++)
            log_words(log, LOG_LEVEL_INFO, "line %d", i);
        log_close(log);
    }
}

Test(log, a_reader_that_has_gone_ends_nothing)
{
    struct config config = {.log_file = NULL};
    struct error error;
    int fd = pipe_as_stderr(), i, way;

    (void)close(fd);
    for (way = 0; way < 2; way++) {
        struct log *log = log_open(&config, way == 0, &error);

        for (i = 0; i < 10; i++)
            log_words(log, LOG_LEVEL_INFO, "line %d", i);
        log_close(log);
    }
}

Test(log, a_closed_standard_error_gets_nothing_and_nobody_else_its_lines)
{
    struct config config = {.log_file = NULL};
    struct error error;
    struct log *log;
    struct stat status;
    int fd;

    (void)close(STDERR_FILENO);
    log = log_open(&config, false, &error);
    cr_assert_not_null(log);
    fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    log_words(log, LOG_LEVEL_INFO, "not for this file");
    log_close(log);
    cr_assert_eq(fstat(fd, &status), 0);
    cr_expect_eq(status.st_size, 0);
    (void)close(fd);
}

Test(log, a_full_disk_loses_lines_and_nothing_else)
{
    char full[] = "/dev/full";
    struct config config = {.log_file = full};
    struct error error;
    int i, way;

    for (way = 0; way < 2; way++) {
        struct log *log = log_open(&config, way == 0, &error);

        cr_assert_not_null(log, "%s", error.text);
        for (i = 0; i < 10; i++)
            log_words(log, LOG_LEVEL_INFO, "line %d", i);
        log_close(log);
    }
}

Test(log, reopening_follows_the_name_and_no_line_is_torn_or_lost)
{
    struct fixture fixture;
    char *moved = NULL, *lines, *old;
    size_t size = 0;
    FILE *file;

    start(&fixture, CONFIG_LOG_TEXT, false);
    pki_must(asprintf(&moved, "%s.1", fixture.path) > 0, "memory");
    log_words(fixture.log, LOG_LEVEL_INFO, "before");
    cr_assert_eq(rename(fixture.path, moved), 0);
    log_words(fixture.log, LOG_LEVEL_INFO, "between");
    log_reopen(fixture.log);
    log_words(fixture.log, LOG_LEVEL_INFO, "after");
    file = fopen(moved, "r");
    old = NULL;
    cr_assert_gt(getdelim(&old, &size, '\0', file), 0);
    (void)fclose(file);
    cr_expect_not_null(strstr(old, " info before\n"), "%s", old);
    cr_expect_not_null(strstr(old, " info between\n"), "%s", old);
    free(old);
    free(moved);
    lines = finish(&fixture);
    expect_line(lines, "info after\n");
}

Test(log, a_file_that_cannot_be_reopened_keeps_the_old_one_and_says_so)
{
    struct fixture fixture;
    char *moved = NULL, *old = NULL;
    size_t size = 0;
    FILE *file;

    start(&fixture, CONFIG_LOG_TEXT, true);
    pki_must(asprintf(&moved, "%s.1", fixture.path) > 0, "memory");
    cr_assert_eq(rename(fixture.path, moved), 0);
    cr_assert_eq(mkdir(fixture.path, 0700), 0);
    log_reopen(fixture.log);
    log_words(fixture.log, LOG_LEVEL_INFO, "after");
    log_close(fixture.log);
    file = fopen(moved, "r");
    cr_assert_gt(getdelim(&old, &size, '\0', file), 0);
    (void)fclose(file);
    cr_expect_not_null(strstr(old, "the log goes on in the old file\n"), "%s", old);
    cr_expect_not_null(strstr(old, " info after\n"), "%s", old);
    free(old);
    free(moved);
    free(fixture.path);
    pki_remove_dir(fixture.dir);
}

Test(log, a_file_that_cannot_be_opened_is_told_by_name)
{
    char path[] = "/nonexistent/peercert.log";
    struct config config = {.log_file = path};
    struct error error = {.kind = ERROR_NONE};

    cr_expect_null(log_open(&config, true, &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_not_null(strstr(error.text, path), "%s", error.text);
}

Test(log, a_new_file_is_not_for_everybody)
{
    char *dir = pki_temp_dir(), *path = NULL;
    struct config config = {.log_file = NULL};
    struct error error;
    struct stat status;

    pki_must(asprintf(&path, "%s/new", dir) > 0, "memory");
    config.log_file = path;
    (void)umask(0);
    log_close(log_open(&config, false, &error));
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0640, "mode %o", status.st_mode & 0777);
    free(path);
    pki_remove_dir(dir);
}
