/* SPDX-License-Identifier: ISC */
#include "log/log_queue.h"
#include "base/clock.h"
#include "log/log_line.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long the writer lets lines gather after it has written, so that a busy server pays for a
 * wake-up and a write(2) once for many lines, and how many lines end that rest early. */
#define GATHER_MS 10
#define GATHER_LINES (LOG_QUEUE_LINES / 4)
/* How much longer the end waits for a writer that does not notice that its time is over. */
#define HANG_MS 200

struct entry {
    char *line;
    enum log_level level;
};

struct log_queue {
    struct log_sink *sink;
    bool json;
    pthread_t writer;
    pthread_mutex_t lock;                  /* guards all below */
    pthread_cond_t ready;                  /* a line for an idle writer, many lines, or closing */
    pthread_cond_t over;                   /* ended was set */
    struct entry entries[LOG_QUEUE_LINES]; /* a ring of `count` from `first` on */
    size_t first, count;
    uint64_t dropped; /* lines that were not written and not told of */
    uint64_t dropped_in_all;
    bool idle; /* the writer waits for the first line */
    bool closing;
    bool ended; /* the writer touches nothing any more */
};

/* Lines that are written with one write(2). */
struct batch {
    char bytes[LOG_LINE_MAX];
    size_t length;
    uint64_t lines;
    enum log_level level; /* of the first */
};

static void drop(struct log_queue *queue)
{
    queue->dropped++;
    queue->dropped_in_all++;
}

/* Moves lines from the queue into the batch, as many as it holds; one for syslog. */
static void take(struct log_queue *queue, struct batch *batch)
{
    batch->length = 0;
    batch->lines = 0;
    while (queue->count > 0) {
        struct entry *entry = &queue->entries[queue->first];
        size_t length = strlen(entry->line);

        if (batch->lines > 0 &&
            (queue->sink->fd < 0 || length > sizeof(batch->bytes) - batch->length))
            return;
        if (batch->lines == 0)
            batch->level = entry->level;
        /* Every line fits (LOG_LINE_MAX); one that did not would be lost, and told of. */
        if (length <= sizeof(batch->bytes)) {
            memcpy(batch->bytes + batch->length, entry->line, length);
            batch->length += length;
            batch->lines++;
        } else {
            drop(queue);
        }
        free(entry->line);
        entry->line = NULL;
        queue->first = (queue->first + 1) % LOG_QUEUE_LINES;
        queue->count--;
    }
}

/* Tells of dropped lines; returns how many are still to be told of. */
static uint64_t tell(struct log_queue *queue, uint64_t dropped)
{
    struct text text = {.limit = LOG_LINE_MAX}, words = {.limit = 0};

    text_printf(&words, "%llu log line%s dropped", (unsigned long long)dropped,
        dropped == 1 ? " was" : "s were");
    log_line_words(&text, queue->json, LOG_LEVEL_WARNING, text_string(&words));
    if (!words.failed && !text.failed &&
        log_sink_write(queue->sink, LOG_LEVEL_WARNING, text.data, text.length))
        dropped = 0;
    text_free(&words);
    text_free(&text);
    return dropped;
}

/* Waits, with the lock held, until there is something to write, or the queue is closed. A line that
 * comes after a pause is written at once, those right behind it GATHER_MS later at the most. */
static void await_lines(struct log_queue *queue)
{
    const struct timespec until = clock_timespec(clock_microseconds() + GATHER_MS * INT64_C(1000));
    int result = 0;

    while (queue->count < GATHER_LINES && !queue->closing && result == 0)
        result = pthread_cond_timedwait(&queue->ready, &queue->lock, &until);
    while (queue->count == 0 && !queue->closing) {
        queue->idle = true;
        (void)pthread_cond_wait(&queue->ready, &queue->lock);
    }
    queue->idle = false;
}

/* Writes until the queue is closed and empty. */
static void *write_lines(void *argument)
{
    struct log_queue *queue = argument;
    struct batch batch;

    (void)pthread_mutex_lock(&queue->lock);
    while (queue->count > 0 || !queue->closing) {
        uint64_t dropped;
        bool fine;

        if (queue->count == 0) {
            await_lines(queue);
            continue;
        }
        take(queue, &batch);
        dropped = queue->dropped;
        queue->dropped = 0;
        (void)pthread_mutex_unlock(&queue->lock);
        fine = log_sink_write(queue->sink, batch.level, batch.bytes, batch.length);
        if (fine && dropped > 0)
            dropped = tell(queue, dropped);
        (void)pthread_mutex_lock(&queue->lock);
        queue->dropped += dropped + (fine ? 0 : batch.lines);
        queue->dropped_in_all += fine ? 0 : batch.lines;
    }
    queue->ended = true;
    (void)pthread_cond_signal(&queue->over);
    (void)pthread_mutex_unlock(&queue->lock);
    return NULL;
}

static void make_locks(struct log_queue *queue)
{
    (void)pthread_mutex_init(&queue->lock, NULL);
    clock_condition_init(&queue->ready);
    clock_condition_init(&queue->over);
}

static void free_queue(struct log_queue *queue)
{
    (void)pthread_cond_destroy(&queue->over);
    (void)pthread_cond_destroy(&queue->ready);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

struct log_queue *log_queue_start(struct log_sink *sink, bool json, struct error *error)
{
    struct log_queue *queue = calloc(1, sizeof(*queue));
    sigset_t all, before;
    int failure;

    if (queue == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the log");
        return NULL;
    }
    queue->sink = sink;
    queue->json = json;
    make_locks(queue);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&queue->writer, NULL, write_lines, queue);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        error_set(error, ERROR_LIBRARY, "the log's thread: %s", strerror(failure));
        free_queue(queue);
        return NULL;
    }
    return queue;
}

void log_queue_add(struct log_queue *queue, enum log_level level, char *line)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (line == NULL || queue->count == LOG_QUEUE_LINES) {
        drop(queue);
        free(line);
    } else {
        size_t last = (queue->first + queue->count) % LOG_QUEUE_LINES;

        queue->entries[last] = (struct entry){line, level};
        queue->count++;
        if (queue->idle || queue->count == GATHER_LINES)
            (void)pthread_cond_signal(&queue->ready);
        queue->idle = false; /* one wake-up is enough */
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

uint64_t log_queue_dropped(struct log_queue *queue)
{
    uint64_t dropped;

    (void)pthread_mutex_lock(&queue->lock);
    dropped = queue->dropped_in_all;
    (void)pthread_mutex_unlock(&queue->lock);
    return dropped;
}

bool log_queue_end(struct log_queue *queue)
{
    struct timespec until;
    int result = 0;
    bool ended;

    if (atomic_load(&queue->sink->deadline) == 0)
        log_sink_limit(queue->sink, LOG_SINK_PATIENCE);
    /* The writer ends by itself then, unless a system call hangs. */
    until = clock_timespec((atomic_load(&queue->sink->deadline) + HANG_MS) * INT64_C(1000));
    (void)pthread_mutex_lock(&queue->lock);
    queue->closing = true;
    (void)pthread_cond_signal(&queue->ready);
    while (!queue->ended && result == 0)
        result = pthread_cond_timedwait(&queue->over, &queue->lock, &until);
    ended = queue->ended;
    (void)pthread_mutex_unlock(&queue->lock);
    if (!ended || pthread_join(queue->writer, NULL) != 0)
        return false;
    free_queue(queue);
    return true;
}
