#include "config.h"
#include "config_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the configuration file at the most. */
#define CONFIG_MAX_FILE ((size_t)256 * 1024)
#define ENVIRONMENT_PREFIX "PEERCERT_"

/* Where a value comes from; a list that is set from a new source is emptied first. */
struct source {
    char words[320];
    bool *list_begun; /* one flag for each option, of this source */
};

static void list_free(struct config_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct config_list){0};
}

static bool list_add(struct config_list *list, const char *value, struct error *error)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof(*items));
    char *copy = strdup(value);

    if (items != NULL)
        list->items = items;
    if (items == NULL || copy == NULL) {
        free(copy);
        error_set(error, ERROR_MEMORY, "want of memory for the configuration");
        return false;
    }
    list->items[list->count++] = copy;
    return true;
}

static bool refuse(const struct source *source, const char *what, struct error *error)
{
    error_set(error, ERROR_USAGE, "%s: %s", source->words, what);
    return false;
}

static bool set_number(const struct config_option *option, int *field, const char *value,
    const struct source *source, struct error *error)
{
    char *end = NULL;
    char words[128];
    long number;
    int base = option->kind == OPTION_MODE ? 8 : 10;

    errno = 0;
    number = strtol(value, &end, base);
    if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno != 0 || number < option->least ||
        number > option->most) {
        if (option->kind == OPTION_MODE)
            return refuse(
                source, "must be an octal mode without rights for others, such as 0660", error);
        (void)snprintf(words, sizeof(words), "must be a whole number from %ld to %ld",
            option->least, option->most);
        return refuse(source, words, error);
    }
    *field = (int)number;
    return true;
}

static bool set_choice(const struct config_option *option, int *field, const char *value,
    const struct source *source, struct error *error)
{
    char words[128];
    int i;

    for (i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(value, option->choices[i]) == 0) {
            *field = i;
            return true;
        }
    }
    (void)snprintf(words, sizeof(words), "must be one of: %s", option->argument);
    return refuse(source, words, error);
}

static bool set_flag(
    bool *field, const char *value, const struct source *source, struct error *error)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};
    size_t i;

    if (value == NULL) {
        *field = true;
        return true;
    }
    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            *field = strcmp(value, yes[i]) == 0;
            return true;
        }
    }
    return refuse(source, "must be yes or no", error);
}

/* Sets one option; `value` is NULL only for a flag on the command line. */
static bool set_option(struct config *config, size_t index, const char *value,
    const struct source *source, struct error *error)
{
    const struct config_option *option = &config_options[index];
    void *field = (char *)config + option->offset;

    if (option->kind == OPTION_FLAG)
        return set_flag(field, value, source, error);
    if (value == NULL || value[0] == '\0')
        return refuse(source, "must not be empty", error);
    if (strlen(value) > PATH_MAX)
        return refuse(source, "is too long", error);
    switch (option->kind) {
    case OPTION_NUMBER:
    case OPTION_MODE:
        return set_number(option, field, value, source, error);
    case OPTION_CHOICE:
        return set_choice(option, field, value, source, error);
    case OPTION_LIST:
        if (!source->list_begun[index])
            list_free(field);
        source->list_begun[index] = true;
        return list_add(field, value, error);
    case OPTION_STRING:
    default:
        break;
    }
    free(*(char **)field);
    *(char **)field = strdup(value);
    if (*(char **)field == NULL) {
        error_set(error, ERROR_MEMORY, "want of memory for the configuration");
        return false;
    }
    return true;
}

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
static bool read_line(struct config *config, char *line, struct source *source, struct error *error)
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
        return refuse(source,
            index == config_option_count ? "unknown key" : "this key is for the command line alone",
            error);
    if (value[0] == '=') {
        value += 1 + strspn(value + 1, " \t");
    } else if (value[0] != '\0') {
        return refuse(source, "'=' is missing after the key", error);
    } else if (config_options[index].kind == OPTION_FLAG) {
        value = NULL;
    }
    return set_option(config, index, value, source, error);
}

