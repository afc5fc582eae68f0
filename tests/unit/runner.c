/* SPDX-License-Identifier: ISC */
/* Runs the unit tests under the sanitizers, in place of Criterion's own main program. That one
 * starts a process anew for each test, which is most of what a small test costs there, and has its
 * result before LeakSanitizer looks. Here a test is forked, and fails when it has lost memory.
 *
 * usage: unit-tests [--jobs=N] [--filter=PATTERN] [--verbose]
 *
 * PATTERN is that of fnmatch(3) for "suite/name", with @(a|b). */
#include "unit/forked_test.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that hangs has failed, after so many seconds. */
#define SECONDS 600
#define TESTS_MOST 4096
#define JOBS_MOST 64

/* The longest tests begin first, so that all processors end together. */
static const char *const long_ones[] = {"verify_memory/below*", "verify_memory/*", "gate_memory/*",
    "rules_memory*/*", "trust_build/*memory*", "verify_mutations/*", "explain/*", "*/*memory*",
    "verify_random/*", "key_decoder/*", "*"};

/* A test that runs: what it writes is in `output`. */
struct running {
    pid_t pid;
    const struct criterion_test *test;
    FILE *output;
};

static struct running all_running[JOBS_MOST];
static volatile sig_atomic_t caught;
static bool current_failed;

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    (void)fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    current_failed = true;
}

void criterion_abort_test(void)
{
    (void)fflush(NULL);
    _exit(1);
}

/* Ends what runs; main then removes the folder. */
static void end_all(int number)
{
    size_t i;

    caught = number;
    for (i = 0; i < JOBS_MOST; i++) {
        if (all_running[i].pid > 0)
            (void)kill(all_running[i].pid, SIGKILL);
    }
}

/* What would end this program does so after its folder has gone. A test has none of it, and what is
 * ignored stays so. */
static void handle_signals(void (*handler)(int))
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (signal(numbers[i], handler) == SIG_IGN)
            (void)signal(numbers[i], SIG_IGN);
    }
}

static void run(const struct criterion_test *test, FILE *output)
{
    handle_signals(SIG_DFL);
    (void)dup2(fileno(output), STDOUT_FILENO);
    (void)dup2(fileno(output), STDERR_FILENO);
    (void)alarm(SECONDS);
    current = test;
    test->test();
    if (has_lost_memory())
        current_failed = true;
    (void)fflush(NULL);
    _exit(current_failed ? 1 : 0);
}

static struct running start(const struct criterion_test *test)
{
    struct running running = {.test = test, .output = tmpfile()};

    (void)fflush(NULL);
    running.pid = running.output != NULL ? fork() : -1;
    if (running.pid == 0)
        run(test, running.output);
    if (running.pid < 0) {
        perror("unit-tests");
        exit(2);
    }
    return running;
}

static void show(FILE *output)
{
    int byte;

    rewind(output);
    while ((byte = getc(output)) != EOF)
        (void)putchar(byte);
}

/* Waits for one of those that run. In *status how it ended. */
static struct running *wait_for_one(struct running *running, int *status)
{
    pid_t pid;

    do
        pid = waitpid(-1, status, 0);
    while (pid < 0 && errno == EINTR);
    while (running->pid != pid)
        running++;
    return running;
}

static void tell(struct running *ended, int status, bool verbose)
{
    if (status != 0 || verbose)
        (void)printf("[%s] %s::%s\n", status == 0 ? "PASS" : "FAIL", ended->test->category,
            ended->test->name);
    if (WIFSIGNALED(status))
        (void)printf("ended by signal %d\n", WTERMSIG(status));
    if (status != 0)
        show(ended->output);
    (void)fflush(stdout);
    (void)fclose(ended->output);
    ended->pid = 0;
}

static bool fits(const struct criterion_test *test, const char *pattern)
{
    char name[512];

    (void)snprintf(name, sizeof(name), "%s/%s", test->category, test->name);
    return fnmatch(pattern, name, FNM_EXTMATCH) == 0;
}

/* The tests that fit, in the order in which they begin; how many there are. */
static size_t choose(const char *filter, const struct criterion_test **chosen)
{
    static bool taken[TESTS_MOST];
    size_t count = (size_t)(__stop_cr_tst - __start_cr_tst), i, j, found = 0;

    for (i = 0; i < sizeof(long_ones) / sizeof(long_ones[0]); i++) {
        for (j = 0; j < count && j < TESTS_MOST; j++) {
            const struct criterion_test *test = __start_cr_tst[j];

            if (test == NULL || taken[j] || !fits(test, long_ones[i]) || !fits(test, filter))
                continue;
            taken[j] = true;
            chosen[found++] = test;
        }
    }
    return found;
}

static bool option(const char *argument, const char *name, const char **value)
{
    size_t length = strlen(name);

    if (strncmp(argument, name, length) != 0)
        return false;
    *value = argument + length;
    return true;
}

int main(int argc, char **argv)
{
    static const struct criterion_test *chosen[TESTS_MOST];
    const char *filter = "*", *value = NULL;
    /* Some tests wait: one more than there are processors computes then. */
    long jobs = sysconf(_SC_NPROCESSORS_ONLN) + 1;
    size_t count, ended = 0, failed = 0, crashed = 0, begun = 0;
    const char *folder;
    struct running *one;
    bool verbose = false;
    int argument, status;

    for (argument = 1; argument < argc; argument++) {
        if (option(argv[argument], "--jobs=", &value))
            jobs = strtol(value, NULL, 10);
        else if (strcmp(argv[argument], "--verbose") == 0)
            verbose = true;
        else if (!option(argv[argument], "--filter=", &filter)) {
            (void)fprintf(stderr, "unit-tests: unknown: %s\n", argv[argument]);
            return 2;
        }
    }
    jobs = jobs < 1 ? 1 : jobs > JOBS_MOST ? JOBS_MOST : jobs;
    folder = make_folder();
    handle_signals(end_all);
    get_ready();
    count = choose(filter, chosen);
    while (ended < (caught == 0 ? count : begun)) {
        while (caught == 0 && begun < count && begun - ended < (size_t)jobs) {
            struct running *place = all_running;

            while (place->pid != 0)
                place++;
            *place = start(chosen[begun++]);
        }
        one = wait_for_one(all_running, &status);
        ended++;
        if (caught != 0)
            continue;
        tell(one, status, verbose);
        failed += status != 0;
        crashed += WIFSIGNALED(status);
    }
    remove_folder(folder);
    if (caught != 0)
        return 128 + caught;
    (void)printf("[====] Synthesis: Tested: %zu | Passing: %zu | Failing: %zu | Crashing: %zu\n",
        count, count - failed, failed, crashed);
    if (count == 0)
        (void)fprintf(stderr, "unit-tests: no test is named %s\n", filter);
    return failed > 0 || count == 0;
}
