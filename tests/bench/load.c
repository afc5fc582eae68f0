/* SPDX-License-Identifier: ISC */
/* A FastCGI load generator: speaks to a Unix socket as a front server does, so that the front's own
 * cost is out of the figures.
 *   load [-n REQUESTS] [-c CONNECTIONS] [-k] SOCKET PEM
 *   load [-n REQUESTS] [-c CONNECTIONS] [-k] -m SOCKET MINTED
 * Each request has a connection of its own, unless -k keeps them. With -m the certificates are
 * those that mint wrote, by turns, as base64 of DER; otherwise the one in the PEM file. Prints one
 * line: requests/s  p50 in microseconds  p99  bytes of one answer (its headers and body) */
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 1024
#define MAX_CERTIFICATE 32768
#define MAX_REQUEST 49152
#define EVENTS 64
#define PATIENCE_MS 30000
#define LOOK_NS 50000

/* FastCGI specification section 8. */
enum { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

struct connection {
    int fd; /* -1: none is open */
    int64_t began;
    unsigned char header[8];
    size_t header_length;
    size_t left; /* of the record's content and padding */
    bool ended;
};

struct options {
    long requests;
    long connections;
    bool keep;
    bool minted;
    const char *socket;
    const char *certificates;
};

/* What is asked with. */
struct source {
    unsigned char pairs[8192]; /* all parameters but the certificate */
    size_t pairs_length;
    char pem[MAX_CERTIFICATE];
    const unsigned char *minted; /* NULL: the PEM */
    size_t minted_size;
    size_t minted_at;
};

static struct source source;
static unsigned char request[MAX_REQUEST];
static uint32_t *latencies;
static long sent;
static size_t answer_bytes;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t nanoseconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t put_header(unsigned char *at, int type, size_t length)
{
    const unsigned char header[8] = {
        1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8), (unsigned char)length, 0, 0};

    memcpy(at, header, sizeof(header));
    return sizeof(header);
}

static size_t put_length(unsigned char *at, size_t length)
{
    if (length < 128) {
        at[0] = (unsigned char)length;
        return 1;
    }
    at[0] = (unsigned char)(0x80 | length >> 24);
    at[1] = (unsigned char)(length >> 16);
    at[2] = (unsigned char)(length >> 8);
    at[3] = (unsigned char)length;
    return 4;
}

static size_t put_pair(unsigned char *at, const char *name, const char *value, size_t length)
{
    size_t size = put_length(at, strlen(name));

    size += put_length(at + size, length);
    memcpy(at + size, name, strlen(name));
    size += strlen(name);
    memcpy(at + size, value, length);
    return size + length;
}

/* What lighttpd sends, roughly. */
static void make_pairs(void)
{
    static const char *const pairs[][2] = {{"CONTENT_LENGTH", "0"}, {"SCRIPT_NAME", "/peercert"},
        {"SCRIPT_FILENAME", "/srv/htdocs/peercert"}, {"DOCUMENT_ROOT", "/srv/htdocs"},
        {"REQUEST_URI", "/peercert"}, {"QUERY_STRING", ""}, {"REQUEST_METHOD", "GET"},
        {"REDIRECT_STATUS", "200"}, {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"SERVER_SOFTWARE", "lighttpd/1.4.69"}, {"GATEWAY_INTERFACE", "CGI/1.1"},
        {"REQUEST_SCHEME", "https"}, {"HTTPS", "on"}, {"SERVER_PORT", "8443"},
        {"SERVER_ADDR", "127.0.0.1"}, {"SERVER_NAME", "localhost"}, {"REMOTE_ADDR", "127.0.0.1"},
        {"REMOTE_PORT", "50000"}, {"HTTP_HOST", "localhost:8443"},
        {"HTTP_USER_AGENT", "curl/7.88.1"}, {"HTTP_ACCEPT", "*/*"}, {"SSL_PROTOCOL", "TLSv1.3"},
        {"SSL_CIPHER", "TLS_AES_256_GCM_SHA384"}, {"SSL_CLIENT_VERIFY", "SUCCESS"},
        {"SSL_CLIENT_S_DN_CN", "Dan Example"}};
    const char *script = getenv("BENCH_SCRIPT"); /* what PHP-FPM is to run */
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *value = pairs[i][1];

        if (script != NULL && strcmp(pairs[i][0], "SCRIPT_FILENAME") == 0)
            value = script;
        source.pairs_length +=
            put_pair(source.pairs + source.pairs_length, pairs[i][0], value, strlen(value));
    }
}

