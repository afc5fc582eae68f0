/* SPDX-License-Identifier: ISC */
#include "base/file.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_read(const char *path, size_t limit, const void *wanted, size_t length)
{
    struct bytes bytes = {0};
    struct error error = {0};

    cr_assert(file_read(path, limit, &bytes, &error), "%s", error.text);
    cr_expect_eq(bytes.length, length, "%s: %zu bytes", path, bytes.length);
    cr_expect(bytes.length == length && memcmp(bytes.data, wanted, length) == 0, "%s", path);
    free(bytes.data);
}

static void expect_error(const char *path, size_t limit, const char *words)
{
    struct bytes bytes = {0};
    struct error error = {0};

    cr_expect_not(file_read(path, limit, &bytes, &error), "%s: read", path);
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect(strstr(error.text, path) == error.text, "%s", error.text);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    cr_expect_null(bytes.data);
}

Test(file, a_file_up_to_the_limit_is_read_and_one_byte_more_is_not)
{
    static const size_t limits[] = {1, 16383, 16384, 16385, 65536};
    char *dir = pki_temp_dir(), *data = malloc(70000);
    size_t i;

    cr_assert_not_null(data);
    memset(data, 'x', 70000);
    data[0] = '\0';
    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        char *path = pki_write_file(dir, "f", data, limits[i]);

        expect_read(path, limits[i], data, limits[i]);
        expect_read(path, 0, data, limits[i]);
        free(path);
        path = pki_write_file(dir, "f", data, limits[i] + 1);
        expect_error(path, limits[i], ": larger than ");
        free(path);
    }
    free(data);
    pki_remove_dir(dir);
}

Test(file, an_empty_file_is_no_error_here)
{
    char *dir = pki_temp_dir(), *path = pki_write_text(dir, "f", "");

    expect_read(path, 0, "", 0);
    free(path);
    pki_remove_dir(dir);
}

Test(file, what_cannot_be_read_is_named_with_the_reason)
{
    char *dir = pki_temp_dir(), *path = pki_path(dir, "missing"), *secret;

    expect_error(path, 0, ": No such file or directory");
    expect_error(dir, 0, ": Is a directory");
    secret = pki_write_text(dir, "secret", "x");
    cr_assert_eq(chmod(secret, 0), 0);
    cr_assert(geteuid() != 0 || (chmod(dir, 0755) == 0 && seteuid(65534) == 0));
    expect_error(secret, 0, ": Permission denied");
    cr_assert(getuid() != 0 || seteuid(0) == 0);
    free(secret);
    free(path);
    pki_remove_dir(dir);
}

/* /dev/zero has no end. */
Test(file, what_never_ends_stops_at_the_limit)
{
    expect_error("/dev/zero", 100000, ": larger than 100000 bytes");
}

static void feed(const char *path, size_t pieces)
{
    size_t i;
    int fd = open(path, O_WRONLY);

    for (i = 0; fd >= 0 && i < pieces; i++) {
        if (write(fd, "0123456789", 10) != 10)
            break;
    }
    _exit(i == pieces ? 0 : 1);
}

Test(file, a_fifo_is_read_once_to_its_end)
{
    char *dir = pki_temp_dir(), *path = pki_path(dir, "fifo");
    struct bytes bytes = {0};
    struct error error = {0};
    int status = -1;
    pid_t child;

    cr_assert_eq(mkfifo(path, 0600), 0);
    child = fork();
    if (child == 0)
        feed(path, 5000);
    cr_expect(file_read(path, 0, &bytes, &error), "%s", error.text);
    cr_expect_eq(bytes.length, 50000);
    cr_expect(bytes.length == 50000 && memcmp(bytes.data + 49990, "0123456789", 10) == 0);
    cr_expect(waitpid(child, &status, 0) == child && status == 0);
    free(bytes.data);
    free(path);
    pki_remove_dir(dir);
}

Test(file, a_fifo_that_nobody_writes_to_is_told_as_that)
{
    char *dir = pki_temp_dir(), *path = pki_path(dir, "fifo");
    struct bytes bytes = {0};
    struct error error = {0};

    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_not(file_read(path, 0, &bytes, &error));
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_not_null(
        strstr(error.text, "fifo: it is a FIFO, and nobody writes"), "%s", error.text);
    cr_expect_null(bytes.data);
    free(path);
    pki_remove_dir(dir);
}

