#include "config.h"
#include "config_options.h"
#include "config_sources.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The times that a certificate can speak of (RFC 5280 section 4.1.2.5.2: four digits of a year). */
#define YEAR_0 (-62167219200LL)
#define YEAR_10000 253402300800LL

void config_list_free(struct config_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct config_list){0};
}

bool config_list_add(struct config_list *list, const char *value, struct error *error)
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

bool config_refuse(const struct config_source *source, const char *what, struct error *error)
{
    error_set(error, ERROR_USAGE, "%s: %s", source->words, what);
    return false;
}

static bool set_number(const struct config_option *option, int *field, const char *value,
    const struct config_source *source, struct error *error)
{
    char *end = NULL;
    char words[128];
    long number;
    int base = option->kind == OPTION_MODE ? 8 : 10;

    errno = 0;
    number = strtol(value, &end, base);
    if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno != 0 || number < option->least ||
        number > option->most || (option->kind == OPTION_MODE && (number & ~option->most) != 0)) {
        if (option->kind == OPTION_MODE)
            return config_refuse(
                source, "must be an octal mode without rights for others, such as 0660", error);
        (void)snprintf(words, sizeof(words), "must be a whole number from %ld to %ld",
            option->least, option->most);
        return config_refuse(source, words, error);
    }
    *field = (int)number;
    return true;
}

static bool set_choice(const struct config_option *option, int *field, const char *value,
    const struct config_source *source, struct error *error)
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
    return config_refuse(source, words, error);
}

static bool set_flag(
    bool *field, const char *value, const struct config_source *source, struct error *error)
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
    return config_refuse(source, "must be yes or no", error);
}

bool config_set_option(struct config *config, size_t index, const char *value,
    const struct config_source *source, struct error *error)
{
    const struct config_option *option = &config_options[index];
    void *field = (char *)config + option->offset;

    if (option->kind == OPTION_FLAG)
        return set_flag(field, value, source, error);
    if (value == NULL || value[0] == '\0')
        return config_refuse(source, "must not be empty", error);
    if (strlen(value) > PATH_MAX)
        return config_refuse(source, "is too long", error);
    switch (option->kind) {
    case OPTION_NUMBER:
    case OPTION_MODE:
        return set_number(option, field, value, source, error);
    case OPTION_CHOICE:
        return set_choice(option, field, value, source, error);
    case OPTION_LIST:
        if (!source->list_begun[index])
            config_list_free(field);
        source->list_begun[index] = true;
        return config_list_add(field, value, error);
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

/* Reads exactly `count` digits and the character that must follow. */
static bool read_digits(const char **at, int count, char next, int *number)
{
    *number = 0;
    for (; count > 0; count--, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *number = *number * 10 + (**at - '0');
    }
    return *(*at)++ == next;
}

static bool read_seconds(const char *words, time_t *seconds)
{
    char *stop = NULL;
    long long number;

    if (!isdigit((unsigned char)words[words[0] == '-']))
        return false;
    errno = 0;
    number = strtoll(words, &stop, 10);
    if (errno != 0 || *stop != '\0' || number < YEAR_0 || number >= YEAR_10000)
        return false;
    *seconds = (time_t)number;
    return true;
}

/* strptime would take 30 February, signs and spaces. */
bool config_parse_time(const char *words, time_t *seconds)
{
    struct tm tm = {0}, same;
    bool has_time;

    if (words[0] == '@')
        return read_seconds(words + 1, seconds);
    has_time = strchr(words, 'T') != NULL;
    if (!read_digits(&words, 4, '-', &tm.tm_year) || !read_digits(&words, 2, '-', &tm.tm_mon) ||
        !read_digits(&words, 2, has_time ? 'T' : '\0', &tm.tm_mday))
        return false;
    if (has_time &&
        (!read_digits(&words, 2, ':', &tm.tm_hour) || !read_digits(&words, 2, ':', &tm.tm_min) ||
            !read_digits(&words, 2, 'Z', &tm.tm_sec) || *words != '\0'))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    same = tm;
    *seconds = timegm(&same);
    return same.tm_year == tm.tm_year && same.tm_mon == tm.tm_mon && same.tm_mday == tm.tm_mday &&
           same.tm_hour == tm.tm_hour && same.tm_min == tm.tm_min && same.tm_sec == tm.tm_sec;
}

/* What belongs together. */
static bool check_together(struct config *config, struct error *error)
{
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
    if (config->format == CONFIG_FORMAT_HTML && config->files.count > 1) {
        error_set(error, ERROR_USAGE, "--format html: a page is for one FILE");
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

bool config_read(
    struct config *config, int argc, char **argv, char *const *environment, struct error *error)
{
    const char *file;

    *config = config_defaults;
    if (argc > 0 && !config_read_command_line(config, argc, argv, true, error))
        goto fail;
    if (config->help || config->version)
        return true;
    file = config->config_file != NULL ? config->config_file
                                       : config_find_environment_file(environment);
    if (file != NULL && !config_read_file(config, file, error))
        goto fail;
    if (!config_read_environment(config, environment, error))
        goto fail;
    if (argc > 0 && !config_read_command_line(config, argc, argv, false, error))
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
            config_list_free(field);
        else if (config_options[i].kind == OPTION_STRING)
            free(*(char **)field);
    }
    config_list_free(&config->files);
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
