/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local struct {
    bool failed;
    unsigned long count;
    unsigned long fail_at;
    bool fail_after;
} watch;

static bool must_fail(void)
{
    watch.count++;
    return watch.fail_at != 0 &&
           (watch.count == watch.fail_at || (watch.fail_after && watch.count > watch.fail_at));
}

static void *watched_realloc(void *old, size_t size, const char *file, int line)
{
    void *new = NULL;

    (void)file;
    (void)line;
    if (size == 0) {
        free(old);
        return NULL;
    }
    if (!must_fail())
        new = realloc(old, size);
    if (new == NULL)
        watch.failed = true;
    return new;
}

static void *watched_malloc(size_t size, const char *file, int line)
{
    return watched_realloc(NULL, size, file, line);
}

static void watched_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* Without libcrypto's table of ciphers by name, which nothing here asks for: 3.0 copies its names
 * into each library context, and goes through them all for each key that it decodes or uses. */
bool alloc_watch_start(void)
{
    static const uint64_t how = OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS;

    return CRYPTO_set_mem_functions(watched_malloc, watched_realloc, watched_free) == 1 &&
           OPENSSL_init_crypto(how, NULL) == 1;
}

bool alloc_watch_failed(void)
{
    return watch.failed;
}

void alloc_watch_clear(void)
{
    watch.failed = false;
}

void alloc_watch_fail_at(unsigned long nth, bool and_after)
{
    watch.count = 0;
    watch.fail_at = nth;
    watch.fail_after = and_after;
}

unsigned long alloc_watch_count(void)
{
    return watch.count;
}

bool alloc_watch_explains_errors(void)
{
    unsigned long code;
    bool memory = alloc_watch_failed();

    while ((code = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            memory = true;
    }
    return memory;
}

enum error_kind alloc_watch_error_kind(enum error_kind otherwise)
{
    return alloc_watch_explains_errors() ? ERROR_MEMORY : otherwise;
}

bool alloc_watch_refuse(struct error *error, enum error_kind otherwise, const char *format, ...)
{
    char words[sizeof(error->text)] = "out of memory";
    const enum error_kind kind = alloc_watch_error_kind(otherwise);
    va_list arguments;

    va_start(arguments, format);
    if (kind != ERROR_MEMORY)
        (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    error_set(error, kind, "%s", words);
    return false;
}
