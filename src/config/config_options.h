/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CONFIG_OPTIONS_H
#define PEERCERT_CONFIG_OPTIONS_H

#include "config/config.h"

enum config_option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_STRING, /* char * */
    OPTION_LIST,   /* struct list */
    OPTION_NUMBER, /* int, from least to most */
    OPTION_MODE,   /* int, octal */
    OPTION_CHOICE, /* int, index into choices */
};

/* Where an option may come from besides the command line. */
enum { FROM_FILE = 1, FROM_ENVIRONMENT = 2, FROM_ANYWHERE = 3, FROM_COMMAND_LINE = 0 };

/* One option: the parser, the environment, the configuration file and the help text walk the same
 * table. */
struct config_option {
    const char *name;
    enum config_option_kind kind;
    int where;
    size_t offset;
    const char *argument;
    long least, most;
    const char *const *choices;
    const char *help;
};

#define CONFIG_MAX_OPTIONS 64

extern const struct config_option config_options[];
extern const size_t config_option_count;
extern const struct config config_defaults;

/* Whether PEERCERT_NAME is what a front server says of one request (man page, THE GATE), and no
 * setting. `name` need not end at its length. */
bool config_is_of_request(const char *name, size_t length);

#endif
