/* SPDX-License-Identifier: ISC */
#include "log/log.h"
#include "unit/log/log_file.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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

Test(log_queue, lines_of_many_threads_stay_whole_and_in_order)
{
    static const bool threaded[] = {true, false};
    int next[8], i, number, line_number;
    struct writer writers[8];
    pthread_t threads[8];
    struct log_file file_log;
    size_t way;

    for (way = 0; way < 2; way++) {
        char *lines, *line, *rest = NULL;

        log_file_start(&file_log, CONFIG_LOG_TEXT, threaded[way]);
        memset(next, 0, sizeof(next));
        for (i = 0; i < 8; i++) {
            writers[i] = (struct writer){file_log.log, i};
            pki_must(pthread_create(&threads[i], NULL, log_many, &writers[i]) == 0, "no thread");
        }
        for (i = 0; i < 8; i++)
            (void)pthread_join(threads[i], NULL);
        lines = log_file_finish(&file_log);
        for (rest = lines; (line = log_file_next_line(&rest)) != NULL;) {
            int end = 0;

            cr_assert(log_file_begins_with_time(line), "%s", line);
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

Test(log_queue, lines_without_room_are_dropped_counted_and_told)
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
    for (rest = lines; (line = log_file_next_line(&rest)) != NULL;) {
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

Test(log_queue, a_reader_that_never_reads_holds_up_nobody_for_ever, .timeout = 20)
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

Test(log_queue, a_reader_that_has_gone_ends_nothing)
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

Test(log_queue, a_closed_standard_error_gets_nothing_and_nobody_else_its_lines)
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

Test(log_queue, a_full_disk_loses_lines_and_nothing_else)
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

Test(log_queue, after_half_a_line_the_next_one_begins_anew)
{
    struct rlimit limit;
    struct log_file file_log;
    char *lines, *second;

    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    (void)signal(SIGXFSZ, SIG_IGN);
    pki_must(getrlimit(RLIMIT_FSIZE, &limit) == 0, "getrlimit");
    pki_must(setrlimit(RLIMIT_FSIZE, &(struct rlimit){30, limit.rlim_max}) == 0, "setrlimit");
    log_words(file_log.log, LOG_LEVEL_INFO, "this does not fit into thirty bytes");
    pki_must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    log_words(file_log.log, LOG_LEVEL_INFO, "whole");
    lines = log_file_finish(&file_log);
    second = strchr(lines, '\n');
    cr_assert_eq(second - lines, 30, "the first line should have been cut: %s", lines);
    cr_expect(log_file_begins_with_time(second + 1), "%s", lines);
    cr_expect_str_eq(second + 1 + TIME_LENGTH, " info whole\n", "%s", lines);
    free(lines);
}

Test(log_queue, reopening_follows_the_name_and_no_line_is_torn_or_lost)
{
    struct log_file file_log;
    char *moved = NULL, *lines, *old;
    size_t size = 0;
    FILE *file;

    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    pki_must(asprintf(&moved, "%s.1", file_log.path) > 0, "memory");
    log_words(file_log.log, LOG_LEVEL_INFO, "before");
    cr_assert_eq(rename(file_log.path, moved), 0);
    log_words(file_log.log, LOG_LEVEL_INFO, "between");
    log_reopen(file_log.log);
    log_words(file_log.log, LOG_LEVEL_INFO, "after");
    file = fopen(moved, "r");
    old = NULL;
    cr_assert_gt(getdelim(&old, &size, '\0', file), 0);
    (void)fclose(file);
    cr_expect_not_null(strstr(old, " info before\n"), "%s", old);
    cr_expect_not_null(strstr(old, " info between\n"), "%s", old);
    free(old);
    free(moved);
    lines = log_file_finish(&file_log);
    cr_expect_str_eq(lines + TIME_LENGTH, " info after\n", "%s", lines);
    free(lines);
}

Test(log_queue, a_file_that_was_moved_away_is_followed_and_one_that_was_not_is_left_alone)
{
    struct log_file file_log;
    char *moved = NULL, *lines;
    struct stat before, after;

    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    pki_must(asprintf(&moved, "%s.1", file_log.path) > 0, "memory");
    cr_assert_eq(stat(file_log.path, &before), 0);
    log_follow_rotation(file_log.log);
    cr_assert_eq(stat(file_log.path, &after), 0);
    cr_expect_eq(before.st_ino, after.st_ino);
    cr_assert_eq(rename(file_log.path, moved), 0);
    log_follow_rotation(file_log.log);
    log_words(file_log.log, LOG_LEVEL_INFO, "after");
    free(moved);
    lines = log_file_finish(&file_log);
    cr_expect_str_eq(lines + TIME_LENGTH, " info after\n", "%s", lines);
    free(lines);
}

Test(log_queue, a_file_that_cannot_be_reopened_keeps_the_old_one_and_says_so)
{
    struct log_file file_log;
    char *moved = NULL, *old = NULL;
    size_t size = 0;
    FILE *file;

    log_file_start(&file_log, CONFIG_LOG_TEXT, true);
    pki_must(asprintf(&moved, "%s.1", file_log.path) > 0, "memory");
    cr_assert_eq(rename(file_log.path, moved), 0);
    cr_assert_eq(mkdir(file_log.path, 0700), 0);
    log_reopen(file_log.log);
    log_words(file_log.log, LOG_LEVEL_INFO, "after");
    log_close(file_log.log);
    file = fopen(moved, "r");
    cr_assert_gt(getdelim(&old, &size, '\0', file), 0);
    (void)fclose(file);
    cr_expect_not_null(strstr(old, "the log goes on in the old file\n"), "%s", old);
    cr_expect_not_null(strstr(old, " info after\n"), "%s", old);
    free(old);
    free(moved);
    free(file_log.path);
    pki_remove_dir(file_log.dir);
}

Test(log_queue, a_file_that_cannot_be_opened_is_told_by_name)
{
    char path[] = "/nonexistent/peercert.log";
    struct config config = {.log_file = path};
    struct error error = {.kind = ERROR_NONE};

    cr_expect_null(log_open(&config, true, &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_not_null(strstr(error.text, path), "%s", error.text);
}

Test(log_queue, a_new_file_is_not_for_everybody)
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
