/* SPDX-License-Identifier: ISC */
/* Preloaded into a peercert that a test has started: lets one allocation of its workers fail, or
 * that one and all that follow. */
#include "fault_control.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

__attribute__((constructor)) static void begin(void)
{
    fault_control_begin(open);
}

static bool must_fail(void)
{
    return gettid() != getpid() && fault_now(ENOMEM);
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
