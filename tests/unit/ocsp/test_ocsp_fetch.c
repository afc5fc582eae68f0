/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "ocsp/ocsp_fetch.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A responder that sends these bytes to one who asks, and keeps what it was sent. */
struct responder {
    int fd;
    const char *sends;
    char asked[2048];
    pthread_t thread;
    struct ocsp_url url;
};

static void *serve(void *context)
{
    struct responder *responder = context;
    int fd = accept(responder->fd, NULL, NULL);
    size_t length = 0;
    ssize_t got;

    /* The request's body is `question`. */
    while (
        memmem(responder->asked, length, "\r\n\r\nquestion", 12) == NULL &&
        (got = recv(fd, responder->asked + length, sizeof(responder->asked) - 1 - length, 0)) > 0)
        length += (size_t)got;
    (void)send(fd, responder->sends, strlen(responder->sends), MSG_NOSIGNAL);
    (void)close(fd);
    return NULL;
}

static void start(struct responder *responder, const char *sends)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    char words[64];

    *responder = (struct responder){.sends = sends};
    responder->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(responder->fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(responder->fd, 1), 0);
    cr_assert_eq(getsockname(responder->fd, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(words, sizeof(words), "http://127.0.0.1:%d/ocsp?a", ntohs(address.sin_port));
    cr_assert(ocsp_url_read(words, strlen(words), &responder->url));
    if (sends != NULL)
        cr_assert_eq(pthread_create(&responder->thread, NULL, serve, responder), 0);
}

static void stop(struct responder *responder)
{
    if (responder->sends != NULL)
        (void)pthread_join(responder->thread, NULL);
    (void)close(responder->fd);
}

static bool fetch(const struct responder *responder, struct bytes *answer, struct error *error)
{
    unsigned char question[] = "question";
    const struct bytes request = {question, 8};
    const atomic_llong end = INT64_MAX;
    const struct ocsp_limit limit = {clock_milliseconds() + 20000, &end};

    return ocsp_fetch(&responder->url, &request, &limit, answer, error);
}

Test(ocsp_fetch, the_question_is_posted_and_the_answer_is_brought)
{
    struct responder responder;
    struct bytes answer;
    struct error error = {0};

    start(&responder, "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n"
                      "Content-Length: 4\r\n\r\n\x30\x02\x05\x01");
    cr_expect(fetch(&responder, &answer, &error), "%s", error.text);
    stop(&responder);
    cr_assert_eq(answer.length, 4);
    cr_expect_eq(memcmp(answer.data, "\x30\x02\x05\x01", 4), 0);
    cr_expect_eq(
        strncmp(responder.asked, "POST /ocsp?a HTTP/1.0\r\n", 23), 0, "%s", responder.asked);
    cr_expect_not_null(strstr(responder.asked, "Content-Type: application/ocsp-request\r\n"), "%s",
        responder.asked);
    free(answer.data);
}

Test(ocsp_fetch, what_is_no_ocsp_response_is_told)
{
    static const struct {
        const char *sends, *words;
    } rows[] = {
        {"HTTP/1.0 404 Not Found\r\n\r\n", "404"},
        {"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "redirect"},
        {"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n\x30\x02\x05\x01",
            "Content-Type"},
        {"hello\r\n\r\n", "not an HTTP response"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct responder responder;
        struct bytes answer;
        struct error error = {0};

        start(&responder, rows[i].sends);
        cr_expect_not(fetch(&responder, &answer, &error), "row %zu", i);
        stop(&responder);
        cr_expect_eq(error.kind, ERROR_INPUT);
        cr_expect_not_null(strstr(error.text, rows[i].words), "row %zu: %s", i, error.text);
        cr_expect_null(answer.data);
    }
}

Test(ocsp_fetch, a_refused_connection_is_told)
{
    struct responder responder;
    struct bytes answer;
    struct error error = {0};

    start(&responder, NULL);
    stop(&responder); /* nobody listens there any more */
    cr_expect_not(fetch(&responder, &answer, &error));
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_not_null(strstr(error.text, "refused"), "%s", error.text);
}
