/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ALLOC_WATCH_H
#define PEERCERT_ALLOC_WATCH_H

#include "base/error.h"
#include <stdbool.h>

/* libcrypto sometimes answers a failed allocation with a parse or verification error and leaves no
 * ERR_R_MALLOC_FAILURE in its queue. Its allocator is therefore watched: what was judged while an
 * allocation failed is no judgement (`not_judged`). */

/* Has libcrypto allocate through the watch (CRYPTO_set_mem_functions(3)). To be called before any
 * other use of libcrypto; false when it was too late. Starts libcrypto too
 * (OPENSSL_init_crypto(3)): 3.5 hangs when it reports a failed allocation of its own start. Ciphers
 * have no legacy names then (EVP_get_cipherbyname(3)). */
bool alloc_watch_start(void);

/* True when an allocation of libcrypto failed in this thread since alloc_watch_clear. */
bool alloc_watch_failed(void);

/* Forgets earlier failures in this thread. */
void alloc_watch_clear(void);

/* True when an allocation of libcrypto failed in this thread since alloc_watch_clear, or its error
 * queue tells of one (ERR_R_MALLOC_FAILURE). Empties the queue. */
bool alloc_watch_explains_errors(void);

/* What to call a failure of libcrypto: ERROR_MEMORY when alloc_watch_explains_errors, otherwise
 * what is given. Empties the queue too. */
enum error_kind alloc_watch_error_kind(enum error_kind otherwise);

/* Sets the error to that kind and these words (printf format), or to ERROR_MEMORY. Returns false.
 */
bool alloc_watch_refuse(struct error *error, enum error_kind otherwise, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For tests: lets the Nth allocation of this thread from now on fail (counted from 1; 0: none), and
 * all after it when `and_after`. */
void alloc_watch_fail_at(unsigned long nth, bool and_after);

/* For tests: how many allocations of libcrypto this thread has asked for since
 * alloc_watch_fail_at. */
unsigned long alloc_watch_count(void);

#endif
