/* SPDX-License-Identifier: ISC */
/* Runs unit tests one after another until one fails, in place of Criterion's own main program,
 * which starts a process anew for each: here it is forked, with libcrypto ready.
 *
 * usage: unit-tests PATTERN...
 *
 * Tests whose "suite/name" fits a pattern (fnmatch(3) with @(a|b)) run in the order of the
 * patterns, each once. The name of the one that fails is written to stdout, and the exit status is
 * 1. */
#include "unit/forked_test.h"

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

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    (void)fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    _exit(1);
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
