/* SPDX-License-Identifier: ISC */
/* Preloaded into a peercert that a test has started: lets one allocation of its workers fail, or
 * that one and all that follow. FAULT_CONTROL names a file of four 32-bit numbers that it shares
 * with the test: which allocation is to fail, counted from 1 (0: none); whether all after it fail
 * too; how many there were; whether one failed. */
#include "fault_control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static struct {
    atomic_int fail_at, and_after, count, failed;
} * control;

__attribute__((constructor)) static void begin(void)
{
    control = fault_control_map(sizeof(*control), open);
}

static bool must_fail(void)
{
    int fail_at, number;

    if (control == NULL || atomic_load(&control->fail_at) == 0 || gettid() == getpid())
        return false;
    number = atomic_fetch_add(&control->count, 1) + 1;
    fail_at = atomic_load(&control->fail_at);
    if (number < fail_at || (number > fail_at && atomic_load(&control->and_after) == 0))
        return false;
    atomic_store(&control->failed, 1);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __libc_realloc(old, size);
}
