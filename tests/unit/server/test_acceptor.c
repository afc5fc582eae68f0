/* SPDX-License-Identifier: ISC */
#include "server/acceptor.h"
#include "unit/metrics/metrics_text.h"
#include "unit/pki/pki.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TOKEN 7000
#define PEERS 8

/* A listening socket, and the workers' epoll set. */
struct scene {
    char *dir, *words, *log_file;
    struct config config;
    struct service service;
    struct listener listener;
    struct connections *connections;
    struct acceptor acceptor;
    int epoll_fd;
    size_t turn; /* acceptor_next's */
    int peers[PEERS];
    size_t count;
};

static void start(struct scene *scene)
{
    scene->acceptor = (struct acceptor){.service = &scene->service,
        .listener = &scene->listener,
        .connections = scene->connections,
        .epoll_fd = scene->epoll_fd,
        .token = TOKEN};
    cr_assert(acceptor_start(&scene->acceptor));
}

/* `words` as --listen has them, NULL for a Unix socket in a folder of the test. */
static void begin(struct scene *scene, const char *words)
{
    struct error error = {.kind = ERROR_NONE};

    *scene = (struct scene){.dir = pki_temp_dir(), .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    if (words == NULL)
        pki_must(asprintf(&scene->words, "unix:%s/s", scene->dir) > 0, "asprintf");
    else
        scene->words = strdup(words);
    scene->log_file = pki_write_text(scene->dir, "log", "");
    scene->config =
        (struct config){.listen = scene->words, .socket_mode = 0600, .log_file = scene->log_file};
    scene->service = (struct service){.config = &scene->config, .metrics = metrics_new()};
    scene->service.log = log_open(&scene->config, false, &error);
    cr_assert(listener_open(&scene->listener, &scene->config, &error), "%s", error.text);
    scene->connections = connections_new(PEERS, scene->epoll_fd);
    start(scene);
}

static void end(struct scene *scene)
{
    size_t i;

    (void)acceptor_close(&scene->acceptor, true);
    connections_free(scene->connections);
    for (i = 0; i < scene->count; i++)
        (void)close(scene->peers[i]);
    (void)close(scene->epoll_fd);
    metrics_free(scene->service.metrics);
    log_close(scene->service.log);
    free(scene->words);
    free(scene->log_file);
    pki_remove_dir(scene->dir);
}

/* Somebody connects to the socket of this number. Returns the peer's descriptor. */
static int come_to(struct scene *scene, size_t number)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(address);
    int fd;

    cr_assert_eq(getsockname(scene->listener.fds[number], (struct sockaddr *)&address, &size), 0);
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, size), 0);
    scene->peers[scene->count++] = fd;
    return fd;
}

static int come(struct scene *scene)
{
    return come_to(scene, 0);
}

/* Whether a worker is told of a connection on the socket. */
static bool is_told(const struct scene *scene)
{
    struct epoll_event event;

    if (epoll_wait(scene->epoll_fd, &event, 1, 0) != 1)
        return false;
    cr_expect_eq(event.data.u64, TOKEN);
    return true;
}

/* What the peer reads: 0 for an end. */
static ssize_t hear(int peer)
{
    char byte;

    return recv(peer, &byte, 1, 0);
}

static size_t count_connections(const struct scene *scene)
{
    size_t count, bytes;

    connections_measure(scene->connections, &count, &bytes);
    return count;
}

/* The next one in the queue. Returns its descriptor, -1 when there is none. */
static int next(struct scene *scene, enum acceptor_state expected)
{
    int fd;

    cr_expect_eq(acceptor_next(&scene->acceptor, &scene->turn, &fd), expected);
    return fd;
}

