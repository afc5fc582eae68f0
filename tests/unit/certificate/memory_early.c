/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"

#include <openssl/evp.h>

/* What tests encrypt PKCS#12 with: the program, which only reads them, has no ciphers by name. */
static bool add_cipher(void)
{
    return EVP_add_cipher(EVP_aes_256_cbc()) == 1;
}

/* The test runner links libraries that use libcrypto in their constructors, after which
 * alloc_watch_start would be too late: functions in .preinit_array run before those. So every test
 * runs with the watch, like the program; alloc_watch_fail_at is all that a test needs to call. */
static void start_watch(void)
{
    (void)(alloc_watch_start() && add_cipher());
}

__attribute__((section(".preinit_array"), used)) static void (*const start_early)(
    void) = start_watch;
