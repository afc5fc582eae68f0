/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often a file that moves under our eyes is read again. */
#define READ_TRIES 5
#define PASSWORD_MAX 1024
/* How long a writer of a FIFO is waited for. */
#define FIFO_MILLISECONDS 1000
/* A file is taken for unchanged when it has been so for at least this long. */
#define TICK_NANOSECONDS 10000000L
/* What is made room for when the size is not known. */
#define EXPECTED_BYTES ((size_t)16384)

static bool say_errno(const char *path, struct error *error)
{
    int reason = errno;

    error_set(
        error, reason == ENOMEM ? ERROR_MEMORY : ERROR_FILE, "%s: %s", path, strerror(reason));
    return false;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The file may hold a key or a pass phrase. */
static void wipe_bytes(struct bytes *bytes)
{
    if (bytes->data != NULL)
        OPENSSL_cleanse(bytes->data, bytes->length);
    free(bytes->data);
    *bytes = (struct bytes){0};
}

/* Makes room for more, without leaving a copy behind as realloc would. */
static bool grow(struct bytes *bytes, size_t capacity, const char *path, struct error *error)
{
    struct bytes larger = {.data = malloc(capacity), .length = bytes->length};

    if (larger.data == NULL) {
        error_set(error, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    if (bytes->length > 0)
        memcpy(larger.data, bytes->data, bytes->length);
    wipe_bytes(bytes);
    *bytes = larger;
    return true;
}

/* Reads an open descriptor to its end; about `expected` bytes, at the most `limit`. */
static bool read_all(int fd, const char *path, size_t expected, size_t limit, struct bytes *bytes,
    struct error *error)
{
    size_t capacity = 0;

    for (;;) {
        ssize_t got;

        if (bytes->length == capacity) {
            if (capacity > limit)
                break;
            capacity = capacity != 0 ? capacity * 2 : expected + 1;
            if (!grow(bytes, capacity, path, error))
                return false;
        }
        got = read(fd, bytes->data + bytes->length, capacity - bytes->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return say_errno(path, error);
        if (got == 0)
            break;
        bytes->length += (size_t)got;
    }
    if (bytes->length > limit) {
        error_set(error, ERROR_FILE, "%s: larger than %zu bytes", path, limit);
        return false;
    }
    return true;
}

/* Stat's times go by the kernel's tick, 10 ms at the most: a file that was written to in this very
 * tick may be written to again without showing it. */
static bool is_fresh(const struct stat *status)
{
    struct timespec now;
    long long age;

    if (!S_ISREG(status->st_mode) || clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0)
        return false;
    age = (long long)(now.tv_sec - status->st_ctim.tv_sec);
    return age >= 0 && age <= 1 &&
           age * 1000000000 + now.tv_nsec - status->st_ctim.tv_nsec <= TICK_NANOSECONDS;
}

/* fstat(2), when the file is fresh again after a tick. */
static bool look_at(int fd, struct stat *status)
{
    static const struct timespec tick = {.tv_nsec = TICK_NANOSECONDS + 1000000L};

    if (fstat(fd, status) != 0)
        return false;
    if (!is_fresh(status))
        return true;
    (void)nanosleep(&tick, NULL);
    return fstat(fd, status) == 0;
}

/* Opening a FIFO waits for a writer, without end when none comes: one gets a moment. Then reading
 * waits as long as there is a writer, as for what a shell makes of <(...). */
static int open_readable(const char *path)
{
    struct pollfd writer = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    struct stat status;
    int flags = writer.fd >= 0 ? fcntl(writer.fd, F_GETFL) : -1;

    if (flags < 0)
        return writer.fd;
    writer.events = POLLIN;
    if (fstat(writer.fd, &status) == 0 && S_ISFIFO(status.st_mode))
        (void)poll(&writer, 1, FIFO_MILLISECONDS);
    (void)fcntl(writer.fd, F_SETFL, flags & ~O_NONBLOCK);
    return writer.fd;
}

/* One try. *moved tells that the file changed meanwhile. */
static bool read_once(
    const char *path, size_t limit, struct bytes *bytes, bool *moved, struct error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct stat before, after, name;
    size_t expected = EXPECTED_BYTES;
    bool good = false;
    int fd = standard_input ? STDIN_FILENO : open_readable(path);

    *moved = false;
    if (fd < 0)
        return say_errno(path, error);
    if (!look_at(fd, &before)) {
        say_errno(path, error);
        goto out;
    }
    if (S_ISDIR(before.st_mode)) {
        errno = EISDIR;
        say_errno(path, error);
        goto out;
    }
    *moved = !standard_input && is_fresh(&before);
    if (*moved) {
        good = true;
        goto out;
    }
    if (S_ISREG(before.st_mode) && before.st_size > 0)
        expected = (size_t)before.st_size;
    if (!read_all(fd, path, expected < limit ? expected : limit, limit, bytes, error))
        goto out;
    if (S_ISFIFO(before.st_mode) && !standard_input && bytes->length == 0) {
        error_set(error, ERROR_FILE, "%s: it is a FIFO, and nobody writes to it", path);
        goto out;
    }
    if (S_ISREG(before.st_mode) && !standard_input) {
        if (fstat(fd, &after) != 0 || stat(path, &name) != 0) {
            say_errno(path, error);
            goto out;
        }
        *moved = !same_file(&before, &after) || !same_file(&before, &name);
    }
    good = true;

out:
    if (!standard_input)
        (void)close(fd);
    return good;
}

bool file_read(const char *path, size_t limit, struct bytes *bytes, struct error *error)
{
    int tries;

    if (limit == 0)
        limit = FILE_MAX_BYTES;
    *bytes = (struct bytes){0};
    for (tries = 0; tries < READ_TRIES; tries++) {
        bool moved = false;

        if (!read_once(path, limit, bytes, &moved, error))
            break;
        if (!moved)
            return true;
        wipe_bytes(bytes);
        error_set(error, ERROR_FILE, "%s: the file changes while it is read", path);
    }
    wipe_bytes(bytes);
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A directory that is listed. */
struct listing {
    const char *directory;
    bool (*wanted)(const char *name);
    struct list *files;
    struct list *passed_over; /* may be NULL */
};

static bool pass_over(struct listing *listing, const char *name, struct error *error)
{
    return listing->passed_over == NULL || list_add(listing->passed_over, name, error);
}

/* What is gone since its name was read is none; a link to nothing is told, and no error. */
static bool list_missing(
    struct listing *listing, const char *name, const char *path, struct error *error)
{
    struct stat status;
    int reason = errno;

    if (reason != ENOENT && reason != ELOOP) {
        errno = reason;
        return say_errno(path, error);
    }
    return lstat(path, &status) != 0 || pass_over(listing, name, error);
}

static bool list_path(struct listing *listing, const char *name, char *path, struct error *error)
{
    struct stat status;
    bool good = true;

    if (stat(path, &status) != 0) {
        good = list_missing(listing, name, path, error);
    } else if (S_ISREG(status.st_mode) && listing->wanted != NULL && !listing->wanted(name)) {
        good = pass_over(listing, name, error);
    } else if (S_ISREG(status.st_mode) && listing->files->count >= FILE_MAX_ENTRIES) {
        error_set(
            error, ERROR_FILE, "%s: more than %d files", listing->directory, FILE_MAX_ENTRIES);
        good = false;
    } else if (S_ISREG(status.st_mode)) {
        return list_take(listing->files, path, error);
    }
    free(path);
    return good;
}

static bool list_entry(struct listing *listing, const char *name, struct error *error)
{
    char *path = NULL;

    if (name[0] == '.')
        return true;
    if (asprintf(&path, "%s/%s", listing->directory, name) < 0) {
        error_set(error, ERROR_MEMORY, "%s: out of memory", listing->directory);
        return false;
    }
    return list_path(listing, name, path, error);
}

static bool list_directory(struct listing *listing, struct error *error)
{
    DIR *directory = opendir(listing->directory);
    struct dirent *entry;
    bool good = true;

    if (directory == NULL)
        return say_errno(listing->directory, error);
    while (good && (errno = 0, (entry = readdir(directory)) != NULL))
        good = list_entry(listing, entry->d_name, error);
    if (good && errno != 0)
        good = say_errno(listing->directory, error);
    (void)closedir(directory);
    return good;
}

static void sort_names(struct list *list)
{
    if (list != NULL && list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare_names);
}

bool file_list(const char *path, bool (*wanted)(const char *name), struct list *files,
    struct list *passed_over, struct error *error)
{
    struct listing listing = {path, wanted, files, passed_over};
    struct stat status;

    *files = (struct list){0};
    if (passed_over != NULL)
        *passed_over = (struct list){0};
    if (strcmp(path, "-") == 0 || (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)))
        return list_take(files, strdup(path), error);
    if (!list_directory(&listing, error)) {
        list_free(files);
        if (passed_over != NULL)
            list_free(passed_over);
        return false;
    }
    sort_names(files);
    sort_names(passed_over);
    return true;
}

char *file_read_password(const char *path, struct error *error)
{
    struct bytes bytes = {0};
    const unsigned char *end;
    char *password = NULL;
    size_t length;

    if (!file_read(path, PASSWORD_MAX, &bytes, error))
        return NULL;
    end = memchr(bytes.data, '\n', bytes.length);
    length = end != NULL ? (size_t)(end - bytes.data) : bytes.length;
    if (length > 0 && bytes.data[length - 1] == '\r')
        length--;
    if (memchr(bytes.data, '\0', length) != NULL) {
        error_set(error, ERROR_FILE, "%s: a NUL byte is in the pass phrase", path);
    } else {
        password = strndup((const char *)bytes.data, length);
        if (password == NULL)
            error_set(error, ERROR_MEMORY, "%s: out of memory", path);
    }
    wipe_bytes(&bytes);
    return password;
}

void file_wipe(char *secret)
{
    if (secret == NULL)
        return;
    OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}
