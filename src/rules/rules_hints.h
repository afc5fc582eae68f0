/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_HINTS_H
#define PEERCERT_RULES_HINTS_H

#include "base/error.h"
#include <stdbool.h>

/* What may have been meant by a word that is none. For this module alone. */

/* Says that a word is no `what` ("key"), and which of the names is near; they end with NULL. Always
 * false, with ERROR_INPUT. */
bool rules_refuse_word(
    struct error *error, const char *word, const char *what, const char *const *names);

/* The same of a word without `=` where a key should be. */
bool rules_refuse_loose_word(struct error *error, const char *word, const char *const *keys);

#endif
