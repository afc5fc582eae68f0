/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_FORKED_TEST_H
#define PEERCERT_TESTS_FORKED_TEST_H

#include "unit/base/leaks.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#endif

/* For the main programs that fork a process for each unit test, in place of Criterion's, which
 * starts one anew: tests/unit/runner.c and tests/mutation/runner.c. */

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

#ifdef HAS_LEAK_CHECK
const char *__asan_default_options(void);

/* Each test has looked by its end. Deep stacks of allocations and a large quarantine cost a third
 * of the time; ASAN_OPTIONS in the environment comes after these. */
const char *__asan_default_options(void)
{
    return "leak_check_at_exit=0:malloc_context_size=10:quarantine_size_mb=32";
}
#endif

/* Whether the test that ends has lost memory, as far as that can be seen. */
static bool has_lost_memory(void)
{
#ifdef HAS_LEAK_CHECK
    return __lsan_do_recoverable_leak_check() != 0;
#else
    return false;
#endif
}

/* What each test would otherwise do first. */
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

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

/* A folder for the temporary files of all tests, $TMPDIR from now on: a test that is killed removes
 * nothing itself. remove_folder takes it away with all that is in it. */
static const char *make_folder(void)
{
    static char folder[256];
    const char *base = getenv("TMPDIR");

    (void)snprintf(folder, sizeof(folder), "%s/peercert-unit-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL || setenv("TMPDIR", folder, 1) != 0) {
        perror(folder);
        exit(2);
    }
    return folder;
}

static void remove_folder(const char *folder)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
