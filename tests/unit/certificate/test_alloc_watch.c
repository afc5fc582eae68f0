/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"

#include <criterion/criterion.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stddef.h>

Test(alloc_watch, the_chosen_allocation_fails_and_is_remembered)
{
    void *one, *two, *three;

    alloc_watch_clear();
    alloc_watch_fail_at(2, false);
    one = OPENSSL_malloc(10);
    cr_expect_not(alloc_watch_failed());
    cr_expect_eq(alloc_watch_count(), 1);
    two = OPENSSL_malloc(10);
    three = OPENSSL_malloc(10);
    /* libcrypto 3.5 allocates once more, to report the failure. */
    cr_expect_geq(alloc_watch_count(), 3);
    alloc_watch_fail_at(0, false);
    cr_expect_not_null(one);
    cr_expect_null(two);
    cr_expect_not_null(three);
    cr_expect(alloc_watch_failed());
    ERR_clear_error();
    alloc_watch_clear();
    cr_expect_not(alloc_watch_failed());
    OPENSSL_free(one);
    OPENSSL_free(three);
}

Test(alloc_watch, all_allocations_fail_from_the_chosen_one_on)
{
    void *one, *two, *three;

    alloc_watch_fail_at(2, true);
    one = OPENSSL_malloc(10);
    two = OPENSSL_malloc(10);
    three = OPENSSL_realloc(one, 100);
    alloc_watch_fail_at(0, false);
    cr_expect_null(two);
    cr_expect_null(three);
    alloc_watch_clear();
    ERR_clear_error();
    OPENSSL_free(one);
}

static void *look(void *seen)
{
    *(bool *)seen = alloc_watch_failed();
    return NULL;
}

Test(alloc_watch, a_failure_is_of_its_own_thread)
{
    bool seen = true;
    pthread_t thread;

    alloc_watch_fail_at(1, false);
    cr_expect_null(OPENSSL_malloc(10));
    alloc_watch_fail_at(0, false);
    cr_assert_eq(pthread_create(&thread, NULL, look, &seen), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_expect(alloc_watch_failed());
    cr_expect_not(seen);
    alloc_watch_clear();
    ERR_clear_error();
}

Test(alloc_watch, a_failure_of_libcrypto_is_of_memory_or_what_it_is_told_to_be)
{
    alloc_watch_clear();
    cr_expect_eq(alloc_watch_error_kind(ERROR_INPUT), ERROR_INPUT);
    ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
    cr_expect_eq(alloc_watch_error_kind(ERROR_INPUT), ERROR_MEMORY);
    cr_expect_eq(alloc_watch_error_kind(ERROR_LIBRARY), ERROR_LIBRARY);
}

Test(alloc_watch, the_queue_is_emptied_and_tells_of_memory_alone)
{
    ERR_raise(ERR_LIB_X509, ERR_R_PASSED_INVALID_ARGUMENT);
    cr_expect_not(alloc_watch_explains_errors());
    cr_expect_eq(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
    ERR_raise(ERR_LIB_X509, ERR_R_PASSED_INVALID_ARGUMENT);
    cr_expect(alloc_watch_explains_errors());
    cr_expect_eq(ERR_peek_error(), 0);
    cr_expect_not(alloc_watch_explains_errors());
}

Test(alloc_watch, a_refusal_has_the_given_words_unless_memory_ran_out)
{
    struct error error = {.kind = ERROR_NONE};

    alloc_watch_clear();
    cr_expect_not(alloc_watch_refuse(&error, ERROR_INPUT, "'%s' is no name", "x"));
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_str_eq(error.text, "'x' is no name");
    ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
    cr_expect_not(alloc_watch_refuse(&error, ERROR_INPUT, "'%s' is no name", "x"));
    cr_expect_eq(error.kind, ERROR_MEMORY);
    cr_expect_str_eq(error.text, "out of memory");
}
