/* SPDX-License-Identifier: ISC */
#include "server/listener.h"
#include "base/text.h"
#include "fastcgi/request.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define SYSTEMD_FIRST_FD 3

static bool say_errno(const char *what, struct error *error)
{
    return error_set(error, ERROR_USAGE, "--listen %s: %s", what, strerror(errno));
}

/* What bind(2) says of a folder reads as if it were said of the socket. */
static bool say_bind(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL || (errno != ENOENT && errno != EACCES))
        return say_errno(path, error);
    return error_set(error, ERROR_USAGE, "--listen unix:%s: the folder %.*s %s", path,
        slash == path ? 1 : (int)(slash - path), path,
        errno == ENOENT ? "does not exist" : "lets this user make no socket");
}

static bool say_socket(struct error *error)
{
    return error_set(error, ERROR_LIBRARY, "the listening socket: %s", strerror(errno));
}

static bool add_fd(struct listener *listener, int fd, struct error *error)
{
    const int one = 1;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return say_socket(error);
    /* An answer may go out in two parts. Over TCP the second would wait until the peer has
     * acknowledged the first, which takes up to 40 ms (TCP_NODELAY in tcp(7)). Accepted sockets
     * inherit this; a Unix socket has no such option. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    listener->fds[listener->count++] = fd;
    return true;
}

static bool find_group(const char *name, gid_t *group, struct error *error)
{
    struct group *entry;

    errno = 0;
    entry = getgrnam(name);
    if (entry == NULL)
        return error_set(error, ERROR_USAGE, "--socket-group: %.100s: %s", name,
            errno != 0 ? strerror(errno) : "no such group");
    *group = entry->gr_gid;
    return true;
}

/* Removes a socket on which nobody listens any more; anything else that is there is an error. */
static bool remove_dead_socket(const struct sockaddr_un *address, struct error *error)
{
    struct stat status;
    int fd, result, reason;

    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT ? true : say_errno(address->sun_path, error);
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, ERROR_USAGE,
            "--listen %s: something other than a socket has this name, and is left alone",
            address->sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return say_errno(address->sun_path, error);
    result = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    reason = errno;
    (void)close(fd);
    if (result == 0 || reason != ECONNREFUSED) {
        errno = EADDRINUSE;
        return say_errno(address->sun_path, error);
    }
    return unlink(address->sun_path) == 0 || say_errno(address->sun_path, error);
}

/* The socket's file comes into being without any permission and gets them before it listens. */
static bool bind_unix(int fd, const struct sockaddr_un *address, const struct config *config,
    struct listener *listener, struct error *error)
{
    mode_t mask = umask(0777);
    int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    gid_t group = (gid_t)-1;
    struct stat status;

    (void)umask(mask);
    if (result != 0)
        return say_bind(address->sun_path, error);
    if (lstat(address->sun_path, &status) != 0)
        return say_errno(address->sun_path, error);
    (void)snprintf(listener->path, sizeof(listener->path), "%s", address->sun_path);
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    if (config->socket_group != NULL) {
        if (!find_group(config->socket_group, &group, error))
            return false;
        if (lchown(address->sun_path, (uid_t)-1, group) != 0)
            return error_set(error, ERROR_USAGE,
                "--socket-group %.100s: this user may not give the socket to that group, "
                "which it is not a member of (%s)",
                config->socket_group, strerror(errno));
    }
    return chmod(address->sun_path, (mode_t)config->socket_mode) == 0 ||
           say_errno(address->sun_path, error);
}

static bool read_path(const char *path, struct sockaddr_storage *address, struct error *error)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    if (path[0] == '\0' || strlen(path) >= sizeof(name.sun_path))
        return error_set(error, ERROR_USAGE,
            "--listen: the path of the socket must have 1 to %zu bytes", sizeof(name.sun_path) - 1);
    memcpy(name.sun_path, path, strlen(path) + 1);
    memcpy(address, &name, sizeof(name));
    return true;
}

/* ADDR:PORT or [ADDR]:PORT. */
static bool read_tcp(const char *words, struct sockaddr_storage *address)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char *host = NULL, *port = NULL;
    /* getaddrinfo takes 70000 and means another port. */
    bool good = BIO_parse_hostserv(words, &host, &port, BIO_PARSE_PRIO_SERV) == 1 && host != NULL &&
                text_number(port) >= 0 && text_number(port) <= 65535 &&
                getaddrinfo(host, port, &hints, &found) == 0;

    if (good) {
        memcpy(address, found->ai_addr, found->ai_addrlen);
        freeaddrinfo(found);
    }
    OPENSSL_free(host);
    OPENSSL_free(port);
    ERR_clear_error();
    return good;
}

