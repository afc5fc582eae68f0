/* SPDX-License-Identifier: ISC */
#include "server/listener.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool open_on(const char *words, struct listener *listener, struct error *error)
{
    char copy[200];
    const struct config config = {.listen = copy, .socket_mode = 0660};

    cr_assert_lt(strlen(words), sizeof(copy));
    memcpy(copy, words, strlen(words) + 1);
    *error = (struct error){.kind = ERROR_NONE};
    return listener_open(listener, &config, error);
}

static char *unix_words(const char *dir, const char *name)
{
    char *words = NULL;

    pki_must(asprintf(&words, "unix:%s/%s", dir, name) > 0, "asprintf");
    return words;
}

Test(listener, a_unix_socket_has_the_mode_that_was_asked_for_and_is_removed_at_the_end)
{
    char *dir = pki_temp_dir(), *words = unix_words(dir, "s");
    struct listener listener;
    struct error error;
    struct stat status;
    mode_t mask = umask(0);

    cr_assert(open_on(words, &listener, &error), "%s", error.text);
    cr_expect_eq(listener.count, 1);
    cr_assert_eq(stat(words + 5, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0660, "mode %o", status.st_mode & 07777);
    cr_expect_eq(umask(mask), 0, "the umask was left changed");
    listener_close(&listener);
    cr_expect_neq(stat(words + 5, &status), 0);
    free(words);
    pki_remove_dir(dir);
}

Test(listener, a_dead_socket_is_replaced_a_live_one_and_any_other_file_is_not)
{
    char *dir = pki_temp_dir(), *words = unix_words(dir, "s"), *file = unix_words(dir, "f");
    char *path = pki_write_text(dir, "f", "mine"), *target = NULL;
    struct listener listener, second;
    struct error error;
    struct stat status;

    cr_assert(open_on(words, &listener, &error), "%s", error.text);
    cr_expect_not(open_on(words, &second, &error), "a live socket was taken over");
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_eq(stat(words + 5, &status), 0, "the live socket's file is gone");
    close(listener.fds[0]);
    listener.count = 0;
    cr_expect(open_on(words, &second, &error), "%s", error.text);
    listener_close(&second);
    listener_close(&listener);
    cr_expect_not(open_on(file, &listener, &error), "a file was taken for a socket");
    cr_expect_not_null(strstr(error.text, "something other than a socket"), "%s", error.text);
    cr_expect_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_size, 4, "the file was touched");
    pki_must(asprintf(&target, "%s/link", dir) > 0 && symlink(path, target) == 0, "symlink");
    free(file);
    file = unix_words(dir, "link");
    cr_expect_not(open_on(file, &listener, &error), "a link was taken for a socket");
    cr_expect_eq(lstat(target, &status), 0);
    free(target);
    free(path);
    free(file);
    free(words);
    pki_remove_dir(dir);
}

Test(listener, a_socket_that_another_process_put_in_its_place_is_left_alone)
{
    char *dir = pki_temp_dir(), *words = unix_words(dir, "s");
    struct listener first, second;
    struct error error;
    struct stat status;

    cr_assert(open_on(words, &first, &error), "%s", error.text);
    cr_assert_eq(unlink(words + 5), 0);
    cr_assert(open_on(words, &second, &error), "%s", error.text);
    listener_close(&first);
    cr_expect_eq(stat(words + 5, &status), 0);
    listener_close(&second);
    free(words);
    pki_remove_dir(dir);
}

Test(listener, addresses_that_are_not_loopback_or_not_explicit_are_refused)
{
    static const struct {
        const char *words;
        bool expected;
    } cases[] = {{"127.0.0.1:0", true}, {"[::1]:0", true}, {"0.0.0.0:0", false}, {"[::]:0", false},
        {":0", false}, {"9000", false}, {"localhost:0", false}, {"127.0.0.1:", false},
        {"127.0.0.1", false}, {"127.0.0.1:http", false}, {"127.0.0.1:70000", false},
        {"::1:0", false}, {"*:0", false}, {"unix:", false},
        {"unix:0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456789",
            false}};
    struct listener listener;
    struct error error;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool came = open_on(cases[i].words, &listener, &error);

        cr_expect_eq(came, cases[i].expected, "%s: %s", cases[i].words, error.text);
        if (came)
            listener_close(&listener);
        else
            cr_expect_eq(error.kind, ERROR_USAGE, "%s", cases[i].words);
    }
}

