/* SPDX-License-Identifier: ISC */
#include "rules/rules_hints.h"
#include "base/nearest.h"

#include <string.h>
#include <strings.h>

static const char *find_in_any_case(const char *word, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcasecmp(word, *names) == 0)
            return *names;
    }
    return NULL;
}

bool rules_refuse_word(
    struct error *error, const char *word, const char *what, const char *const *names)
{
    const char *same = find_in_any_case(word, names);
    const char *nearest = same != NULL ? same : nearest_name(word, names);
    const size_t length = strlen(word);

    if (length > 0 && word[length - 1] == '!')
        error_set(error, ERROR_INPUT,
            "'%.64s' is no %s: there is no negation, write a deny line above", word, what);
    else if (nearest != NULL)
        error_set(error, ERROR_INPUT, "'%.64s' is no %s; did you mean '%s'?", word, what, nearest);
    else
        error_set(error, ERROR_INPUT, "'%.64s' is no %s", word, what);
    return false;
}

bool rules_refuse_loose_word(struct error *error, const char *word, const char *const *keys)
{
    const char *hint = "";

    if (strcmp(word, "\\") == 0)
        hint = ": a rule is one line";
    else if (strcmp(word, "*") == 0)
        hint = ": everybody is `any`";
    else if (find_in_any_case(word, keys) != NULL)
        hint = " (no spaces beside = and commas)";
    error_set(error, ERROR_INPUT, "'%.64s' is no key=value%s", word, hint);
    return false;
}