Test(file, a_dash_is_standard_input)
{
    char *dir = pki_temp_dir(), *path = pki_write_text(dir, "f", "words");
    int fd = open(path, O_RDONLY);

    cr_assert(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    expect_read("-", 0, "words", 5);
    expect_read("-", 0, "", 0);
    cr_expect_neq(fcntl(STDIN_FILENO, F_GETFD), -1, "standard input was closed");
    close(fd);
    free(path);
    pki_remove_dir(dir);
}

/* Every read(2) of the test goes through here, so that a file can change at just that moment. */
static struct {
    void (*change)(const char *path); /* called before each read while `times` is not 0 */
    const char *path;
    int skip; /* reads before the first change */
    int times;
} hook;

ssize_t hooked_read(int fd, void *buffer, size_t count) __asm__("read");
ssize_t hooked_read(int fd, void *buffer, size_t count)
{
    struct stat status;

    if (hook.times > 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        if (hook.skip > 0) {
            hook.skip--;
        } else {
            hook.times--;
            hook.change(hook.path);
        }
    }
    return (ssize_t)syscall(SYS_read, fd, buffer, count);
}

static void append(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    pki_must(fd >= 0 && write(fd, "more", 4) == 4 && close(fd) == 0, path);
}

/* As long as before, and the time of the change is put back. */
static void overwrite(const char *path)
{
    struct stat status;
    struct timespec times[2];
    int fd = open(path, O_WRONLY);

    pki_must(fd >= 0 && fstat(fd, &status) == 0 && pwrite(fd, "BB", 2, 2) == 2, path);
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
    pki_must(futimens(fd, times) == 0 && close(fd) == 0, path);
}

static void replace(const char *path)
{
    char *temporary = NULL;
    int fd;

    pki_must(asprintf(&temporary, "%s.new", path) > 0, "asprintf");
    fd = open(temporary, O_WRONLY | O_CREAT, 0600);
    pki_must(fd >= 0 && write(fd, "BBBB", 4) == 4 && close(fd) == 0, temporary);
    pki_must(rename(temporary, path) == 0, path);
    free(temporary);
}

/* A link that is turned to another file leaves the open one as it was. */
static void turn_link(const char *path)
{
    char *temporary = NULL, *target = NULL;

    pki_must(asprintf(&temporary, "%s.link", path) > 0 && asprintf(&target, "%s.target", path) > 0,
        "asprintf");
    pki_must(symlink(target, temporary) == 0 && rename(temporary, path) == 0, path);
    free(temporary);
    free(target);
}

static char *make_link(const char *dir)
{
    char *path = pki_path(dir, "f"), *first = pki_write_text(dir, "f.first", "AAAA");

    (void)unlink(path);
    free(pki_write_text(dir, "f.target", "BBBB"));
    pki_must(symlink(first, path) == 0, path);
    free(first);
    return path;
}

Test(file, a_file_that_changes_while_it_is_read_is_read_again)
{
    static const struct {
        void (*change)(const char *path);
        const char *wanted;
    } cases[] = {{append, "AAAAmore"}, {overwrite, "AABB"}, {replace, "BBBB"}, {turn_link, "BBBB"}};
    char *dir = pki_temp_dir();
    size_t i, round;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* Often, because a change within one tick of the clock shows in no time of the file. The
         * second read finds the end: what the first one brought is old then. */
        for (round = 0; round < 20; round++) {
            char *path =
                cases[i].change == turn_link ? make_link(dir) : pki_write_text(dir, "f", "AAAA");
            struct bytes bytes = {0};
            struct error error = {0};

            hook.change = cases[i].change;
            hook.path = path;
            hook.skip = 1;
            hook.times = 1;
            cr_expect(file_read(path, 0, &bytes, &error), "%s", error.text);
            cr_expect_eq(hook.times, 0, "the hook was not called");
            cr_expect(bytes.length == strlen(cases[i].wanted) &&
                          memcmp(bytes.data, cases[i].wanted, bytes.length) == 0,
                "case %zu: came \"%.*s\" (%s)", i, (int)bytes.length, (const char *)bytes.data,
                error.text);
            free(bytes.data);
            free(path);
        }
    }
    pki_remove_dir(dir);
}

Test(file, a_file_that_never_rests_is_refused)
{
    char *dir = pki_temp_dir(), *path = pki_write_text(dir, "f", "AAAA");

    hook.change = overwrite;
    hook.path = path;
    hook.times = 1000;
    expect_error(path, 0, "f: the file changes while it is read");
    cr_expect_lt(hook.times, 1000, "the hook was not called");
    hook.times = 0;
    free(path);
    pki_remove_dir(dir);
}

Test(file, a_pass_phrase_is_the_first_line_as_it_stands)
{
    static const struct {
        const char *file;
        size_t length;
        const char *password;
    } cases[] = {
        {"secret", 6, "secret"},
        {"secret\n", 7, "secret"},
        {"secret\r\n", 8, "secret"},
        {"secret\r", 7, "secret"},
        {"se\rcret\r\r\n", 10, "se\rcret\r"},
        {" se cret \nsecond\n", 17, " se cret "},
        {"first\nse\0cond", 13, "first"},
        {"", 0, ""},
        {"\nsecond", 7, ""},
        {"p\xc3\xa4ss", 5, "p\xc3\xa4ss"},
        {"se\0cret\n", 8, NULL},
        {"\0\n", 2, NULL},
    };
    char *dir = pki_temp_dir();
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *path = pki_write_file(dir, "p", cases[i].file, cases[i].length);
        struct error error = {0};
        char *password = file_read_password(path, &error);

        if (cases[i].password == NULL) {
            cr_expect_null(password, "case %zu", i);
            cr_expect_not_null(strstr(error.text, "p: a NUL byte"), "%s", error.text);
            cr_expect_null(strstr(error.text, "cret"), "the secret is told: %s", error.text);
        } else {
            cr_assert_not_null(password, "case %zu: %s", i, error.text);
            cr_expect_str_eq(password, cases[i].password, "case %zu", i);
        }
        file_wipe(password);
        free(path);
    }
    file_wipe(NULL);
    pki_remove_dir(dir);
}

Test(file, a_pass_phrase_file_has_a_limit_and_must_be_there)
{
    char *dir = pki_temp_dir(), words[1026], *path, *password;
    struct error error = {0};

    memset(words, 'x', sizeof(words));
    path = pki_write_file(dir, "p", words, 1024);
    password = file_read_password(path, &error);
    cr_assert_not_null(password, "%s", error.text);
    cr_expect_eq(strlen(password), 1024);
    file_wipe(password);
    free(path);
    path = pki_write_file(dir, "p", words, 1025);
    cr_expect_null(file_read_password(path, &error));
    cr_expect_not_null(strstr(error.text, "p: larger than 1024 bytes"), "%s", error.text);
    cr_expect_eq(unlink(path), 0);
    cr_expect_null(file_read_password(path, &error));
    cr_expect_not_null(strstr(error.text, "p: No such file"), "%s", error.text);
    free(path);
    pki_remove_dir(dir);
}
