/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_WORDS_H
#define PEERCERT_RULES_WORDS_H

#include "base/error.h"
#include "rules/rules_arena.h"
#include <stdbool.h>
#include <stddef.h>

/* A line of a rule file as words. For this module alone. */

/* Values of one key at the most: what a line has room for. */
#define RULES_MAX_VALUES 2048

/* `word` alone, or key=value,value... */
struct rules_word {
    char *key; /* the word; before the `=` if there is one */
    bool has_equals;
    bool has_bare; /* one value at least stands without quotes */
    char **values; /* without quotes; the arena's */
    size_t count;
};

/* Takes the next word of a line; *at moves on behind it. key is NULL at the end of the line or at a
 * comment. A `#` begins a comment at the line's beginning or after a space. Values stand bare (no
 * space, quote, comma, `#` or backslash in them, and no `=`, `~`, `^` or `(` at the beginning, with
 * which other comparisons are written elsewhere) or in quotes with \" and \\. false with the error,
 * which does not name the line. */
bool rules_word_next(
    const char **at, struct rules_arena *arena, struct rules_word *word, struct error *error);

/* Takes the next word as one value, bare or in quotes: a file name. *value is NULL at the end of
 * the line. Otherwise as rules_word_next. */
bool rules_value_next(
    const char **at, struct rules_arena *arena, char **value, struct error *error);

/* True for what looks like a plain space and is none, as web pages and word processors have it: the
 * other characters of general category Zs, and blanks of other categories. */
bool rules_is_odd_space(unsigned long code);

/* True for names of groups, maps, issuers and labels: letters, digits, `-`, `_` and dots, 64 bytes
 * at the most. */
bool rules_is_name(const char *word);

#endif
