/* SPDX-License-Identifier: ISC */
#include "config/config_sources.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/config_options.h"

#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the configuration file at the most. */
#define CONFIG_MAX_FILE ((size_t)256 * 1024)
/* Bytes of one line at the most: a path and its key. */
#define LINE_MAX_BYTES ((size_t)PATH_MAX + 256)

static bool name_is(const char *name, size_t length, const char *option)
{
    return strlen(option) == length && strncmp(name, option, length) == 0;
}

static size_t find_option(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < config_option_count; i++) {
        if (name_is(name, length, config_options[i].name))
            return i;
    }
    return config_option_count;
}

/* The option that is near to a name; NULL when none is. */
static const char *nearest_option(const char *name, size_t length)
{
    const char *names[CONFIG_MAX_OPTIONS + 1] = {NULL};
    char word[64] = "";
    size_t i;

    for (i = 0; i < config_option_count; i++)
        names[i] = config_options[i].name;
    if (length < sizeof(word))
        memcpy(word, name, length);
    return nearest_name(word, names);
}

/* Appends "; did you mean X?" to words when an option is near to the name. */
static void suggest(
    char *words, size_t size, const char *prefix, const char *name, size_t name_length)
{
    const char *nearest = nearest_option(name, name_length);

    if (nearest != NULL)
        (void)snprintf(
            words + strlen(words), size - strlen(words), "; did you mean %s%s?", prefix, nearest);
}

/* Where we are in the file. */
struct position {
    struct config_source source;
    const char *path;
    size_t number;                    /* of the line, from 1 */
    size_t first[CONFIG_MAX_OPTIONS]; /* the line that sets an option first; 0: none yet */
};

/* A key may stand once, unless it is a list: with two values, which one was meant is a guess. */
static bool note_key(struct position *position, size_t index, struct error *error)
{
    char words[64];

    if (position->first[index] == 0) {
        position->first[index] = position->number;
        return true;
    }
    if (config_options[index].kind == OPTION_LIST)
        return true;
    (void)snprintf(words, sizeof(words), "it is set already on line %zu", position->first[index]);
    return config_refuse(&position->source, words, error);
}

/* FILE:LINE: KEY, of a key that may be anything, or FILE:LINE without one. */
static void name_line(struct position *position, const char *key, size_t length)
{
    struct text shown;

    text_init(&shown, 0);
    (void)text_append_shown(&shown, key, length < 64 ? length : 64);
    (void)snprintf(position->source.words, sizeof(position->source.words), "%.200s:%zu%s%.80s",
        position->path, position->number, length > 0 ? ": " : "", text_string(&shown));
    text_free(&shown);
}

/* One line of the file: `key = value`, `key` alone for a flag, `#` begins a comment line. */
static bool read_line(
    struct config *config, char *line, struct position *position, struct error *error)
{
    char *key = line + strspn(line, " \t");
    size_t key_length = strcspn(key, " \t=\r");
    char *value = key + key_length + strspn(key + key_length, " \t");
    size_t index, length = strlen(value);

    if (key[0] == '\0' || key[0] == '#' || key[0] == '\r')
        return true;
    name_line(position, key, key_length);
    while (length > 0 && isspace((unsigned char)value[length - 1]))
        value[--length] = '\0';
    index = find_option(key, key_length);
    if (index == config_option_count) {
        char words[128] = "unknown key";

        suggest(words, sizeof(words), "", key, key_length);
        return config_refuse(&position->source, words, error);
    }
    if (!(config_options[index].where & FROM_FILE))
        return config_refuse(&position->source, "this may not be set in the file", error);
    if (!note_key(position, index, error))
        return false;
    if (value[0] == '=') {
        value += 1 + strspn(value + 1, " \t");
    } else if (value[0] != '\0') {
        return config_refuse(&position->source, "'=' is missing after the key", error);
    } else if (config_options[index].kind == OPTION_FLAG) {
        value = NULL;
    }
    /* Part of the value or not: whoever wrote it meant one of the two, and a guess could name
     * another file. */
    if (value != NULL && (strstr(value, " #") != NULL || strstr(value, "\t#") != NULL))
        return config_refuse(&position->source,
            "a comment needs a line of its own (the value contains ' #')", error);
    return config_set_option(config, index, value, &position->source, error);
}