static void open_certificates(const struct options *options)
{
    FILE *file = fopen(options->certificates, "r");
    struct stat status;

    if (file == NULL || fstat(fileno(file), &status) != 0)
        die(options->certificates);
    if (options->minted) {
        void *map;

        source.minted_size = (size_t)status.st_size;
        map = mmap(NULL, source.minted_size, PROT_READ, MAP_SHARED, fileno(file), 0);
        if (map == MAP_FAILED)
            die(options->certificates);
        source.minted = map;
    } else {
        source.pem[fread(source.pem, 1, sizeof(source.pem) - 1, file)] = '\0';
    }
    (void)fclose(file);
}

/* The next certificate as the value of SSL_CLIENT_CERT; returns its length. */
static size_t next_certificate(char value[MAX_CERTIFICATE])
{
    const unsigned char *at = source.minted + source.minted_at;
    size_t length;

    if (source.minted == NULL) {
        length = strlen(source.pem);
        memcpy(value, source.pem, length);
        return length;
    }
    length = (size_t)at[0] << 8 | at[1];
    source.minted_at += 2 + length;
    if (source.minted_at >= source.minted_size)
        source.minted_at = 0;
    return (size_t)EVP_EncodeBlock((unsigned char *)value, at + 2, (int)length);
}

static size_t make_request(bool keep)
{
    static char value[MAX_CERTIFICATE];
    const unsigned char begin[8] = {0, 1, keep ? 1 : 0};
    size_t length = put_header(request, BEGIN_REQUEST, sizeof(begin)), params_at, params;

    memcpy(request + length, begin, sizeof(begin));
    length += sizeof(begin);
    params_at = length;
    length += 8;
    memcpy(request + length, source.pairs, source.pairs_length);
    params = source.pairs_length;
    params +=
        put_pair(request + length + params, "SSL_CLIENT_CERT", value, next_certificate(value));
    (void)put_header(request + params_at, PARAMS, params);
    length += params;
    length += put_header(request + length, PARAMS, 0);
    return length + put_header(request + length, STDIN, 0);
}

static void open_connection(
    struct connection *connection, const struct options *options, int epoll_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    const struct timespec pause = {.tv_nsec = 100000};

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", options->socket);
    connection->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    while (connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        if (errno != EAGAIN)
            die(options->socket);
        (void)nanosleep(&pause, NULL);
    }
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        die("epoll_ctl");
}

static void start(struct connection *connection, const struct options *options, int epoll_fd)
{
    size_t length = make_request(options->keep);

    connection->began = nanoseconds();
    if (connection->fd < 0)
        open_connection(connection, options, epoll_fd);
    connection->header_length = 0;
    connection->left = 0;
    connection->ended = false;
    sent++;
    if (write(connection->fd, request, length) != (ssize_t)length)
        die("write");
}

static void begin_record(struct connection *connection)
{
    size_t content = (size_t)connection->header[4] << 8 | connection->header[5];

    connection->header_length = 0;
    connection->left = content + connection->header[6];
    connection->ended = connection->header[1] == END_REQUEST;
    if (connection->header[1] == STDOUT)
        answer_bytes += content;
}

