/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TEST_HOOKS_H
#define PEERCERT_TEST_HOOKS_H

#include "base/worker_slots.h"

#ifdef PEERCERT_TEST_HOOKS
/* In the test build alone (PEERCERT_TEST_HOOKS): opens the FIFO that PEERCERT_TEST_WAIT_FIFO names
 * and waits until a writer has opened and closed it, so that a test can show what reaches the
 * client before there is a verdict; without the worker's slot meanwhile. Nothing in other builds.
 */
void test_hooks_before_verification(struct worker_slots *slots);
#else
#define test_hooks_before_verification(slots) ((void)(slots))
#endif

#endif
