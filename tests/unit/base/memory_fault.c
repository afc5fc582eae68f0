/* SPDX-License-Identifier: ISC */
#include "unit/base/memory_fault.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local struct {
    unsigned long count, fail_at;
    bool fail_after;
} fault;

bool memory_fault_now(void)
{
    fault.count++;
    if (fault.fail_at == 0 || fault.count < fault.fail_at ||
        (fault.count > fault.fail_at && !fault.fail_after))
        return false;
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t length);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void *__wrap_malloc(size_t size)
{
    return memory_fault_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_fault_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_fault_now() ? NULL : __real_realloc(old, size);
}

char *__wrap_strndup(const char *string, size_t length)
{
    const size_t kept = strnlen(string, length);
    char *copy = __wrap_malloc(kept + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, string, kept);
    copy[kept] = '\0';
    return copy;
}

char *__wrap_strdup(const char *string)
{
    return __wrap_strndup(string, strlen(string));
}

static int print(char **out, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static int print(char **out, const char *format, va_list arguments)
{
    *out = NULL;
    return memory_fault_now() ? -1 : vasprintf(out, format, arguments);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = print(out, format, arguments);
    va_end(arguments);
    return length;
}

int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
    va_list arguments;
    int length;

    (void)flag;
    va_start(arguments, format);
    length = print(out, format, arguments);
    va_end(arguments);
    return length;
}

void *__real_tsearch(const void *key, void **root, __compar_fn_t compare);
void *__wrap_tsearch(const void *key, void **root, __compar_fn_t compare);

void *__wrap_tsearch(const void *key, void **root, __compar_fn_t compare)
{
    return memory_fault_now() ? NULL : __real_tsearch(key, root, compare);
}

static void start(void) __attribute__((constructor));
static void start(void)
{
    json_set_alloc_funcs(__wrap_malloc, free);
}

void memory_fault_at(unsigned long nth, bool and_after)
{
    fault.count = 0;
    fault.fail_at = nth;
    fault.fail_after = and_after;
}

unsigned long memory_fault_count(void)
{
    return fault.count;
}

unsigned long memory_fault_step(void)
{
    const char *given = getenv("UNIT_FAULT_STEP");
    const unsigned long step = given != NULL ? strtoul(given, NULL, 10) : 1;

    return step > 0 ? step : 1;
}
