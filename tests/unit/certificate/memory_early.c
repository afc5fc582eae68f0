/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"

/* The test runner links libraries that use libcrypto in their constructors, after which
 * alloc_watch_start would be too late: functions in .preinit_array run before those. So every test
 * runs with the watch, like the program; alloc_watch_fail_at is all that a test needs to call. */
static void start_watch(void)
{
    (void)alloc_watch_start();
}

__attribute__((section(".preinit_array"), used)) static void (*const start_early)(
    void) = start_watch;