Test(acceptor, one_worker_is_told_of_those_who_wait_and_accepts_until_there_is_none)
{
    struct scene scene;
    int i, fd;

    begin(&scene, NULL);
    cr_expect_not(is_told(&scene));
    (void)come(&scene);
    (void)come(&scene);
    cr_expect(is_told(&scene));
    cr_expect_not(is_told(&scene), "a second worker was told of the same");
    acceptor_tell(&scene.acceptor);
    cr_expect(is_told(&scene), "nobody else can help");
    cr_expect_not(is_told(&scene));
    for (i = 0; i < 2; i++) {
        fd = next(&scene, ACCEPTOR_MORE);
        cr_assert_geq(fd, 0);
        cr_expect_neq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        cr_expect_neq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        (void)close(fd);
    }
    cr_expect_eq(next(&scene, ACCEPTOR_EMPTY), -1, "nobody is there");
    acceptor_tell(&scene.acceptor);
    cr_expect_not(is_told(&scene), "somebody is told of nobody");
    (void)come(&scene);
    cr_expect(is_told(&scene), "nobody is told of one who comes later");
    (void)close(next(&scene, ACCEPTOR_MORE));
    expect_line(metrics_text(scene.service.metrics, 1800000000),
        "peercert_connections_total{result=\"accepted\"} 3");
    end(&scene);
}

/* A second socket, as systemd may pass. */
static void add_socket(struct scene *scene)
{
    char words[] = "127.0.0.1:0";
    struct listener other;
    struct config config = scene->config;
    struct error error = {.kind = ERROR_NONE};

    config.listen = words;
    cr_assert(listener_open(&other, &config, &error), "%s", error.text);
    scene->listener.fds[scene->listener.count++] = other.fds[0];
    allowlist_free(&other.peers);
    (void)epoll_ctl(scene->epoll_fd, EPOLL_CTL_DEL, scene->listener.fds[0], NULL);
    start(scene);
}

static int family_of(int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(address);

    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return address.ss_family;
}

Test(acceptor, those_who_wait_at_two_sockets_are_taken_in_by_turns)
{
    struct scene scene;
    int families[2], i, fd;

    begin(&scene, NULL);
    add_socket(&scene);
    for (i = 0; i < 3; i++)
        (void)come_to(&scene, 0);
    (void)come_to(&scene, 1);
    for (i = 0; i < 4; i++) {
        fd = next(&scene, ACCEPTOR_MORE);
        cr_assert_geq(fd, 0);
        if (i < 2)
            families[i] = family_of(fd);
        (void)close(fd);
    }
    cr_expect_neq(families[0], families[1], "one socket keeps the other waiting");
    cr_expect_eq(next(&scene, ACCEPTOR_EMPTY), -1);
    end(&scene);
}

/* From now on this address alone may connect. */
static void allow_only(struct scene *scene, const char *address)
{
    char *items[] = {strdup(address)};
    struct error error = {.kind = ERROR_NONE};

    allowlist_free(&scene->listener.peers);
    scene->config.allow_peer = (struct list){.items = items, .count = 1};
    cr_assert(allowlist_read(&scene->listener.peers, &scene->config, &error), "%s", error.text);
    scene->config.allow_peer = (struct list){.count = 0};
    free(items[0]);
}

Test(acceptor, one_who_may_not_connect_is_closed_and_counted_and_the_next_is_accepted)
{
    struct scene scene;
    int fd;

    begin(&scene, "127.0.0.1:0");
    allow_only(&scene, "192.0.2.7");
    (void)come(&scene);
    (void)come(&scene);
    cr_expect_eq(next(&scene, ACCEPTOR_MORE), -1);
    cr_expect_leq(hear(scene.peers[0]), 0);
    expect_line(metrics_text(scene.service.metrics, 1800000000),
        "peercert_connections_total{result=\"refused\"} 1");
    allow_only(&scene, "127.0.0.1");
    fd = next(&scene, ACCEPTOR_MORE);
    cr_expect_geq(fd, 0, "it stopped accepting");
    (void)close(fd);
    end(&scene);
}

