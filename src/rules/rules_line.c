/* SPDX-License-Identifier: ISC */
#include "rules/rules_line.h"
#include "rules/rules_hints.h"
#include "rules/rules_value.h"
#include "rules/rules_values.h"
#include "rules/rules_words.h"

#include <string.h>

const char *const rules_line_names[LINE_KINDS + 1] = {
    [LINE_ISSUER] = "issuer",
    [LINE_GROUP] = "group",
    [LINE_MAP] = "map",
    [LINE_ALLOW] = "allow",
    [LINE_DENY] = "deny",
    [LINE_SET] = "set",
};

/* With the NULL that ends it for nearest_name. */
static const char *const key_names[KEY_COUNT + 1] = {
    [KEY_ISSUER] = "issuer",
    [KEY_GROUP] = "group",
    [KEY_EMAIL] = "email",
    [KEY_UPN] = "upn",
    [KEY_URI] = "uri",
    [KEY_DNS] = "dns",
    [KEY_IP] = "ip",
    [KEY_UID] = "uid",
    [KEY_CN] = "cn",
    [KEY_DN] = "dn",
    [KEY_SERIAL] = "serial",
    [KEY_SHA256] = "sha256",
    [KEY_SPKI] = "spki",
    [KEY_OU] = "ou",
    [KEY_O] = "o",
    [KEY_DC] = "dc",
    [KEY_C] = "c",
    [KEY_POLICY] = "policy",
    [KEY_HOST] = "host",
    [KEY_PATH] = "path",
    [KEY_METHOD] = "method",
    [KEY_FROM] = "from",
    [KEY_SINCE] = "since",
    [KEY_UNTIL] = "until",
    [KEY_HOURS] = "hours",
    [KEY_DAYS] = "days",
    [KEY_REVOCATION] = "revocation",
    [KEY_USER] = "user",
    [KEY_LABEL] = "label",
};

const char *rules_key_name(enum rules_key key)
{
    return key_names[key];
}

#define ONE_VALUE                                                                                  \
    (KEY_BIT(KEY_SINCE) | KEY_BIT(KEY_UNTIL) | KEY_BIT(KEY_REVOCATION) | KEY_BIT(KEY_USER) |       \
        KEY_BIT(KEY_LABEL))
#define WHO_KEYS (KEY_BIT(KEY_FIRST_WHEN) - 1)
#define WHEN_KEYS ((KEY_BIT(KEY_LAST_WHEN + 1) - 1) & ~WHO_KEYS)

static const unsigned keys_allowed[LINE_KINDS] = {
    [LINE_GROUP] = WHO_KEYS,
    [LINE_MAP] = WHO_KEYS | KEY_BIT(KEY_USER),
    [LINE_ALLOW] = WHO_KEYS | WHEN_KEYS | KEY_BIT(KEY_USER) | KEY_BIT(KEY_LABEL),
    [LINE_DENY] = WHO_KEYS | WHEN_KEYS | KEY_BIT(KEY_LABEL),
};

/* What one line is read into. */
struct reader {
    struct rules *rules;
    const char *at;
    struct error *error;
    struct rules_line *line;
    struct rules_term terms[KEY_COUNT];
};

static bool out_of_memory(struct error *error)
{
    error_set(error, ERROR_MEMORY, "out of memory");
    return false;
}

static int find_name(const char *word, const char *const *names)
{
    int i;

    for (i = 0; names[i] != NULL; i++) {
        if (strcmp(word, names[i]) == 0)
            return i;
    }
    return -1;
}

static bool read_value(struct reader *reader, struct rules_value *value)
{
    struct error inner = {.kind = ERROR_NONE};

    if (rules_value_read(reader->rules, value->key, value, &inner))
        return true;
    if (inner.kind == ERROR_MEMORY)
        return out_of_memory(reader->error);
    error_set(reader->error, inner.kind, "%s=%.100s: %.300s", key_names[value->key], value->word,
        inner.text);
    return false;
}

/* `$` before a letter, as in svc-$cn: everybody would have this very name. */
static bool holds_key(const char *word)
{
    for (; *word != '\0'; word++) {
        if (word[0] == '$' && word[1] >= 'a' && word[1] <= 'z')
            return true;
    }
    return false;
}

