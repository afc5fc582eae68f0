/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LIST_H
#define PEERCERT_LIST_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* A list of strings, which it owns; zero it before use, free with list_free. */
struct list {
    char **items;
    size_t count;
};

/* Appends a copy of the string. false with ERROR_MEMORY. */
bool list_add(struct list *list, const char *value, struct error *error);

/* Appends the string itself, which the list then owns; a NULL (an allocation that failed) is
 * refused. false with ERROR_MEMORY; the string is freed then too. */
bool list_take(struct list *list, char *value, struct error *error);

/* Frees the strings and makes the list empty. */
void list_free(struct list *list);

#endif
