/* SPDX-License-Identifier: ISC */
/* Runs one unit test after another with one mutant after another, in place of Criterion's own main
 * program, which starts a process anew for each test: here it is forked, with libcrypto ready.
 *
 * It writes the names of all tests to stdout, each on a line, and an empty line. Each line of stdin
 * is then "MUTANT TEST SECONDS": the number of a mutant (0: none), the place of a test among the
 * names, and how much of a processor it may take. The answer is a line with the seconds it took,
 * or "failed". */
#include "unit/forked_test.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that sleeps for ever has failed: after so many seconds for each that it may compute. */
#define BUSY_MACHINE 30
#define MEMORY_MOST ((rlim_t)2 << 30)
#define TESTS_MOST 8192

/* What the sources ask that mutate.py has written; declared there. */
extern int chosen_mutant;
int chosen_mutant;

static const struct criterion_test *tests[TESTS_MOST];

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    (void)stats;
    _exit(1);
}

static void list_tests(void)
{
    struct criterion_test **test;
    size_t count = 0;

    for (test = __start_cr_tst; test < __stop_cr_tst && count < TESTS_MOST; test++) {
        if (*test == NULL)
            continue;
        (void)printf("%s/%s\n", (*test)->category, (*test)->name);
        tests[count++] = *test;
    }
    (void)puts("");
    (void)fflush(stdout);
}

static void set_limit(int resource, rlim_t most)
{
    const struct rlimit limit = {most, most};

    (void)setrlimit((__rlimit_resource_t)resource, &limit);
}

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static bool holds(const struct criterion_test *test, int mutant, unsigned int seconds, double *took)
{
    struct rusage usage;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        set_limit(RLIMIT_CPU, seconds);
#ifndef HAS_LEAK_CHECK
        set_limit(RLIMIT_DATA, MEMORY_MOST); /* AddressSanitizer takes terabytes, of addresses */
#endif
        (void)alarm(seconds * BUSY_MACHINE);
        chosen_mutant = mutant;
        current = test;
        test->test();
        _exit(has_lost_memory() ? 1 : 0);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return false;
    *took = seconds_of(&usage);
    return status == 0;
}

int main(void)
{
    const char *folder = make_folder();
    unsigned int seconds;
    size_t test;
    double took;
    int mutant;

    get_ready();
    list_tests();
    while (scanf("%d %zu %u", &mutant, &test, &seconds) == 3 && test < TESTS_MOST) {
        if (holds(tests[test], mutant, seconds, &took))
            (void)printf("%.3f\n", took);
        else
            (void)puts("failed");
        (void)fflush(stdout);
    }
    remove_folder(folder);
    return 0;
}