/* Takes what came; true when the answer is whole. */
static bool take(struct connection *connection, const unsigned char *at, size_t length)
{
    while (length > 0) {
        size_t part = connection->left;

        if (part > 0) {
            part = length < part ? length : part;
            connection->left -= part;
        } else {
            part = sizeof(connection->header) - connection->header_length;
            part = length < part ? length : part;
            memcpy(connection->header + connection->header_length, at, part);
            connection->header_length += part;
            if (connection->header_length == sizeof(connection->header))
                begin_record(connection);
        }
        at += part;
        length -= part;
        if (connection->ended && connection->left == 0 && connection->header_length == 0)
            return true;
    }
    return false;
}

/* One connection has something: true when that ended a request. */
static bool receive(struct connection *connection, const struct options *options)
{
    static unsigned char buffer[65536];
    ssize_t got = read(connection->fd, buffer, sizeof(buffer));

    if (got <= 0)
        die("the connection ended before the answer did");
    if (!take(connection, buffer, (size_t)got))
        return false;
    if (!options->keep) {
        (void)close(connection->fd);
        connection->fd = -1;
    }
    return true;
}

/* Looks for a while before it sleeps: who answers a sleeper pays for its waking (in a virtual
 * machine several microseconds), and whether it sleeps depends on who of the two happens to be
 * ahead. */
static int await_answers(int epoll_fd, struct epoll_event events[EVENTS])
{
    const int64_t until = nanoseconds() + LOOK_NS;
    int count;

    do
        count = epoll_wait(epoll_fd, events, EVENTS, 0);
    while (count == 0 && nanoseconds() < until);
    if (count == 0)
        count = epoll_wait(epoll_fd, events, EVENTS, PATIENCE_MS);
    if (count <= 0)
        die("no answer for a long time");
    return count;
}

static void run(const struct options *options)
{
    static struct connection connections[MAX_CONNECTIONS];
    struct epoll_event events[EVENTS];
    int epoll_fd = epoll_create1(0), i, count;
    long done = 0;

    for (i = 0; i < options->connections; i++) {
        connections[i].fd = -1;
        start(&connections[i], options, epoll_fd);
    }
    while (done < options->requests) {
        count = await_answers(epoll_fd, events);
        for (i = 0; i < count && done < options->requests; i++) {
            struct connection *connection = events[i].data.ptr;

            if (!receive(connection, options))
                continue;
            latencies[done++] = (uint32_t)((nanoseconds() - connection->began) / 1000);
            if (sent < options->requests)
                start(connection, options, epoll_fd);
        }
    }
    (void)close(epoll_fd);
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

    return (one > other) - (one < other);
}

static bool read_options(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt(argc, argv, "n:c:km")) != -1) {
        if (option == 'n')
            options->requests = strtol(optarg, NULL, 10);
        else if (option == 'c')
            options->connections = strtol(optarg, NULL, 10);
        else if (option == 'k')
            options->keep = true;
        else if (option == 'm')
            options->minted = true;
        else
            return false;
    }
    if (argc - optind != 2 || options->connections < 1 || options->connections > MAX_CONNECTIONS ||
        options->requests < options->connections)
        return false;
    options->socket = argv[optind];
    options->certificates = argv[optind + 1];
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.requests = 20000, .connections = 16};
    double seconds;
    int64_t began;
    size_t count;

    if (!read_options(argc, argv, &options)) {
        (void)fputs("usage: load [-n REQUESTS] [-c CONNECTIONS] [-k] [-m] SOCKET FILE\n", stderr);
        return 2;
    }
    count = (size_t)options.requests;
    make_pairs();
    open_certificates(&options);
    latencies = calloc(count, sizeof(*latencies));
    if (latencies == NULL)
        die("calloc");
    began = nanoseconds();
    run(&options);
    seconds = (double)(nanoseconds() - began) / 1e9;
    qsort(latencies, count, sizeof(*latencies), compare);
    printf("%.0f %u %u %zu\n", (double)options.requests / seconds, latencies[count / 2],
        latencies[count * 99 / 100], answer_bytes / count);
    free(latencies);
    return 0;
}
