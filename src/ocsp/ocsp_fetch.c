/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_fetch.h"
#include "certificate/alloc_watch.h"
#include "ocsp/ocsp_http.h"
#include "ocsp/ocsp_resolve.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes of a line of a response's head at the most. */
#define LINE_BYTES 4096
/* Bytes of the whole head at the most. */
#define HEAD_BYTES ((size_t)16 * 1024)

/* Waits for the descriptor. false when the time is over. */
static bool wait_for(int fd, short events, const struct ocsp_limit *limit)
{
    struct pollfd waiting = {.fd = fd, .events = events};
    int left, ready;

    do {
        left = ocsp_limit_left(limit);
        ready = poll(&waiting, 1, left);
    } while (left > 0 && (ready == 0 || (ready < 0 && errno == EINTR)));
    return ready > 0;
}

static int connect_to(const struct addrinfo *address, const struct ocsp_limit *limit, int *reason)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof(*reason);

    *reason = errno;
    if (fd < 0)
        return -1;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    *reason = errno;
    if (*reason == EINPROGRESS) {
        *reason = ETIMEDOUT;
        if (wait_for(fd, POLLOUT, limit) &&
            getsockopt(fd, SOL_SOCKET, SO_ERROR, reason, &size) == 0 && *reason == 0)
            return fd;
    }
    (void)close(fd);
    return -1;
}

/* Connects to the first of the host's addresses that answers. -1 with the error. */
static int connect_to_host(
    const struct ocsp_url *url, const struct ocsp_limit *limit, struct error *error)
{
    struct addrinfo *found = ocsp_resolve(url->host, url->port, limit, error), *at;
    int fd = -1, reason = 0;

    if (found == NULL)
        return -1;
    for (at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(at, limit, &reason);
    freeaddrinfo(found);
    if (fd < 0)
        error_set(error, ERROR_INPUT, "it cannot be reached: %s", strerror(reason));
    return fd;
}

static bool add_headers(STACK_OF(CONF_VALUE) * *headers, const struct ocsp_url *url)
{
    char host[sizeof(url->host) + sizeof(url->port) + 4];
    bool bracketed = strchr(url->host, ':') != NULL;

    (void)snprintf(host, sizeof(host), "%s%s%s:%s", bracketed ? "[" : "", url->host,
        bracketed ? "]" : "", url->port);
    return X509V3_add_value("Host", host, headers) == 1;
}

/* What a responder may still send, and for how long. libcrypto's HTTP client reads header lines for
 * as long as they come, without coming back in between, so each of its reads is looked at. */
struct bounds {
    const struct ocsp_limit *limit;
    size_t left;
};

static long look_at_read(BIO *bio, int operation, const char *data, size_t length, int argument,
    long number, int result, size_t *processed)
{
    void *context = BIO_get_callback_arg(bio);
    struct bounds *bounds = context;

    (void)data;
    (void)length;
    (void)argument;
    (void)number;
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && processed != NULL)
        bounds->left -= *processed < bounds->left ? *processed : bounds->left;
    if (operation != BIO_CB_READ || (bounds->left > 0 && ocsp_limit_left(bounds->limit) > 0))
        return result;
    BIO_clear_retry_flags(bio);
    return 0;
}

/* libcrypto sends and receives on our connection, as far as time and bytes allow. */
static bool exchange(OSSL_HTTP_REQ_CTX *context, BIO *socket, int fd,
    const struct ocsp_limit *limit, struct error *error)
{
    struct bounds bounds = {.limit = limit, .left = OCSP_MAX_ANSWER + HEAD_BYTES};
    void *for_reads = &bounds;
    bool late = false;
    int result;

    BIO_set_callback_ex(socket, look_at_read);
    BIO_set_callback_arg(socket, for_reads);
    while ((result = OSSL_HTTP_REQ_CTX_nbio(context)) < 0 && !late)
        late = ocsp_limit_left(limit) == 0 ||
               !wait_for(fd, BIO_should_write(socket) ? POLLOUT : POLLIN, limit);
    BIO_set_callback_ex(socket, NULL);
    if (result == 1)
        return true;
    if (late || ocsp_limit_left(limit) == 0)
        error_set(error, ERROR_INPUT, "it did not answer in time");
    else if (bounds.left == 0)
        error_set(error, ERROR_INPUT, "it sent too much");
    else if (alloc_watch_failed())
        error_set(error, ERROR_MEMORY, "out of memory");
    else
        ocsp_http_set_fault(error);
    return false;
}

static bool take(OSSL_HTTP_REQ_CTX *context, struct bytes *answer, struct error *error)
{
    char *data = NULL;
    long length = BIO_get_mem_data(OSSL_HTTP_REQ_CTX_get0_mem_bio(context), &data);

    if (length <= 0 || (size_t)length > OCSP_MAX_ANSWER) {
        error_set(error, ERROR_INPUT, "it sent nothing, or too much");
        return false;
    }
    answer->data = malloc((size_t)length);
    if (answer->data == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the response");
        return false;
    }
    answer->length = (size_t)length;
    memcpy(answer->data, data, (size_t)length);
    return true;
}

bool ocsp_fetch(const struct ocsp_url *url, const struct bytes *request,
    const struct ocsp_limit *limit, struct bytes *answer, struct error *error)
{
    STACK_OF(CONF_VALUE) *headers = NULL;
    OSSL_HTTP_REQ_CTX *context = NULL;
    BIO *socket = NULL, *body = NULL;
    bool good = false;
    int fd = connect_to_host(url, limit, error);

    *answer = (struct bytes){.data = NULL};
    if (fd < 0)
        return false;
    ERR_clear_error();
    socket = BIO_new_socket(fd, BIO_NOCLOSE);
    body = BIO_new_mem_buf(request->data, (int)request->length);
    /* On connections of our own: OSSL_HTTP_transfer would try a refused one again and again. */
    if (socket != NULL && body != NULL && add_headers(&headers, url))
        context = OSSL_HTTP_REQ_CTX_new(socket, socket, LINE_BYTES);
    if (context == NULL ||
        OSSL_HTTP_set1_request(context, url->path, headers, "application/ocsp-request", body,
            "application/ocsp-response", 1, OCSP_MAX_ANSWER, 0, 0) != 1)
        error_set(error, ERROR_MEMORY, "out of memory");
    else
        good = exchange(context, socket, fd, limit, error) && take(context, answer, error);
    OSSL_HTTP_REQ_CTX_free(context);
    sk_CONF_VALUE_pop_free(headers, X509V3_conf_free);
    BIO_free(body);
    BIO_free(socket);
    (void)close(fd);
    ERR_clear_error();
    return good;
}
