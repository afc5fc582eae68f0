/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_LEAKS_H
#define PEERCERT_TESTS_LEAKS_H

/* Whether the compiler has AddressSanitizer, of gcc or of clang. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK 1
#endif
#endif

/* Under AddressSanitizer a test fails when it has lost memory: tests/unit/runner.c looks at its
 * end. Without, these do nothing. */

/* Looks now: says better what leaks, or before the rest of a test hides it. */
void expect_no_leak(const char *what);

/* No look at what is allocated from now on. */
void look_at_no_leaks(void);

#endif
