/* SPDX-License-Identifier: ISC */
#include "log/log_sink.h"
#include "unit/log/log_file.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

Test(log_sink, a_closed_standard_error_gets_nothing_and_nobody_else_its_lines)
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

Test(log_sink, a_full_disk_loses_lines_and_nothing_else)
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

Test(log_sink, after_half_a_line_the_next_one_begins_anew)
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

/* Renames the log's file; returns its new name, to be freed with free(). */
static char *move_away(const struct log_file *file_log)
{
    char *moved = NULL;

    pki_must(asprintf(&moved, "%s.1", file_log->path) > 0, "memory");
    cr_assert_eq(rename(file_log->path, moved), 0);
    return moved;
}

static char *read_whole(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");

    cr_assert(file != NULL && getdelim(&text, &size, '\0', file) > 0, "%s", path);
    (void)fclose(file);
    return text;
}

Test(log_sink, reopening_follows_the_name_and_no_line_is_torn_or_lost)
{
    struct log_file file_log;
    char *moved, *lines, *old;

    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    log_words(file_log.log, LOG_LEVEL_INFO, "before");
    moved = move_away(&file_log);
    log_words(file_log.log, LOG_LEVEL_INFO, "between");
    log_reopen(file_log.log);
    log_words(file_log.log, LOG_LEVEL_INFO, "after");
    old = read_whole(moved);
    cr_expect_not_null(strstr(old, " info before\n"), "%s", old);
    cr_expect_not_null(strstr(old, " info between\n"), "%s", old);
    free(old);
    free(moved);
    lines = log_file_finish(&file_log);
    cr_expect_str_eq(lines + TIME_LENGTH, " info after\n", "%s", lines);
    free(lines);
}

Test(log_sink, a_file_that_was_moved_away_is_followed_and_one_that_was_not_is_left_alone)
{
    struct log_file file_log;
    char *moved, *lines;
    struct stat before, after;

    log_file_start(&file_log, CONFIG_LOG_TEXT, false);
    cr_assert_eq(stat(file_log.path, &before), 0);
    log_follow_rotation(file_log.log);
    cr_assert_eq(stat(file_log.path, &after), 0);
    cr_expect_eq(before.st_ino, after.st_ino);
    moved = move_away(&file_log);
    log_follow_rotation(file_log.log);
    log_words(file_log.log, LOG_LEVEL_INFO, "after");
    free(moved);
    lines = log_file_finish(&file_log);
    cr_expect_str_eq(lines + TIME_LENGTH, " info after\n", "%s", lines);
    free(lines);
}

Test(log_sink, a_file_that_cannot_be_reopened_keeps_the_old_one_and_says_so)
{
    struct log_file file_log;
    char *moved, *old;

    log_file_start(&file_log, CONFIG_LOG_TEXT, true);
    moved = move_away(&file_log);
    cr_assert_eq(mkdir(file_log.path, 0700), 0);
    log_reopen(file_log.log);
    log_words(file_log.log, LOG_LEVEL_INFO, "after");
    log_close(file_log.log);
    old = read_whole(moved);
    cr_expect_not_null(strstr(old, "the log goes on in the old file\n"), "%s", old);
    cr_expect_not_null(strstr(old, " info after\n"), "%s", old);
    free(old);
    free(moved);
    free(file_log.path);
    pki_remove_dir(file_log.dir);
}

Test(log_sink, a_file_that_cannot_be_opened_is_told_by_name)
{
    char path[] = "/nonexistent/peercert.log";
    struct config config = {.log_file = path};
    struct error error = {.kind = ERROR_NONE};

    cr_expect_null(log_open(&config, true, &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_not_null(strstr(error.text, path), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "its folder does not exist"), "%s", error.text);
}

Test(log_sink, a_new_file_is_not_for_everybody)
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

Test(log_sink, what_does_not_serve_leaves_the_log_file_alone)
{
    char path[] = "/nonexistent/peercert.log";
    struct config configs[] = {{.check = true}, {.explain = true}, {.test_config = true}};
    struct error error;
    size_t i;

    for (i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        struct log *log;

        configs[i].log_file = path;
        log = log_open(&configs[i], false, &error);
        cr_expect_not_null(log, "%zu", i);
        log_close(log);
    }
}
