/* SPDX-License-Identifier: ISC */
#include "unit/base/leaks.h"

#include <criterion/criterion.h>

#ifdef HAS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>

void expect_no_leak(const char *what)
{
    cr_expect_eq(__lsan_do_recoverable_leak_check(), 0, "%s leaks", what);
}

void look_at_no_leaks(void)
{
    __lsan_disable();
}
#else
void expect_no_leak(const char *what)
{
    (void)what;
}

void look_at_no_leaks(void)
{
}
#endif
