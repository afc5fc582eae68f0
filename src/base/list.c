/* SPDX-License-Identifier: ISC */
#include "base/list.h"

#include <stdlib.h>
#include <string.h>

bool list_take(struct list *list, char *value, struct error *error)
{
    char **items = NULL;

    if (value != NULL)
        items = realloc(list->items, (list->count + 1) * sizeof(*items));
    if (items == NULL) {
        free(value);
        error_set(error, ERROR_MEMORY, "out of memory for a list");
        return false;
    }
    list->items = items;
    list->items[list->count++] = value;
    return true;
}

bool list_add(struct list *list, const char *value, struct error *error)
{
    return list_take(list, strdup(value), error);
}

void list_free(struct list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct list){0};
}
