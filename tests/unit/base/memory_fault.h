/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_MEMORY_FAULT_H
#define PEERCERT_TESTS_MEMORY_FAULT_H

#include <stdbool.h>

/* Allocations that fail on purpose: of the program's own code, of libcrypto's (which go through
 * certificate/alloc_watch.c) and of jansson's. The unit tests are linked with --wrap for malloc and
 * what is like it. certificate/alloc_watch.h has the same for libcrypto alone. */

/* Lets the Nth allocation of this thread from now on fail (counted from 1; 0: none), and all after
 * it when `and_after`. */
void memory_fault_at(unsigned long nth, bool and_after);

/* Counts an allocation, of whatever kind: whether it is to fail. */
bool memory_fault_now(void);

/* How far it is from one failing allocation to the next in the tests that let one after the other
 * fail: 1, or what UNIT_FAULT_STEP says. `make test` tries each without the sanitizers, and each
 * fifth under them. */
unsigned long memory_fault_step(void);

/* How many allocations this thread has asked for since memory_fault_at. */
unsigned long memory_fault_count(void);

#endif
