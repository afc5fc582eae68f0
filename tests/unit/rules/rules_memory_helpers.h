/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_RULES_MEMORY_HELPERS_H
#define PEERCERT_TESTS_RULES_MEMORY_HELPERS_H

#include "unit/rules/rules_world.h"

/* A rule file with every kind of line and every key; free with free(). */
char *text_of_every_key(void);

/* That the error says that memory ran out, after the Nth allocation failed. */
void expect_memory_error(const struct error *error, unsigned long nth);

#endif
