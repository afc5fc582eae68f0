/* SPDX-License-Identifier: ISC */
#include "unit/base/leaks.h"

#include <criterion/criterion.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK 1
#endif
#endif

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