static bool starts(const struct bytes *bytes, const char *mark)
{
    return bytes->length >= strlen(mark) && memcmp(bytes->data, mark, strlen(mark)) == 0;
}

/* Editors of Windows put a byte order mark before UTF-8, too. */
static bool read_lines(struct config *config, const struct bytes *bytes, struct position *position,
    struct error *error)
{
    const size_t mark = starts(bytes, "\xEF\xBB\xBF") ? 3 : 0;
    struct lines lines = {.bytes = {bytes->data + mark, bytes->length - mark}};
    char line[LINE_MAX_BYTES + 1];

    if (starts(bytes, "\xFF\xFE") || starts(bytes, "\xFE\xFF")) {
        position->number = 1;
        name_line(position, "", 0);
        return config_refuse(
            &position->source, "the file is text in UTF-16 or UTF-32: save it as UTF-8", error);
    }
    for (;;) {
        enum lines_result result = lines_next(&lines, line, sizeof(line));

        if (result == LINES_END)
            return true;
        position->number = lines.number;
        name_line(position, "", 0);
        if (result == LINES_TOO_LONG)
            return config_refuse(&position->source, "the line is too long", error);
        if (result == LINES_NUL)
            return config_refuse(&position->source, "the line contains a NUL byte", error);
        if (!read_line(config, line, position, error))
            return false;
    }
}

bool config_read_file(struct config *config, const char *path, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct position position = {.source.list_begun = list_begun, .path = path};
    struct bytes bytes = {0};
    bool good;

    if (!file_read(path, CONFIG_MAX_FILE, &bytes, error)) {
        if (error != NULL && error->kind == ERROR_FILE)
            error->kind = ERROR_USAGE;
        return false;
    }
    good = read_lines(config, &bytes, &position, error);
    free(bytes.data);
    return good;
}

/* PEERCERT_SOCKET_MODE -> socket-mode; nothing else is this option. */
static size_t find_variable(const char *name, size_t length)
{
    char option[64];
    size_t i;

    if (length >= sizeof(option))
        return config_option_count;
    for (i = 0; i < length; i++) {
        if (name[i] != '_' && !(name[i] >= 'A' && name[i] <= 'Z'))
            return config_option_count;
        if (name[i] == '_')
            option[i] = '-';
        else
            option[i] = (char)(name[i] - 'A' + 'a');
    }
    return find_option(option, length);
}

/* A list in one variable: items separated by commas. */
static bool set_items(struct config *config, size_t index, const char *value,
    const struct config_source *source, struct error *error)
{
    char item[PATH_MAX + 1];

    for (;;) {
        size_t length = strcspn(value, ",");

        if (length > PATH_MAX)
            return config_refuse(source, "is too long", error);
        memcpy(item, value, length);
        item[length] = '\0';
        if (!config_set_option(config, index, item, source, error))
            return false;
        if (value[length] == '\0')
            return true;
        value += length + 1;
    }
}

static bool is_test_variable(const char *name, size_t length)
{
#ifdef PEERCERT_TEST_HOOKS
    return length > 5 && strncmp(name, "TEST_", 5) == 0;
#else
    (void)name;
    (void)length;
    return false;
#endif
}

/* An option's name as a variable has it, or, back again, with `to_option`. */
static void turn_name(char *word, bool to_option)
{
    for (; *word != '\0'; word++) {
        if (*word == '_' || *word == '-')
            *word = to_option ? '-' : '_';
        else if (to_option && *word >= 'A' && *word <= 'Z')
            *word += 'a' - 'A';
        else if (!to_option && *word >= 'a' && *word <= 'z')
            *word -= 'a' - 'A';
    }
}

static bool refuse_variable(
    const char *name, size_t length, const struct config_source *source, struct error *error)
{
    char word[64] = "", words[128] = "unknown variable";
    const char *nearest;

    if (length < sizeof(word))
        memcpy(word, name, length);
    turn_name(word, true);
    nearest = nearest_option(word, strlen(word));
    if (nearest != NULL) {
        (void)snprintf(word, sizeof(word), "%s", nearest);
        turn_name(word, false);
        (void)snprintf(words, sizeof(words), "unknown variable; did you mean PEERCERT_%s?", word);
    }
    return config_refuse(source, words, error);
}

