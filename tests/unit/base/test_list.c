/* SPDX-License-Identifier: ISC */
#include "base/list.h"

#include <criterion/criterion.h>
#include <string.h>

Test(list, strings_are_copied_or_taken_over_in_their_order)
{
    struct list list = {0};
    char word[] = "one", *taken = strdup("two");

    cr_assert(list_add(&list, word, NULL));
    word[0] = 'x';
    cr_assert(list_take(&list, taken, NULL));
    cr_assert_eq(list.count, 2);
    cr_expect_str_eq(list.items[0], "one");
    cr_expect_eq(list.items[1], taken);
    list_free(&list);
    cr_expect_eq(list.count, 0);
    cr_expect_null(list.items);
    list_free(&list);
}

Test(list, an_allocation_that_failed_before_is_told_and_adds_nothing)
{
    struct error error = {0};
    struct list list = {0};

    cr_assert(list_add(&list, "one", &error));
    cr_expect_not(list_take(&list, NULL, &error));
    cr_expect_eq(error.kind, ERROR_MEMORY);
    cr_expect_eq(list.count, 1);
    list_free(&list);
}
