/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_LEAKS_H
#define PEERCERT_TESTS_LEAKS_H

/* Under AddressSanitizer a test fails when it has lost memory: tests/unit/runner.c looks at its
 * end. Without, these do nothing. */

/* Looks now: says better what leaks, or before the rest of a test hides it. */
void expect_no_leak(const char *what);

/* No look at what is allocated from now on. */
void look_at_no_leaks(void);

#endif
