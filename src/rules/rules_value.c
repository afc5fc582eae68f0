/* SPDX-License-Identifier: ISC */
#include "rules/rules_value.h"

#include <string.h>

bool rules_value_refuse(struct error *error, const char *words)
{
    error_set(error, ERROR_INPUT, "%s", words);
    return false;
}

bool rules_value_set(
    struct rules *rules, struct rules_value *value, const char *bytes, struct error *error)
{
    value->bytes.length = strlen(bytes);
    value->bytes.data =
        (unsigned char *)rules_arena_copy(&rules->arena, bytes, value->bytes.length);
    if (value->bytes.data != NULL)
        return true;
    error_set(error, ERROR_MEMORY, "out of memory");
    return false;
}