/* The address that --listen means; false with an error. */
static bool read_address(const char *listen, struct sockaddr_storage *address, struct error *error)
{
    *address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    if (strncmp(listen, LISTENER_UNIX_PREFIX, strlen(LISTENER_UNIX_PREFIX)) == 0)
        return read_path(listen + strlen(LISTENER_UNIX_PREFIX), address, error);
    return read_tcp(listen, address) ||
           error_set(error, ERROR_USAGE,
               "--listen: must be unix:PATH or ADDR:PORT with a numeric address, such as "
               "127.0.0.1:9000 or [::1]:9000");
}

static bool check_address(
    const struct sockaddr_storage *address, const struct allowlist *peers, struct error *error)
{
    return peers->is_given || allowlist_allow(peers, address) ||
           error_set(error, ERROR_USAGE,
               "--allow-peer: missing; the socket's address is not loopback, and whoever reaches "
               "it "
               "can claim to be anybody");
}

static bool bind_to(int fd, const struct sockaddr_storage *address, const struct config *config,
    struct listener *listener, struct error *error)
{
    const int one = 1;
    const void *name = address;

    if (address->ss_family == AF_UNIX)
        return bind_unix(fd, name, config, listener, error);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, name, sizeof(*address)) == 0)
        return true;
    return say_errno(config->listen, error);
}

/* Makes the socket of --listen. */
static bool listen_on(struct listener *listener, const struct sockaddr_storage *address,
    const struct config *config, struct error *error)
{
    const void *name = address;
    int fd;

    if (address->ss_family == AF_UNIX && !remove_dead_socket(name, error))
        return false;
    fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return say_errno(config->listen, error);
    if (bind_to(fd, address, config, listener, error)) {
        if (listen(fd, BACKLOG) == 0)
            return add_fd(listener, fd, error);
        (void)say_errno(config->listen, error);
    }
    (void)close(fd);
    return false;
}

/* Takes a socket that somebody else made. */
static bool take(struct listener *listener, int fd, struct error *error)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return say_socket(error);
    return add_fd(listener, fd, error) && check_address(&address, &listener->peers, error);
}

/* How many sockets systemd passed to this very process. */
static int count_systemd_fds(void)
{
    int64_t count = text_number(getenv("LISTEN_FDS"));

    if (text_number(getenv("LISTEN_PID")) != getpid() || count < 0 || count > LISTENER_MAX)
        return 0;
    return (int)count;
}

static bool take_inherited(struct listener *listener, struct error *error)
{
    int i, count = count_systemd_fds();

    for (i = 0; i < count; i++) {
        if (!request_fd_listens(SYSTEMD_FIRST_FD + i))
            return error_set(error, ERROR_USAGE, "LISTEN_FDS: fd %d is not a listening socket",
                SYSTEMD_FIRST_FD + i);
        if (!take(listener, SYSTEMD_FIRST_FD + i, error))
            return false;
    }
    if (count > 0)
        return true;
    if (request_fd_listens(STDIN_FILENO))
        return take(listener, STDIN_FILENO, error);
    return error_set(error, ERROR_USAGE,
        "nothing to serve on: fd 0 is not a listening socket, systemd passed none, and --listen is "
        "not given; try --help");
}

/* What --listen and --allow-peer mean together. */
static bool read_options(const struct config *config, struct allowlist *peers,
    struct sockaddr_storage *address, struct error *error)
{
    if (!allowlist_read(peers, config, error))
        return false;
    return config->listen == NULL ||
           (read_address(config->listen, address, error) && check_address(address, peers, error));
}

bool listener_check(const struct config *config, struct error *error)
{
    struct allowlist peers = {.count = 0};
    struct sockaddr_storage address;
    gid_t group;
    bool good = read_options(config, &peers, &address, error) &&
                (config->socket_group == NULL || find_group(config->socket_group, &group, error));

    allowlist_free(&peers);
    return good;
}

bool listener_open(struct listener *listener, const struct config *config, struct error *error)
{
    struct sockaddr_storage address;
    bool good;

    *listener = (struct listener){.count = 0};
    good = read_options(config, &listener->peers, &address, error) &&
           (config->listen != NULL ? listen_on(listener, &address, config, error)
                                   : take_inherited(listener, error));
    if (!good)
        listener_close(listener);
    return good;
}

void listener_close(struct listener *listener)
{
    struct stat status;
    size_t i;

    for (i = 0; i < listener->count; i++)
        (void)close(listener->fds[i]);
    if (listener->path[0] != '\0' && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        (void)unlink(listener->path);
    allowlist_free(&listener->peers);
    *listener = (struct listener){.count = 0};
}