static bool read_user(struct reader *reader, const char *word)
{
    const char *naming[KEY_LAST_NAMING - KEY_FIRST_NAMING + 2] = {NULL};
    struct rules_user_source *user = &reader->line->user;
    int key = word[0] == '$' ? find_name(word + 1, key_names) : -1;

    user->literal = word;
    if (strcmp(word, "*") == 0) {
        user->kind = USER_STAR;
    } else if (word[0] == '$') {
        memcpy(naming, key_names + KEY_FIRST_NAMING, sizeof(naming) - sizeof(naming[0]));
        if (key < (int)KEY_FIRST_NAMING || key > (int)KEY_LAST_NAMING)
            return rules_refuse_word(reader->error, word + 1, "key that names somebody", naming);
        user->kind = USER_KEY;
        user->key = (enum rules_key)key;
    } else if (strncmp(word, "map:", 4) == 0) {
        user->kind = USER_MAP;
        user->literal = word + 4;
        if (!rules_is_name(user->literal))
            return rules_value_refuse(reader->error, "user=map: names no map");
    } else {
        user->kind = USER_LITERAL;
        if (strchr(word, '*') != NULL)
            return rules_value_refuse(reader->error, "user=: `*` stands alone");
        if (holds_key(word))
            return rules_value_refuse(reader->error, "user=: $KEY stands alone");
    }
    return true;
}

static bool take_effect(struct reader *reader, enum rules_key key, const char *word)
{
    struct rules_value label = {.word = word, .key = key};

    if (key == KEY_USER)
        return read_user(reader, word);
    reader->line->label = word;
    return read_value(reader, &label);
}

/* One key=value,value of a line. */
static bool take_term(struct reader *reader, const struct rules_word *word)
{
    int key = find_name(word->key, key_names);
    struct rules_term *term;
    size_t i;

    if (key < 0)
        return rules_refuse_word(reader->error, word->key, "key", key_names);
    if ((keys_allowed[reader->line->kind] & KEY_BIT(key)) == 0) {
        error_set(reader->error, ERROR_INPUT, "%s= is no part of a %s line", word->key,
            rules_line_names[reader->line->kind]);
        return false;
    }
    if ((reader->line->keys & KEY_BIT(key)) != 0) {
        error_set(reader->error, ERROR_INPUT, "%s= twice%s", word->key,
            (ONE_VALUE & KEY_BIT(key)) != 0 ? "" : "; write a comma");
        return false;
    }
    if (word->count > 1 && (ONE_VALUE & KEY_BIT(key)) != 0) {
        error_set(reader->error, ERROR_INPUT, "%s= takes one value", word->key);
        return false;
    }
    if (key == KEY_DN && word->count > 1 && word->has_bare)
        return rules_value_refuse(
            reader->error, "dn=: a name with commas stands in quotes, and so does each of several");
    reader->line->keys |= KEY_BIT(key);
    if (key > KEY_LAST_WHEN)
        return take_effect(reader, (enum rules_key)key, word->values[0]);
    term = &reader->terms[key];
    *term = (struct rules_term){.key = (enum rules_key)key, .count = word->count};
    term->values = rules_arena_get(&reader->rules->arena, term->count, sizeof(*term->values));
    if (term->values == NULL)
        return out_of_memory(reader->error);
    for (i = 0; i < term->count; i++) {
        term->values[i].word = word->values[i];
        term->values[i].key = (enum rules_key)key;
        if (!read_value(reader, &term->values[i]))
            return false;
    }
    return true;
}

/* Keeps the terms that are there, those of identity first, with room for one more. */
static bool keep_terms(struct reader *reader)
{
    struct rules_line *line = reader->line;
    const size_t most = (size_t)__builtin_popcount(line->keys) + 1;
    int key;

    line->terms = rules_arena_get(&reader->rules->arena, most, sizeof(*line->terms));
    if (line->terms == NULL)
        return out_of_memory(reader->error);
    for (key = 0; key <= KEY_LAST_WHEN; key++) {
        if (reader->terms[key].count == 0)
            continue;
        line->terms[line->term_count++] = reader->terms[key];
        if (key < KEY_FIRST_WHEN)
            line->who_count++;
    }
    return true;
}

static bool read_who_and_when(struct reader *reader)
{
    struct rules_line *line = reader->line;
    struct rules_word word;

    for (;;) {
        if (!rules_word_next(&reader->at, &reader->rules->arena, &word, reader->error))
            return false;
        if (word.key == NULL)
            break;
        if (word.has_equals) {
            if (!take_term(reader, &word))
                return false;
        } else if (strcmp(word.key, "any") != 0) {
            return rules_refuse_loose_word(reader->error, word.key, key_names);
        } else if (line->any) {
            return rules_value_refuse(reader->error, "'any' twice");
        } else {
            line->any = true;
        }
    }
    if (line->any && (line->keys & WHO_KEYS) != 0)
        return rules_value_refuse(
            reader->error, "'any' cannot stand beside another key of identity");
    if (!line->any && (line->keys & WHO_KEYS) == 0)
        return rules_value_refuse(reader->error, "names nobody: say who is meant, or 'any'");
    return keep_terms(reader);
}

