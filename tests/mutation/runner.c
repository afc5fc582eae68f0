/* SPDX-License-Identifier: ISC */
/* Runs unit tests one after another until one fails, in place of Criterion's own main program,
 * which starts a process anew for each: here it is forked, with libcrypto ready.
 *
 * usage: unit-tests --list
 *        unit-tests <TESTS
 *
 * Each line of TESTS is "suite/name seconds": a test, and how much of a processor it may take. One
 * that holds is written to stdout, with what it took; after one that fails, whose name is the last
 * on stdout, the exit status is 1. */
#include "unit/forked_test.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that sleeps for ever has failed: after so many seconds for each that it may compute. */
#define BUSY_MACHINE 60
#define MEMORY_MOST ((rlim_t)2 << 30)
#define NAME_MOST 512

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    (void)fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    _exit(1);
}

/* The test of this name; NULL when there is none. With NULL for a name all names are printed. */
static const struct criterion_test *find(const char *wanted)
{
    struct criterion_test **test;
    char name[NAME_MOST];

    for (test = __start_cr_tst; test < __stop_cr_tst; test++) {
        if (*test == NULL)
            continue;
        (void)snprintf(name, NAME_MOST, "%s/%s", (*test)->category, (*test)->name);
        if (wanted == NULL)
            (void)puts(name);
        else if (strcmp(name, wanted) == 0)
            return *test;
    }
    return NULL;
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

static bool holds(const struct criterion_test *test, unsigned int seconds, double *took)
{
    struct rusage usage;
    int status = 0;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        set_limit(RLIMIT_CPU, seconds);
#ifndef HAS_LEAK_CHECK
        set_limit(RLIMIT_DATA, MEMORY_MOST); /* AddressSanitizer takes terabytes, of addresses */
#endif
        (void)alarm(seconds * BUSY_MACHINE);
        current = test;
        test->test();
        _exit(has_lost_memory() ? 1 : 0);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return false;
    *took = seconds_of(&usage);
    return status == 0;
}

/* Runs what standard input names until one fails; the exit status. */
static int run_named(void)
{
    char name[NAME_MOST];
    unsigned int seconds;
    double took = 0;

    while (scanf("%511s %u", name, &seconds) == 2) {
        const struct criterion_test *test = find(name);

        if (test == NULL) {
            (void)fprintf(stderr, "no test is named %s\n", name);
            return 2;
        }
        (void)printf("%s", name);
        if (!holds(test, seconds, &took))
            return 1;
        (void)printf(" %.3f\n", took);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *folder;
    int status;

    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        (void)find(NULL);
        return 0;
    }
    folder = make_folder();
    get_ready();
    status = run_named();
    remove_folder(folder);
    return status;
}
