/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_resolve.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* A limit whose time is over. */
static const atomic_llong end = INT64_MAX;
static const struct ocsp_limit over = {0, &end};

/* No name leaves the process: name servers say nothing until they are let go. The C library's own
 * lookup would outlive a test, and what it frees as its thread ends is a leak to who looks then. */
static sem_t let_go;
static atomic_int waiting;

int __real_getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int __wrap_getaddrinfo(
    const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found);
int __wrap_getaddrinfo(
    const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
    if ((hints->ai_flags & AI_NUMERICHOST) != 0)
        return __real_getaddrinfo(host, port, hints, found);
    atomic_fetch_add(&waiting, 1);
    while (sem_wait(&let_go) != 0)
        ;
    atomic_fetch_sub(&waiting, 1);
    return EAI_AGAIN;
}

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

#define SILENT "silent.invalid"

/* Tries until the host's lookups are as wanted: a thread that has begun or ends takes a moment. */
static bool comes_to(const char *wanted, int tries)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    struct error error = {0};

    for (; tries > 0; tries--) {
        (void)ocsp_resolve(SILENT, "80", &over, &error);
        if (strstr(error.text, wanted) != NULL)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

Test(ocsp_resolve, names_that_nobody_answers_take_a_bounded_number_of_threads)
{
    struct error error = {0};
    int i;

    cr_assert_eq(sem_init(&let_go, 0, 0), 0);
    cr_expect(comes_to(": 32 lookups of it wait", 40), "no bound");
    cr_expect_leq(atomic_load(&waiting), 32);
    cr_expect_null(ocsp_resolve("other.invalid", "80", &over, &error));
    cr_expect_null(strstr(error.text, "lookups of it wait"), "another host: %s", error.text);
    for (i = 0; i < 32; i++)
        (void)sem_post(&let_go);
    cr_expect(comes_to("in time", 500), "the host stays refused");
    for (i = 0; i < 500; i++)
        (void)sem_post(&let_go);
}
