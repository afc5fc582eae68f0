/* SPDX-License-Identifier: ISC */
#include "fastcgi/request.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A transport that counts, and from some call on fails. */
struct counter {
    int writes, flushes, good;
};

static bool count_write(void *context, const void *bytes, size_t length)
{
    struct counter *counter = context;

    (void)bytes;
    (void)length;
    return ++counter->writes + counter->flushes <= counter->good;
}

static bool count_flush(void *context)
{
    struct counter *counter = context;

    return ++counter->flushes + counter->writes <= counter->good;
}

static struct request request_with(struct counter *counter)
{
    return (struct request){
        .transport = {.write = count_write, .flush = count_flush, .context = counter}};
}

Test(request, a_parameter_is_found_by_its_whole_name_and_the_first_one_counts)
{
    char all[][8] = {"AB=1", "A=2", "A=3", "B=", "C"};
    char *parameters[] = {all[0], all[1], all[2], all[3], all[4], NULL};
    const struct request request = {.parameters = parameters};

    cr_expect_str_eq(request_parameter(&request, "A"), "2");
    cr_expect_str_eq(request_parameter(&request, "AB"), "1");
    cr_expect_str_eq(request_parameter(&request, "B"), "");
    cr_expect_null(request_parameter(&request, "C"));
    cr_expect_null(request_parameter(&request, "a"), "names have their case");
    cr_expect_null(request_parameter(&(struct request){.gone = false}, "A"));
}

Test(request, nothing_is_written_once_the_client_is_gone)
{
    struct counter counter = {.good = 2};
    struct request request = request_with(&counter);

    cr_expect(request_write(&request, "a", 1));
    cr_expect(request_write(&request, "", 0));
    cr_expect_eq(counter.writes, 1, "no bytes are no write");
    cr_expect(request_flush(&request));
    cr_expect_not(request_write(&request, "a", 1));
    cr_expect_not(request_flush(&request));
    cr_expect_not(request_write(&request, "a", 1));
    cr_expect_eq(counter.writes, 2);
    cr_expect_eq(counter.flushes, 1);
}

Test(request, an_answer_that_was_given_up_gets_no_more)
{
    struct counter counter = {.good = 9};
    struct request request = request_with(&counter);

    request_abort(&request);
    cr_expect_not(request_write(&request, "a", 1));
    cr_expect_not(request_flush(&request));
    cr_expect_eq(counter.writes + counter.flushes, 0);
}

Test(request, a_cgi_process_is_told_by_its_variable_unless_it_was_given_a_listening_socket)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    cr_assert_eq(bind(listening, (struct sockaddr *)&any, sizeof(any)), 0);
    cr_assert_eq(listen(listening, 1), 0);
    cr_expect(request_fd_listens(listening));
    cr_expect_not(request_fd_listens(other));
    cr_expect_not(request_fd_listens(-1));
    (void)unsetenv("GATEWAY_INTERFACE");
    cr_expect_not(request_is_cgi(other));
    (void)setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
    cr_expect(request_is_cgi(other));
    cr_expect_not(request_is_cgi(listening));
    (void)close(listening);
    (void)close(other);
}

Test(request, a_cgi_request_has_the_environment_and_writes_to_standard_output,
    .init = cr_redirect_stdout)
{
    char method[] = "REQUEST_METHOD=GET";
    char *environment[] = {method, NULL};
    struct request request;

    request_from_cgi(&request, environment);
    cr_expect_eq(request.role, REQUEST_RESPONDER);
    cr_expect_str_eq(request_parameter(&request, "REQUEST_METHOD"), "GET");
    cr_expect(request_write(&request, "words", 5));
    cr_expect(request_flush(&request));
    cr_assert_stdout_eq_str("words");
}
