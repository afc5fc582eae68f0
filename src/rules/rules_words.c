/* SPDX-License-Identifier: ISC */
#include "rules/rules_words.h"
#include "base/utf8.h"

#include <string.h>

#define NAME_MAX_BYTES 64

static bool is_space(char character)
{
    return character == ' ' || character == '\t';
}

static bool fail(struct error *error, const char *words)
{
    error_set(error, ERROR_INPUT, "%s", words);
    return false;
}

static bool out_of_memory(struct error *error)
{
    error_set(error, ERROR_MEMORY, "out of memory");
    return false;
}

/* Reads what is in quotes; *at stands on the first one, then behind the last one. */
static char *read_quoted(const char **at, struct rules_arena *arena, struct error *error)
{
    const char *in = *at + 1;
    char *out = rules_arena_copy(arena, in, strlen(in)), *end = out;

    if (out == NULL) {
        (void)out_of_memory(error);
        return NULL;
    }
    for (; *in != '"'; in++) {
        if (*in == '\0') {
            (void)fail(error, "a quote is not closed");
            return NULL;
        }
        if (*in == '\\') {
            in++;
            if (*in != '"' && *in != '\\') {
                (void)fail(
                    error, "in quotes a backslash may stand only before \" or \\: write \\\\");
                return NULL;
            }
        }
        *end++ = *in;
    }
    *end = '\0';
    *at = in + 1;
    if (**at != '\0' && **at != ',' && !is_space(**at)) {
        (void)fail(error, "a quoted value must be followed by a comma or a space");
        return NULL;
    }
    return out;
}

static char *read_bare(const char **at, struct rules_arena *arena, struct error *error)
{
    size_t length = strcspn(*at, " \t,\"#\\");
    char *value;

    switch ((*at)[length]) {
    case '"':
        (void)fail(error, "a quote inside a value: put the whole value in quotes");
        return NULL;
    case '#':
        (void)fail(error, "a # inside a value: put it in quotes, or a space before a comment");
        return NULL;
    case '\\':
        (void)fail(error, "a backslash: put the value in quotes");
        return NULL;
    default:
        break;
    }
    value = rules_arena_copy(arena, *at, length);
    if (value == NULL)
        (void)out_of_memory(error);
    *at += length;
    return value;
}

bool rules_is_odd_space(unsigned long code)
{
    /* Not Zs: the blanks of Braille, Egyptian hieroglyphs, Khitan and music. */
    static const struct {
        unsigned long first, last;
    } spaces[] = {{0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x202F, 0x202F},
        {0x205F, 0x205F}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x13441, 0x13442},
        {0x16FE4, 0x16FE4}, {0x1D159, 0x1D159}};
    size_t i;

    for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]) && code >= spaces[i].first; i++) {
        if (code <= spaces[i].last)
            return true;
    }
    return false;
}

/* Quotes that do not quote here. */
static bool is_odd_quote(unsigned long code)
{
    return code == '\'' || code == 0xAB || code == 0xBB || (code >= 0x2018 && code <= 0x201F);
}

/* A value that is not what it looks like would match nobody: a deny line would let everybody in. */
static bool check_value(const char *value, bool quoted, struct error *error)
{
    const unsigned char *at = (const unsigned char *)value;
    size_t left = strlen(value);

    if (!quoted && value[0] != '\0' && strchr("=~^(", value[0]) != NULL) {
        error_set(error, ERROR_INPUT,
            "there is no comparison but `=`; a value that begins with `%c` stands in quotes",
            value[0]);
        return false;
    }
    while (left > 0) {
        unsigned long code = 0;
        size_t size = utf8_decode(at, left, &code);

        if (rules_is_odd_space(code)) {
            error_set(error, ERROR_INPUT,
                "a space that is not a plain one (U+%04lX): type it again, in quotes", code);
            return false;
        }
        if (!quoted && at == (const unsigned char *)value && is_odd_quote(code))
            return fail(error, "values are quoted with \" only");
        size = size != 0 ? size : 1;
        at += size;
        left -= size;
    }
    return true;
}

/* Reads one value, in quotes or without. */
static char *read_value(const char **at, struct rules_arena *arena, struct error *error)
{
    const bool quoted = **at == '"';
    char *value = quoted ? read_quoted(at, arena, error) : read_bare(at, arena, error);

    return value != NULL && check_value(value, quoted, error) ? value : NULL;
}

static bool read_values(
    const char **at, struct rules_arena *arena, struct rules_word *word, struct error *error)
{
    char *values[RULES_MAX_VALUES];

    for (;;) {
        const bool bare = **at != '"';
        char *value = read_value(at, arena, error);

        if (value == NULL)
            return false;
        word->has_bare = word->has_bare || bare;
        if (value[0] == '\0') {
            error_set(error, ERROR_INPUT, "%s=: a value is missing%s", word->key,
                is_space(**at) ? " (no spaces beside = and commas)" : "");
            return false;
        }
        if (word->count == RULES_MAX_VALUES)
            return fail(error, "too many values");
        values[word->count++] = value;
        if (**at != ',')
            break;
        (*at)++;
    }
    word->values = rules_arena_get(arena, word->count, sizeof(*values));
    if (word->values == NULL)
        return out_of_memory(error);
    memcpy(word->values, values, word->count * sizeof(*values));
    return true;
}

bool rules_value_next(const char **at, struct rules_arena *arena, char **value, struct error *error)
{
    *value = NULL;
    *at += strspn(*at, " \t");
    if (**at == '\0' || **at == '#')
        return true;
    *value = read_value(at, arena, error);
    if (*value == NULL)
        return false;
    if (**at == ',')
        return fail(error, "one value is expected, without a comma");
    return true;
}

bool rules_word_next(
    const char **at, struct rules_arena *arena, struct rules_word *word, struct error *error)
{
    size_t length;

    *word = (struct rules_word){.key = NULL};
    *at += strspn(*at, " \t");
    if (**at == '\0' || **at == '#')
        return true;
    length = strcspn(*at, " \t=\"#");
    if ((*at)[length] == '"' || (*at)[length] == '#')
        return fail(error, "a quote or # where a key or a name should be");
    if (length == 0)
        return fail(error, "a key is missing before =");
    word->key = rules_arena_copy(arena, *at, length);
    if (word->key == NULL)
        return out_of_memory(error);
    *at += length;
    if (**at != '=')
        return true;
    word->has_equals = true;
    (*at)++;
    return read_values(at, arena, word, error);
}

bool rules_is_name(const char *word)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(word);

    return length > 0 && length <= NAME_MAX_BYTES && strspn(word, allowed) == length;
}
