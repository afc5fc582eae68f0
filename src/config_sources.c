#include "config_sources.h"
#include "config_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the configuration file at the most. */
#define CONFIG_MAX_FILE ((size_t)256 * 1024)

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

/* One line of the file: `key = value`, `key` alone for a flag, `#` begins a comment line. */
static bool read_line(
    struct config *config, char *line, struct config_source *source, struct error *error)
{
    char *key = line + strspn(line, " \t");
    size_t key_length = strcspn(key, " \t=\r\n");
    char *value = key + key_length + strspn(key + key_length, " \t");
    size_t index, length;

    if (key[0] == '\0' || key[0] == '#' || key[0] == '\r' || key[0] == '\n')
        return true;
    length = strlen(value);
    while (length > 0 && isspace((unsigned char)value[length - 1]))
        value[--length] = '\0';
    index = find_option(key, key_length);
    if (index == config_option_count || !(config_options[index].where & FROM_FILE))
        return config_refuse(source,
            index == config_option_count ? "unknown key" : "this key is for the command line alone",
            error);
    if (value[0] == '=') {
        value += 1 + strspn(value + 1, " \t");
    } else if (value[0] != '\0') {
        return config_refuse(source, "'=' is missing after the key", error);
    } else if (config_options[index].kind == OPTION_FLAG) {
        value = NULL;
    }
    return config_set_option(config, index, value, source, error);
}

bool config_read_file(struct config *config, const char *path, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct config_source source = {.list_begun = list_begun};
    char line[PATH_MAX + 256];
    size_t number = 0, total = 0;
    FILE *file = fopen(path, "re");
    bool good = true;

    if (file == NULL) {
        error_set(error, ERROR_USAGE, "%s: %s", path, strerror(errno));
        return false;
    }
    while (good && fgets(line, sizeof(line), file) != NULL) {
        size_t length = strlen(line);

        number++;
        total += length;
        (void)snprintf(source.words, sizeof(source.words), "%.250s:%zu: %.*s", path, number,
            (int)strcspn(line + strspn(line, " \t"), " \t=\r\n#"), line + strspn(line, " \t"));
        if (total > CONFIG_MAX_FILE || (length > 0 && line[length - 1] != '\n' && !feof(file)))
            good = config_refuse(&source, "the line or the file is too long", error);
        else
            good = read_line(config, line, &source, error);
    }
    if (good && ferror(file)) {
        error_set(error, ERROR_USAGE, "%s: %s", path, strerror(errno));
        good = false;
    }
    (void)fclose(file);
    return good;
}

/* PEERCERT_SOCKET_MODE -> socket-mode. */
static size_t find_variable(const char *name, size_t length)
{
    char option[64];
    size_t i;

    if (length >= sizeof(option))
        return config_option_count;
    for (i = 0; i < length; i++)
        option[i] = name[i] == '_' ? '-' : (char)tolower((unsigned char)name[i]);
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

bool config_read_environment(struct config *config, char *const *environment, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct config_source source = {.list_begun = list_begun};
    size_t prefix = strlen(ENVIRONMENT_PREFIX);

    for (; environment != NULL && *environment != NULL; environment++) {
        const char *name = *environment + prefix;
        const char *equals = strchr(*environment, '=');
        size_t length, index;
        bool good;

        if (strncmp(*environment, ENVIRONMENT_PREFIX, prefix) != 0 || equals == NULL)
            continue;
        length = (size_t)(equals - name);
        (void)snprintf(source.words, sizeof(source.words), ENVIRONMENT_PREFIX "%.*s",
            (int)(length < 64 ? length : 64), name);
        if (is_test_variable(name, length))
            continue;
        index = find_variable(name, length);
        if (index == config_option_count)
            return config_refuse(&source, "unknown variable", error);
        if (!(config_options[index].where & FROM_ENVIRONMENT))
            return config_refuse(&source, "this is for the command line alone", error);
        if (equals[1] == '\0')
            continue; /* an empty variable is not set, as in most programs */
        good = config_options[index].kind == OPTION_LIST
                   ? set_items(config, index, equals + 1, &source, error)
                   : config_set_option(config, index, equals + 1, &source, error);
        if (!good)
            return false;
    }
    return true;
}

/* Makes getopt_long's tables from ours. */
static void make_getopt(struct option *options)
{
    size_t i;

    for (i = 0; i < config_option_count; i++) {
        options[i] = (struct option){.name = config_options[i].name,
            .has_arg = config_options[i].kind == OPTION_FLAG ? no_argument : required_argument,
            .val = (int)i + 256};
    }
    options[i] = (struct option){0};
}

bool config_read_command_line(
    struct config *config, int argc, char **argv, bool file_only, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct config_source source = {.list_begun = list_begun};
    struct option options[CONFIG_MAX_OPTIONS + 1];
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
            const char *words = argv[optind - 1];

            error_set(error, ERROR_USAGE, "%s: %s; try --help", words,
                value == ':' ? "a value is missing" : "unknown, ambiguous or unexpected option");
            return false;
        }
        (void)snprintf(
            source.words, sizeof(source.words), "--%s", config_options[value - 256].name);
        if (file_only !=
            (config_options[value - 256].offset == offsetof(struct config, config_file)))
            continue;
        if (!config_set_option(config, (size_t)(value - 256), optarg, &source, error))
            return false;
    }
    for (; !file_only && optind < argc; optind++) {
        if (!config_list_add(&config->files, argv[optind], error))
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