/* Otherwise the second part of an answer would wait for an acknowledgement of the first. */
Test(listener, connections_over_tcp_send_without_delay)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address), option_size = sizeof(int);
    int peer, accepted, option = 0;
    struct listener listener;
    struct error error;

    cr_assert(open_on("127.0.0.1:0", &listener, &error), "%s", error.text);
    cr_assert_eq(getsockname(listener.fds[0], (struct sockaddr *)&address, &size), 0);
    peer = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(peer, (struct sockaddr *)&address, size), 0);
    accepted = accept4(listener.fds[0], NULL, NULL, SOCK_CLOEXEC);
    cr_assert_geq(accepted, 0);
    cr_assert_eq(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &option, &option_size), 0);
    cr_expect_neq(option, 0);
    (void)close(accepted);
    (void)close(peer);
    listener_close(&listener);
}

Test(listener, nothing_to_serve_on_is_a_usage_error)
{
    const struct config config = {.socket_mode = 0660};
    struct listener listener;
    struct error error = {.kind = ERROR_NONE};
    int null = open("/dev/null", O_RDONLY);

    cr_assert_eq(dup2(null, STDIN_FILENO), STDIN_FILENO);
    cr_expect_not(listener_open(&listener, &config, &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_not_null(strstr(error.text, "--listen"), "%s", error.text);
}

/* The number of sockets taken with this LISTEN_PID and LISTEN_FDS, -1 when refused. Fd 3 listens,
 * fd 4 does not. In a process of its own, since the test runner has descriptors there too. */
static int take_from_systemd(bool for_us, const char *count)
{
    const struct config config = {.socket_mode = 0660};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct listener listener;
    struct error error;
    char pid[32];
    int fd, null, status = 0;
    pid_t child = fork();

    if (child != 0) {
        cr_assert(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
        return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
    }
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    null = open("/dev/null", O_RDONLY);
    if (bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 || listen(fd, 1) != 0 ||
        dup2(null, STDIN_FILENO) != 0 || dup2(fd, 3) != 3 || dup2(STDIN_FILENO, 4) != 4)
        _exit(100);
    (void)snprintf(pid, sizeof(pid), "%ld", for_us ? (long)getpid() : 1L);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    if (!listener_open(&listener, &config, &error))
        _exit(255);
    _exit(listener.fds[0] == 3 ? (int)listener.count : 101);
}

Test(listener, of_a_folder_that_is_closed_to_the_user_its_name_is_told)
{
    const bool was_root = geteuid() == 0; /* who may make sockets everywhere */
    struct listener listener;
    struct error error;

    cr_assert(!was_root || seteuid(65534) == 0);
    cr_expect_not(open_on("unix:/peercert-no-socket", &listener, &error));
    cr_assert(!was_root || seteuid(0) == 0);
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_str_eq(error.text,
        "--listen unix:/peercert-no-socket: the folder / lets this user make no socket");
}

Test(listener, sockets_of_systemd_are_taken_when_they_are_for_this_process)
{
    cr_expect_eq(take_from_systemd(true, "1"), 1);
    cr_expect_eq(take_from_systemd(false, "1"), -1, "they were for another process");
    cr_expect_eq(take_from_systemd(true, "2"), -1, "fd 4 is no socket");
    cr_expect_eq(take_from_systemd(true, "x"), -1);
    cr_expect_eq(take_from_systemd(true, "1000"), -1);
}

Test(listener, a_look_at_the_options_opens_nothing_and_refuses_what_an_opening_would)
{
    static const struct {
        const char *listen, *peer, *group;
        bool expected;
    } cases[] = {{NULL, NULL, NULL, true}, {"unix:/nonexistent/a.sock", NULL, "root", true},
        {"unix:", NULL, NULL, false}, {"unix:/a", NULL, "no-such-group", false},
        {NULL, NULL, "no-such-group", false}, {"127.0.0.1:1", NULL, NULL, true},
        {"[::1]:1", NULL, NULL, true}, {"127.0.0.1:70000", NULL, NULL, false},
        {"192.0.2.1:1", NULL, NULL, false}, {"192.0.2.1:1", "192.0.2.2", NULL, true},
        {NULL, "localhost", NULL, false}};
    size_t i;

    (void)unsetenv("FCGI_WEB_SERVER_ADDRS");
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *peer = cases[i].peer != NULL ? strdup(cases[i].peer) : NULL;
        char *listen = cases[i].listen != NULL ? strdup(cases[i].listen) : NULL;
        char *group = cases[i].group != NULL ? strdup(cases[i].group) : NULL;
        const struct config config = {.listen = listen,
            .socket_group = group,
            .allow_peer = {&peer, peer != NULL},
            .socket_mode = 0660};
        struct error error = {.kind = ERROR_NONE};

        cr_expect_eq(
            listener_check(&config, &error), cases[i].expected, "case %zu: %s", i, error.text);
        cr_expect_eq(error.kind, cases[i].expected ? ERROR_NONE : ERROR_USAGE, "case %zu", i);
        free(peer);
        free(listen);
        free(group);
    }
}
