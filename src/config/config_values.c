/* SPDX-License-Identifier: ISC */
#include "base/date.h"
#include "config/config_options.h"
#include "config/config_sources.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The times that a certificate can speak of (RFC 5280 section 4.1.2.5.2: four digits of a year). */
#define YEAR_0 (-62167219200LL)
#define YEAR_10000 253402300800LL

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
        error_set(error, ERROR_MEMORY, "out of memory while reading the configuration");
        return false;
    }
    return true;
}

/* Reads exactly `count` digits and the character that must follow. */
static bool read_number(const char **at, int count, char next, int *number)
{
    *number = date_digits(*at, count);
    if (*number < 0)
        return false;
    *at += count;
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

/* strptime would accept 30 February, signs and spaces. */
bool config_parse_time(const char *words, time_t *seconds)
{
    struct tm tm = {0};
    bool has_time;

    if (words[0] == '@')
        return read_seconds(words + 1, seconds);
    has_time = strchr(words, 'T') != NULL;
    if (!read_number(&words, 4, '-', &tm.tm_year) || !read_number(&words, 2, '-', &tm.tm_mon) ||
        !read_number(&words, 2, has_time ? 'T' : '\0', &tm.tm_mday))
        return false;
    if (has_time &&
        (!read_number(&words, 2, ':', &tm.tm_hour) || !read_number(&words, 2, ':', &tm.tm_min) ||
            !read_number(&words, 2, 'Z', &tm.tm_sec) || *words != '\0'))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return date_seconds(&tm, seconds);
}
