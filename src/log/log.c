/* SPDX-License-Identifier: ISC */
#include "log/log.h"
#include "log/log_line.h"
#include "log/log_queue.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of words at the most; what is longer ends in dots. */
#define MAX_WORDS 1024

struct log {
    struct log_sink sink;
    char *path; /* what the sink borrows; NULL for standard error */
    bool json;
    struct log_queue *queue;     /* NULL: the caller writes */
    pthread_mutex_t direct_lock; /* guards the sink when callers write */
};

/* What looks at files or at the configuration tells its user, and leaves the log of those who serve
 * alone: a file that root makes is none that they can write to. */
static const char *log_file_of(const struct config *config)
{
    bool serves = !config->check && !config->explain && !config->test_config;

    return serves ? config->log_file : NULL;
}

struct log *log_open(const struct config *config, bool threaded, struct error *error)
{
    struct log *log = calloc(1, sizeof(*log));
    const char *path = log_file_of(config);

    if (log != NULL && path != NULL)
        log->path = strdup(path);
    if (log == NULL || (path != NULL && log->path == NULL)) {
        error_set(error, ERROR_MEMORY, "out of memory for the log");
        free(log);
        return NULL;
    }
    log->json = config->log_format == CONFIG_LOG_JSON;
    if (!log_sink_open(&log->sink, log->path, error)) {
        free(log->path);
        free(log);
        return NULL;
    }
    (void)pthread_mutex_init(&log->direct_lock, NULL);
    if (threaded) {
        log->queue = log_queue_start(&log->sink, log->json, error);
        if (log->queue == NULL) {
            log_close(log);
            return NULL;
        }
    }
    return log;
}

/* Hands a rendered line on. */
static void put(struct log *log, enum log_level level, struct text *text)
{
    char *line = text_take(text);

    if (log->queue != NULL) {
        log_queue_add(log->queue, level, line);
        return;
    }
    if (line != NULL) {
        (void)pthread_mutex_lock(&log->direct_lock);
        (void)log_sink_write_now(&log->sink, level, line, strlen(line));
        (void)pthread_mutex_unlock(&log->direct_lock);
    }
    free(line);
}

/* Ends words that were cut with dots in place of the last bytes, at the end of a character. */
static void end_cut(char *words, size_t size)
{
    static const char dots[] = "...";
    size_t at = size - sizeof(dots);

    while (at > 0 && ((unsigned char)words[at] & 0xC0) == 0x80)
        at--;
    memcpy(words + at, dots, sizeof(dots));
}

void log_words(struct log *log, enum log_level level, const char *format, ...)
{
    struct text text = {.limit = LOG_LINE_MAX};
    char words[MAX_WORDS + 1];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    if (length < 0)
        words[0] = '\0';
    else if ((size_t)length >= sizeof(words))
        end_cut(words, sizeof(words));
    log_line_words(&text, log->json, level, words);
    put(log, level, &text);
}

void log_render_who(const struct log *log, struct text *text, const struct identity *identity)
{
    if (!log->json)
        log_line_who(text, identity);
}

void log_verdict(struct log *log, const struct log_verdict *verdict)
{
    char buffer[LOG_LINE_MAX + 1];
    struct text text;

    text_begin(&text, buffer, sizeof(buffer), LOG_LINE_MAX);
    log_line_verdict(&text, log->json, verdict);
    put(log, LOG_LEVEL_INFO, &text);
}

void log_decision(struct log *log, const struct log_decision *decision)
{
    char buffer[LOG_LINE_MAX + 1];
    struct text text;

    text_begin(&text, buffer, sizeof(buffer), LOG_LINE_MAX);
    log_line_decision(&text, log->json, decision);
    put(log, LOG_LEVEL_INFO, &text);
}

void log_reopen(struct log *log)
{
    struct error error = {.kind = ERROR_NONE};

    if (!log_sink_reopen(&log->sink, &error))
        log_words(log, LOG_LEVEL_ERROR, "%s; the log goes on in the old file", error.text);
}

void log_follow_rotation(struct log *log)
{
    struct error error = {.kind = ERROR_NONE};

    /* What cannot be opened now is tried again in a second; the old file takes the lines meanwhile.
     */
    if (log_sink_was_moved(&log->sink))
        (void)log_sink_reopen(&log->sink, &error);
}

uint64_t log_dropped(struct log *log)
{
    return log->queue != NULL ? log_queue_dropped(log->queue) : 0;
}

void log_limit(struct log *log, int64_t milliseconds)
{
    log_sink_limit(&log->sink, milliseconds);
}

void log_close(struct log *log)
{
    if (log == NULL)
        return;
    /* A writer that hangs in a system call still needs all of it; the process is about to end. */
    if (log->queue != NULL && !log_queue_end(log->queue))
        return;
    log_sink_close(&log->sink);
    (void)pthread_mutex_destroy(&log->direct_lock);
    free(log->path);
    free(log);
}
