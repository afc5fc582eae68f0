/* SPDX-License-Identifier: ISC */
#include "log/log_sink.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* How often a wait looks at the deadline, which may have come meanwhile, milliseconds. */
#define SLICE 50

/* O_NONBLOCK: a FIFO without a reader is an error at once, and nobody else shares this file
 * description. */
static int open_file(const char *path, struct error *error)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
        S_IRUSR | S_IWUSR | S_IRGRP);

    if (fd < 0)
        error_set(error, ERROR_USAGE, "log-file %s: %s", path,
            errno == ENOENT ? "its folder does not exist" : strerror(errno));
    return fd;
}

/* A descriptor of its own, so that it stays what it was when standard error is redirected or closed
 * later. A standard error that is closed already gets nothing. */
static int open_stderr(struct error *error)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    if (fd < 0 && errno == EBADF)
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        error_set(error, ERROR_LIBRARY, "standard error: %s", strerror(errno));
    return fd;
}

bool log_sink_open(struct log_sink *sink, const char *log_file, struct error *error)
{
    *sink = (struct log_sink){.fd = -1};
    if (log_file != NULL && strcmp(log_file, "syslog") == 0) {
        openlog("peercert", LOG_PID, LOG_DAEMON);
        return true;
    }
    sink->path = log_file;
    sink->fd = log_file != NULL ? open_file(log_file, error) : open_stderr(error);
    return sink->fd >= 0;
}

/* Waits until something can be written or an error can be had; false when time is over. */
static bool wait_for_room(struct log_sink *sink)
{
    for (;;) {
        struct pollfd wanted = {.fd = sink->fd, .events = POLLOUT};
        int64_t deadline = atomic_load(&sink->deadline);
        int64_t left = deadline != 0 ? deadline - clock_milliseconds() : SLICE;
        int ready = poll(&wanted, 1, left <= 0 ? 0 : left < SLICE ? (int)left : SLICE);

        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (deadline != 0 && left <= 0) {
            sink->gave_up = true;
            return false;
        }
    }
}

/* Writes it all; *written tells how far it came. */
static bool write_all(struct log_sink *sink, const char *bytes, size_t length, size_t *written)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    *written = 0;
    while (*written < length) {
        ssize_t count;

        if (!wait_for_room(sink))
            return false;
        count = write(sink->fd, bytes + *written, length - *written);
        if (count > 0)
            *written += (size_t)count;
        else if (count < 0 && errno == EAGAIN)
            (void)nanosleep(&pause, NULL); /* poll(2) promised more than was true: do not spin */
        else if (count == 0 || errno != EINTR)
            return false;
    }
    sink->gave_up = false;
    return true;
}

static void write_syslog(enum log_level level, const char *line, size_t length)
{
    static const int priorities[] = {
        [LOG_LEVEL_ERROR] = LOG_ERR,
        [LOG_LEVEL_WARNING] = LOG_WARNING,
        [LOG_LEVEL_INFO] = LOG_INFO,
    };

    if (length > 0 && line[length - 1] == '\n')
        length--;
    syslog(priorities[level], "%.*s", (int)length, line);
}

bool log_sink_write(struct log_sink *sink, enum log_level level, const char *lines, size_t length)
{
    size_t written = 0;
    bool fine;

    if (sink->fd < 0) {
        write_syslog(level, lines, length);
        return true;
    }
    /* What follows half a line must not look like the rest of it. */
    if (sink->torn && !write_all(sink, "\n", 1, &written))
        return false;
    sink->torn = false;
    fine = write_all(sink, lines, length, &written);
    sink->torn = !fine && written > 0 && lines[written - 1] != '\n';
    return fine;
}

bool log_sink_write_now(
    struct log_sink *sink, enum log_level level, const char *lines, size_t length)
{
    const struct timespec at_once = {0};
    sigset_t pipe_signal, before, pending;
    bool fine, was_pending;

    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    log_sink_limit(sink, sink->gave_up ? 0 : LOG_SINK_PATIENCE);
    fine = log_sink_write(sink, level, lines, length);
    /* Takes back the SIGPIPE that the write may have raised in this thread. */
    if (!was_pending)
        while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
            ;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fine;
}

bool log_sink_reopen(struct log_sink *sink, struct error *error)
{
    bool fine;
    int fd;

    if (sink->path == NULL)
        return true;
    fd = open_file(sink->path, error);
    if (fd < 0)
        return false;
    /* dup3(2) puts it in place at once for all threads. */
    fine = dup3(fd, sink->fd, O_CLOEXEC) >= 0;
    if (!fine)
        error_set(error, ERROR_LIBRARY, "log-file %s: %s", sink->path, strerror(errno));
    (void)close(fd);
    return fine;
}

bool log_sink_was_moved(const struct log_sink *sink)
{
    struct stat open_file, named;

    if (sink->path == NULL || fstat(sink->fd, &open_file) != 0)
        return false;
    if (stat(sink->path, &named) != 0)
        return errno == ENOENT;
    return open_file.st_dev != named.st_dev || open_file.st_ino != named.st_ino;
}

void log_sink_limit(struct log_sink *sink, int64_t milliseconds)
{
    atomic_store(&sink->deadline, clock_milliseconds() + milliseconds);
}

void log_sink_close(struct log_sink *sink)
{
    if (sink->fd >= 0)
        (void)close(sink->fd);
    else
        closelog();
    sink->fd = -1;
}
