/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_send.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than the buffers of a socket take. */
#define LARGE ((size_t)4 * 1024 * 1024)

static struct fastcgi_connection connection;
static int theirs;

static void begin(void)
{
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    fastcgi_connection_begin(&connection, pair[0]);
    theirs = pair[1];
}

static void end(void)
{
    fastcgi_connection_close(&connection);
    (void)close(theirs);
}

TestSuite(fastcgi_send, .init = begin, .fini = end);

/* Bytes that tell their place. */
static unsigned char *make_bytes(size_t length)
{
    unsigned char *bytes = malloc(length);
    size_t i;

    cr_assert_not_null(bytes);
    for (i = 0; i < length; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    return bytes;
}

/* Takes what has come; returns the bytes received in all. */
static size_t receive(unsigned char *came, size_t at, size_t size)
{
    ssize_t got;

    while (at < size && (got = recv(theirs, came + at, size - at, MSG_DONTWAIT)) > 0)
        at += (size_t)got;
    return at;
}

Test(fastcgi_send, what_the_peer_takes_at_once_leaves_nothing)
{
    char came[8] = "";

    cr_expect_eq(
        fastcgi_send_or_keep(&connection, (const unsigned char *)"words", 5, FASTCGI_WAIT_REQUEST),
        FASTCGI_WAIT_REQUEST);
    cr_expect_eq(fastcgi_connection_size(&connection), 0);
    cr_expect_eq(recv(theirs, came, sizeof(came), 0), 5);
    cr_expect_str_eq(came, "words");
    cr_expect_eq(recv(theirs, came, sizeof(came), 0), -1, "our side is not ended");
}

Test(fastcgi_send, what_the_peer_does_not_take_follows_whole_and_in_its_order)
{
    unsigned char *bytes = make_bytes(LARGE), *came = malloc(LARGE);
    enum fastcgi_wait wait = fastcgi_send_or_keep(&connection, bytes, LARGE, FASTCGI_WAIT_REQUEST);
    size_t at = 0;
    int turns = 0;

    cr_expect_eq(wait, FASTCGI_WAIT_SEND);
    cr_expect_gt(fastcgi_connection_size(&connection), 0);
    memset(bytes, 0, LARGE / 2); /* what is left was copied */
    while (wait == FASTCGI_WAIT_SEND && turns++ < 10000) {
        at = receive(came, at, LARGE);
        wait = fastcgi_send_rest(&connection);
    }
    at = receive(came, at, LARGE);
    free(bytes);
    bytes = make_bytes(LARGE);
    cr_expect_eq(wait, FASTCGI_WAIT_REQUEST);
    cr_expect_eq(at, LARGE);
    cr_expect_eq(memcmp(came, bytes, LARGE), 0);
    cr_expect_eq(fastcgi_connection_size(&connection), 0);
    free(bytes);
    free(came);
}

Test(fastcgi_send, our_side_ends_behind_the_last_byte_when_that_comes_next)
{
    unsigned char byte;

    cr_expect_eq(
        fastcgi_send_or_keep(&connection, (const unsigned char *)"x", 1, FASTCGI_WAIT_CLOSE),
        FASTCGI_WAIT_CLOSE);
    cr_expect_eq(recv(theirs, &byte, 1, 0), 1);
    cr_expect_eq(recv(theirs, &byte, 1, 0), 0);
}

Test(fastcgi_send, a_peer_that_is_gone_closes_the_connection)
{
    unsigned char *bytes = make_bytes(LARGE);

    cr_expect_eq(
        fastcgi_send_or_keep(&connection, bytes, LARGE, FASTCGI_WAIT_REQUEST), FASTCGI_WAIT_SEND);
    (void)close(theirs);
    cr_expect_eq(fastcgi_send_rest(&connection), FASTCGI_CLOSED);
    cr_expect_eq(fastcgi_send_now(connection.fd, bytes, 1), -1);
    cr_expect_eq(fastcgi_send_or_keep(&connection, bytes, 1, FASTCGI_WAIT_REQUEST), FASTCGI_CLOSED);
    theirs = -1;
    free(bytes);
}

Test(fastcgi_send, what_is_kept_can_be_given_up)
{
    unsigned char *bytes = make_bytes(LARGE);

    (void)fastcgi_send_or_keep(&connection, bytes, LARGE, FASTCGI_WAIT_REQUEST);
    fastcgi_send_drop(&connection);
    cr_expect_eq(fastcgi_connection_size(&connection), 0);
    free(bytes);
}