/* Reads the name behind issuer, group, map or set. */
static bool read_name(struct reader *reader)
{
    struct rules_word word;

    if (!rules_word_next(&reader->at, &reader->rules->arena, &word, reader->error))
        return false;
    if (word.key == NULL || word.has_equals || !rules_is_name(word.key)) {
        error_set(reader->error, ERROR_INPUT,
            "'%s' must be followed by a name: letters, digits, `-`, `_` and dots, up to 64",
            rules_line_names[reader->line->kind]);
        return false;
    }
    reader->line->name = word.key;
    return true;
}

static bool read_source(struct reader *reader)
{
    char *value = NULL, *more = NULL;

    if (!rules_value_next(&reader->at, &reader->rules->arena, &value, reader->error))
        return false;
    if (value == NULL || value[0] == '\0') {
        error_set(reader->error, ERROR_INPUT, "a value is missing after '%s %s'",
            rules_line_names[reader->line->kind], reader->line->name);
        return false;
    }
    reader->line->source = value;
    if (!rules_value_next(&reader->at, &reader->rules->arena, &more, reader->error))
        return false;
    if (more != NULL) {
        error_set(reader->error, ERROR_INPUT, "'%.64s' is too much on this line", more);
        return false;
    }
    return true;
}

static bool take_setting(struct reader *reader)
{
    static const struct {
        const char *name, *value;
    } settings[] = {{"encoded-slash", "literal"}, {"double-slash", "literal"}, {"explain", "full"}};
    static const char *const names[] = {"encoded-slash", "double-slash", "explain", NULL};
    bool *const fields[] = {&reader->rules->encoded_slash_literal,
        &reader->rules->double_slash_literal, &reader->rules->explain_full};
    int which = find_name(reader->line->name, names);

    if (which < 0)
        return rules_refuse_word(reader->error, reader->line->name, "setting", names);
    if (strcmp(reader->line->source, settings[which].value) != 0) {
        error_set(reader->error, ERROR_INPUT, "set %s: the one value is '%s'", settings[which].name,
            settings[which].value);
        return false;
    }
    if (*fields[which]) {
        error_set(reader->error, ERROR_INPUT, "set %s twice", settings[which].name);
        return false;
    }
    *fields[which] = true;
    return true;
}

static bool read_rest(struct reader *reader)
{
    struct rules_line *line = reader->line;

    switch (line->kind) {
    case LINE_ISSUER:
        return read_name(reader) && read_source(reader);
    case LINE_SET:
        return read_name(reader) && read_source(reader) && take_setting(reader);
    case LINE_GROUP:
        return read_name(reader) && read_who_and_when(reader);
    case LINE_MAP:
        if (!read_name(reader) || !read_who_and_when(reader))
            return false;
        if (line->user.kind == USER_DEFAULT)
            return rules_value_refuse(reader->error, "a map line needs user=");
        return line->user.kind != USER_MAP ||
               rules_value_refuse(reader->error, "a map cannot refer to a map");
    default:
        return read_who_and_when(reader);
    }
}

/* Keeps the text up to where the last word ended, with one space between words. */
static bool keep_text(struct reader *reader, const char *begin)
{
    char *text = rules_arena_copy(&reader->rules->arena, begin, (size_t)(reader->at - begin));
    char *in = text, *out = text;
    bool quoted = false;

    if (text == NULL)
        return out_of_memory(reader->error);
    for (; *in != '\0'; in++) {
        if (quoted && *in == '\\')
            *out++ = *in++;
        else if (*in == '"')
            quoted = !quoted;
        if (!quoted && (*in == ' ' || *in == '\t')) {
            if (in[1] != ' ' && in[1] != '\t' && in[1] != '\0')
                *out++ = ' ';
            continue;
        }
        *out++ = *in;
    }
    *out = '\0';
    reader->line->text = text;
    return true;
}

bool rules_line_read(struct rules *rules, const char *line, size_t number, struct error *error)
{
    struct reader reader = {.rules = rules, .at = line, .error = error};
    const char *begin = line + strspn(line, " \t");
    struct rules_word word;
    int kind;

    if (!rules_word_next(&reader.at, &rules->arena, &word, error))
        return false;
    if (word.key == NULL)
        return true;
    kind = find_name(word.key, rules_line_names);
    if (kind < 0 || word.has_equals)
        return rules_refuse_word(error, word.key, "kind of line", rules_line_names);
    reader.line = &rules->lines[rules->line_count];
    *reader.line = (struct rules_line){.kind = (enum rules_line_kind)kind, .number = number};
    if (!read_rest(&reader) || !keep_text(&reader, begin))
        return false;
    rules->line_count++;
    rules->kinds[kind]++;
    return true;
}

const struct rules_term *rules_line_term(const struct rules_line *line, enum rules_key key)
{
    size_t i;

    for (i = 0; i < line->term_count; i++) {
        if (line->terms[i].key == key)
            return &line->terms[i];
    }
    return NULL;
}
