/* SPDX-License-Identifier: ISC */
/* Runs unit tests one after another until one fails, in place of Criterion's own main program,
 * which starts a process anew for each: here it is forked, with libcrypto ready.
 *
 * usage: unit-tests PATTERN...
 *
 * Tests whose "suite/name" fits a pattern (fnmatch(3) with @(a|b)) run in the order of the
 * patterns, each once. The name of the one that fails is written to stdout, and the exit status is
 * 1. */
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that hangs has failed: so much of a processor, and so long, in seconds. */
#define PROCESSOR_SECONDS 20
#define SECONDS 600
#define TESTS_MOST 4096

/* Where the linker puts what Test() and TestSuite() make. */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[], *__stop_cr_sts[];

static const struct criterion_test *current;

static void call(void (*function)(void))
{
    if (function != NULL)
        function();
}

static const struct criterion_test_extra_data *data_of_suite(void)
{
    static const struct criterion_test_extra_data none;
    struct criterion_suite **suite;

    for (suite = __start_cr_sts; suite < __stop_cr_sts; suite++) {
        if (*suite != NULL && strcmp((*suite)->name, current->category) == 0)
            return (*suite)->data;
    }
    return &none;
}

/* What the tests call, in place of Criterion's. */
void criterion_internal_test_setup(void)
{
    call(data_of_suite()->init);
    call(current->data->init);
}

void criterion_internal_test_main(void (*function)(void))
{
    function();
}

void criterion_internal_test_teardown(void)
{
    call(current->data->fini);
    call(data_of_suite()->fini);
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    (void)fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    _exit(1);
}

static void get_ready(void)
{
    int kind;

    for (kind = 0; kind < PKI_RSA_2048; kind++) {
        struct pki *ca = pki_make(&(struct pki_spec){.ca = true, .key = (enum pki_key)kind});
        struct pki *leaf = pki_make(&(struct pki_spec){.issuer = ca, .key = (enum pki_key)kind});

        X509_free(pki_decoded(leaf));
        free(pki_pem(leaf->certificate));
        pki_free(leaf);
        pki_free(ca);
    }
}

static bool holds(const struct criterion_test *test)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        const struct rlimit limit = {PROCESSOR_SECONDS, PROCESSOR_SECONDS};

        (void)setrlimit(RLIMIT_CPU, &limit);
        (void)alarm(SECONDS);
        current = test;
        test->test();
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv)
{
    static bool done[TESTS_MOST];
    size_t count = (size_t)(__stop_cr_tst - __start_cr_tst), i;
    int pattern;

    get_ready();
    for (pattern = 1; pattern < argc; pattern++) {
        bool any = false;

        for (i = 0; i < count && i < TESTS_MOST; i++) {
            const struct criterion_test *test = __start_cr_tst[i];
            char name[512];

            if (test == NULL)
                continue;
            (void)snprintf(name, sizeof(name), "%s/%s", test->category, test->name);
            if (fnmatch(argv[pattern], name, FNM_EXTMATCH) != 0)
                continue;
            any = true;
            if (!done[i] && !holds(test)) {
                (void)printf("%s\n", name);
                return 1;
            }
            done[i] = true;
        }
        if (!any) {
            (void)fprintf(stderr, "no test is named %s\n", argv[pattern]);
            return 2;
        }
    }
    return 0;
}
