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
#include <time.h>
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

Test(log_queue, lines_that_a_full_disk_does_not_take_are_counted)
{
    char full[] = "/dev/full";
    struct config config = {.log_file = full};
    const struct timespec moment = {.tv_nsec = 1000000};
    struct error error;
    struct log *log = log_open(&config, true, &error);
    int i;

    cr_assert_not_null(log, "%s", error.text);
    for (i = 0; i < 3; i++)
        log_words(log, LOG_LEVEL_INFO, "line %d", i);
    for (i = 0; i < 5000 && log_dropped(log) < 3; i++)
        (void)nanosleep(&moment, NULL);
    cr_expect_eq(log_dropped(log), 3);
    log_close(log);
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

static void *read_late(void *argument)
{
    (void)sleep(1);
    return read_all(argument);
}

/* What fits into the pipe comes, whereas without the limit all would. */
Test(log_queue, an_end_with_a_limit_does_not_wait_for_a_late_reader)
{
    struct config config = {.log_file = NULL};
    struct error error;
    int fd = pipe_as_stderr(), i;
    struct log *log = log_open(&config, true, &error);
    pthread_t reader;
    void *lines = NULL;

    for (i = 0; i < 200; i++)
        log_words(log, LOG_LEVEL_INFO, "line %d", i);
    (void)close(STDERR_FILENO);
    log_limit(log, 0);
    pki_must(pthread_create(&reader, NULL, read_late, &fd) == 0, "no thread");
    log_close(log);
    (void)pthread_join(reader, &lines);
    cr_expect_leq(strlen(lines), 4096);
    free(lines);
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
