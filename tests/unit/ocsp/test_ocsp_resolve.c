/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_resolve.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

/* A limit whose time is over. */
static const atomic_llong end = INT64_MAX;
static const struct ocsp_limit over = {0, &end};

Test(ocsp_resolve, numeric_addresses_need_no_lookup_and_no_time)
{
    struct error error = {0};
    struct addrinfo *four = ocsp_resolve("127.0.0.1", "8080", &over, &error);
    struct addrinfo *six = ocsp_resolve("::1", "80", &over, &error);

    cr_assert_not_null(four, "%s", error.text);
    cr_expect_eq(four->ai_family, AF_INET);
    cr_expect_eq(((const struct sockaddr_in *)(const void *)four->ai_addr)->sin_port, htons(8080));
    cr_assert_not_null(six, "%s", error.text);
    cr_expect_eq(six->ai_family, AF_INET6);
    freeaddrinfo(four);
    freeaddrinfo(six);
}

Test(ocsp_resolve, a_name_is_not_waited_for_beyond_the_deadline)
{
    struct error error = {0};

    cr_expect_null(ocsp_resolve("responder.invalid", "80", &over, &error));
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_neq(error.text[0], '\0');
}