static bool read_file(struct config *config, const char *path, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct source source = {.list_begun = list_begun};
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
            good = refuse(&source, "the line or the file is too long", error);
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
    const struct source *source, struct error *error)
{
    char item[PATH_MAX + 1];

    for (;;) {
        size_t length = strcspn(value, ",");

        if (length > PATH_MAX)
            return refuse(source, "is too long", error);
        memcpy(item, value, length);
        item[length] = '\0';
        if (!set_option(config, index, item, source, error))
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

static bool read_environment(struct config *config, char *const *environment, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct source source = {.list_begun = list_begun};
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
            return refuse(&source, "unknown variable", error);
        if (!(config_options[index].where & FROM_ENVIRONMENT))
            return refuse(&source, "this is for the command line alone", error);
        if (equals[1] == '\0')
            continue; /* an empty variable is not set, as in most programs */
        good = config_options[index].kind == OPTION_LIST
                   ? set_items(config, index, equals + 1, &source, error)
                   : set_option(config, index, equals + 1, &source, error);
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

static bool read_command_line(
    struct config *config, int argc, char **argv, bool file_only, struct error *error)
{
    bool list_begun[CONFIG_MAX_OPTIONS] = {false};
    struct source source = {.list_begun = list_begun};
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
        if (!set_option(config, (size_t)(value - 256), optarg, &source, error))
            return false;
    }
    for (; !file_only && optind < argc; optind++) {
        if (!list_add(&config->files, argv[optind], error))
            return false;
    }
    return true;
}

bool config_parse_time(const char *words, time_t *seconds)
{
    struct tm tm = {0};
    const char *end;

    if (words[0] == '@') {
        char *stop = NULL;
        long long number;

        errno = 0;
        number = strtoll(words + 1, &stop, 10);
        if (errno != 0 || stop == words + 1 || *stop != '\0')
            return false;
        *seconds = (time_t)number;
        return true;
    }
    end = strptime(words, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0') {
        tm = (struct tm){0};
        end = strptime(words, "%Y-%m-%d", &tm);
    }
    if (end == NULL || *end != '\0')
        return false;
    *seconds = timegm(&tm);
    return true;
}

/* What belongs together. */
static bool check_together(struct config *config, struct error *error)
{
    if (config->help || config->version)
        return true;
    if (!config->check &&
        (config->at != NULL || config->chain.count > 0 || config->password_file != NULL)) {
        error_set(error, ERROR_USAGE, "--at, --chain and --password-file go with --check alone");
        return false;
    }
    if (config->at != NULL && !config_parse_time(config->at, &config->at_time)) {
        error_set(error, ERROR_USAGE,
            "--at: must be a time such as 2026-11-23T17:57:38Z, 2026-11-23 or @1795456658");
        return false;
    }
    if (!config->check && config->files.count > 0) {
        error_set(error, ERROR_USAGE, "%s: unexpected; files are checked with --check",
            config->files.items[0]);
        return false;
    }
    if (config->check && config->files.count == 0 && !config->test_config) {
        error_set(error, ERROR_USAGE, "--check: names no FILE (`-` is standard input)");
        return false;
    }
    if (config->ca.count == 0) {
        error_set(error, ERROR_USAGE,
            "--ca: missing; it names the certificate of your certificate authority");
        return false;
    }
    if (config->crl_missing_ok && config->require_crl) {
        error_set(error, ERROR_USAGE, "--crl-missing-ok and --require-crl exclude each other");
        return false;
    }
    return true;
}

static const char *find_environment_file(char *const *environment)
{
    static const char name[] = ENVIRONMENT_PREFIX "CONFIG=";

    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, sizeof(name) - 1) == 0 &&
            (*environment)[sizeof(name) - 1] != '\0')
            return *environment + sizeof(name) - 1;
    }
    return NULL;
}

bool config_read(
    struct config *config, int argc, char **argv, char *const *environment, struct error *error)
{
    const char *file;

    *config = config_defaults;
    if (argc > 0 && !read_command_line(config, argc, argv, true, error))
        goto fail;
    file = config->config_file != NULL ? config->config_file : find_environment_file(environment);
    if (file != NULL && !read_file(config, file, error))
        goto fail;
    if (!read_environment(config, environment, error))
        goto fail;
    if (argc > 0 && !read_command_line(config, argc, argv, false, error))
        goto fail;
    if (!check_together(config, error))
        goto fail;
    return true;

fail:
    config_free(config);
    return false;
}

void config_free(struct config *config)
{
    size_t i;

    if (config == NULL)
        return;
    for (i = 0; i < config_option_count; i++) {
        void *field = (char *)config + config_options[i].offset;

        if (config_options[i].kind == OPTION_LIST)
            list_free(field);
        else if (config_options[i].kind == OPTION_STRING)
            free(*(char **)field);
    }
    list_free(&config->files);
    *config = config_defaults;
}

void config_print_help(FILE *file)
{
    size_t i;

    (void)fputs(
        "Usage: peercert [OPTION]...                 serve FastCGI on fd 0 or --listen, or run as "
        "a CGI script\n"
        "       peercert [OPTION]... --check FILE...  the same report for certificate files\n"
        "Verifies the client certificate that a front server forwards and reports on it.\n\n",
        file);
    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        char name[64];

        (void)snprintf(name, sizeof(name), "--%s%s%s", option->name,
            option->kind == OPTION_FLAG ? "" : " ",
            option->kind == OPTION_FLAG ? "" : option->argument);
        (void)fprintf(file, "  %-30s %s%s\n", name, option->help,
            option->kind == OPTION_LIST ? " (repeatable)" : "");
    }
    (void)fputs(
        "\nEach option is also a variable (--socket-mode: PEERCERT_SOCKET_MODE; lists with commas) "
        "and a key of\n"
        "the configuration file (socket-mode = 0660), but for those that say otherwise. The "
        "command line wins\n"
        "over the environment, that over the file. As a CGI script the command line is not read.\n"
        "Exit status: 0 fine, 1 a checked certificate is not valid, 2 usage or configuration "
        "error, 3 the\n"
        "trust (CA, CRL, intermediates) cannot be loaded. See peercert(8).\n",
        file);
}