Test(acceptor, at_the_end_too_one_who_may_not_connect_is_closed)
{
    struct scene scene;

    begin(&scene, "127.0.0.1:0");
    allow_only(&scene, "192.0.2.7");
    (void)come(&scene);
    (void)come(&scene);
    cr_expect(acceptor_close(&scene.acceptor, false));
    cr_expect_eq(count_connections(&scene), 0);
    cr_expect_leq(hear(scene.peers[0]), 0);
    cr_expect_leq(hear(scene.peers[1]), 0);
    end(&scene);
}

/* Closing the socket would reset those who wait; a socket that was handed over outlives us. */
Test(acceptor, at_the_end_those_who_wait_are_taken_in_unless_the_socket_is_somebody_elses)
{
    struct scene scene;

    begin(&scene, NULL);
    (void)come(&scene);
    (void)come(&scene);
    cr_expect(acceptor_close(&scene.acceptor, false));
    cr_expect_eq(count_connections(&scene), 2);
    cr_expect_eq(next(&scene, ACCEPTOR_EMPTY), -1, "it was closed");
    end(&scene);

    begin(&scene, NULL);
    (void)come(&scene);
    scene.config.listen = NULL;
    cr_expect(acceptor_close(&scene.acceptor, false));
    cr_expect_eq(count_connections(&scene), 0);
    end(&scene);
}

/* As many descriptors as are open now and `more`. Returns the limit before. */
static struct rlimit limit_descriptors(rlim_t more)
{
    const int lowest = dup(STDIN_FILENO);
    struct rlimit before, limit;

    cr_assert_geq(lowest, 0);
    (void)close(lowest);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)lowest + more;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

Test(acceptor, at_the_end_those_who_wait_are_taken_in_even_just_after_a_want_of_descriptors)
{
    struct scene scene;
    struct rlimit limit;

    begin(&scene, NULL);
    (void)come(&scene);
    limit = limit_descriptors(0);
    cr_expect_eq(next(&scene, ACCEPTOR_PAUSED), -1);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect(acceptor_close(&scene.acceptor, false));
    cr_expect_eq(count_connections(&scene), 1);
    end(&scene);
}

Test(acceptor, at_the_end_the_sockets_stay_open_for_whom_there_is_no_descriptor_unless_it_is_late)
{
    struct scene scene;
    struct rlimit limit;

    begin(&scene, NULL);
    (void)come(&scene);
    limit = limit_descriptors(0);
    cr_expect_not(acceptor_close(&scene.acceptor, false));
    cr_expect_eq(scene.listener.count, 1);
    cr_expect(acceptor_close(&scene.acceptor, true));
    cr_expect_eq(scene.listener.count, 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    end(&scene);
}

Test(acceptor, without_descriptors_one_that_is_idle_goes_and_else_the_operator_is_told_once)
{
    struct scene scene;
    struct fastcgi_connection connection;
    struct text text = {.limit = 0};
    char buffer[4096] = "";
    FILE *log;
    int fd;

    begin(&scene, NULL);
    (void)come(&scene);
    (void)come(&scene);
    (void)limit_descriptors(1);
    fd = next(&scene, ACCEPTOR_MORE);
    cr_assert_geq(fd, 0);
    cr_expect_eq(next(&scene, ACCEPTOR_PAUSED), -1, "no descriptor is left");
    cr_expect_eq(next(&scene, ACCEPTOR_PAUSED), -1);
    fastcgi_connection_begin(&connection, fd);
    connections_add(scene.connections, &connection);
    (void)usleep((CONNECTIONS_GRACE_MS + 20) * 1000);
    fd = next(&scene, ACCEPTOR_MORE);
    cr_expect_geq(fd, 0, "the idle one stayed");
    cr_expect_eq(count_connections(&scene), 0);
    (void)close(fd);
    log = fopen(scene.log_file, "r");
    cr_assert_not_null(log);
    text_append(&text, buffer, fread(buffer, 1, sizeof(buffer) - 1, log));
    (void)fclose(log);
    cr_assert_not_null(strstr(text_string(&text), "no file descriptors are left"));
    cr_expect_null(strstr(strstr(text_string(&text), "no file") + 1, "no file"), "%s", text.data);
    text_free(&text);
    end(&scene);
}