/* One variable without its prefix; `name` ends where `value` begins, less the '='. */
static bool read_variable(struct config *config, const char *name, const char *value, bool *seen,
    const struct config_source *source, struct error *error)
{
    size_t index = find_variable(name, (size_t)(value - 1 - name));

    if (index == config_option_count)
        return refuse_variable(name, (size_t)(value - 1 - name), source, error);
    if (!(config_options[index].where & FROM_ENVIRONMENT))
        return config_refuse(source, "this is for the command line only", error);
    if (seen[index])
        return config_refuse(source, "it is set twice in the environment", error);
    seen[index] = true;
    return config_options[index].kind == OPTION_LIST
               ? set_items(config, index, value, source, error)
               : config_set_option(config, index, value, source, error);
}

bool config_read_environment(
    struct config *config, char *const *environment, bool has_request, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false}, seen[CONFIG_MAX_OPTIONS] = {false};
    struct config_source source = {.list_begun = list_begun};
    size_t prefix = strlen(ENVIRONMENT_PREFIX);

    for (; environment != NULL && *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        const char *name;
        size_t length;

        if (strncmp(*environment, ENVIRONMENT_PREFIX, prefix) != 0 || equals == NULL)
            continue;
        name = *environment + prefix;
        length = (size_t)(equals - name);
        (void)snprintf(source.words, sizeof(source.words), ENVIRONMENT_PREFIX "%.*s",
            (int)(length < 64 ? length : 64), name);
        if (!is_test_variable(name, length) &&
            !(has_request && config_is_of_request(name, length)) &&
            !read_variable(config, name, equals + 1, seen, &source, error))
            return false;
    }
    return true;
}

/* What getopt_long returns for the first option of the table: above all letters. */
#define FIRST_VALUE 256

/* Makes getopt_long's tables from ours. */
static void make_getopt(struct option *options)
{
    size_t i;

    for (i = 0; i < config_option_count; i++) {
        options[i] = (struct option){.name = config_options[i].name,
            .has_arg = config_options[i].kind == OPTION_FLAG ? no_argument : required_argument,
            .val = (int)i + FIRST_VALUE};
    }
    options[i] = (struct option){0};
}

/* The options that are looked for before any other source is read. */
static bool is_read_first(const struct config_option *option)
{
    return option->offset == offsetof(struct config, config_file) ||
           option->offset == offsetof(struct config, help) ||
           option->offset == offsetof(struct config, version) ||
           option->offset == offsetof(struct config, completion);
}

/* What getopt_long did not take. */
static void refuse_option(const char *argument, int value, struct error *error)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    char words[128] = "unknown, ambiguous or unexpected option";

    if (value == ':')
        (void)snprintf(words, sizeof(words), "a value is missing");
    else if (strncmp(argument, "--", 2) == 0)
        suggest(words, sizeof(words), "--", argument + 2, strcspn(argument + 2, "="));
    error_set(error, ERROR_USAGE, "%s: %s; try --help",
        optopt > 0 && optopt < FIRST_VALUE ? letter : argument, words);
}

bool config_read_command_line(
    struct config *config, int argc, char **argv, bool first, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct config_source source = {.list_begun = list_begun};
    struct option options[CONFIG_MAX_OPTIONS + 1];
    size_t index;
    int value;

    make_getopt(options);
    optind = 0;
    opterr = 0;
    while ((value = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
        if (value == 'h' || value == 'V') {
            *(value == 'h' ? &config->help : &config->version) = true;
            continue;
        }
        if (value == '?' || value == ':') {
            refuse_option(argv[optind - 1], value, error);
            return false;
        }
        index = (size_t)value - FIRST_VALUE;
        (void)snprintf(source.words, sizeof(source.words), "--%s", config_options[index].name);
        if (first && !is_read_first(&config_options[index]))
            continue;
        if (!config_set_option(config, index, optarg, &source, error))
            return false;
    }
    for (; !first && optind < argc; optind++) {
        if (!list_add(&config->files, argv[optind], error))
            return false;
    }
    return true;
}

const char *config_find_environment_file(char *const *environment)
{
    static const char name[] = ENVIRONMENT_PREFIX "CONFIG=";

    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, sizeof(name) - 1) == 0 &&
            (*environment)[sizeof(name) - 1] != '\0')
            return *environment + sizeof(name) - 1;
    }
    return NULL;
}
