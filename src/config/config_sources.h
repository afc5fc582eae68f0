/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CONFIG_SOURCES_H
#define PEERCERT_CONFIG_SOURCES_H

#include "config/config.h"

#define ENVIRONMENT_PREFIX "PEERCERT_"

/* For config.c and config_sources.c alone: the sources of values, and what sets a value. */

/* Where a value comes from; a list that is set from a new source is emptied first. */
struct config_source {
    char words[320];  /* for messages: an option, a variable or file:line: key */
    bool *list_begun; /* one flag for each option, of this source */
};

/* Says "SOURCE: what" with ERROR_USAGE; returns false. */
bool config_refuse(const struct config_source *source, const char *what, struct error *error);

/* Checks and sets the option at this index of config_options; `value` is NULL only for a flag
 * without one. false with ERROR_USAGE or ERROR_MEMORY. */
bool config_set_option(struct config *config, size_t index, const char *value,
    const struct config_source *source, struct error *error);

/* Each sets what its source holds, over what is there; false with ERROR_USAGE or ERROR_MEMORY.
 * With `first`, --config, --help and --version are read and nothing else; with `has_request` the
 * environment is a CGI script's, and what it says of the request is passed over. */
bool config_read_file(struct config *config, const char *path, struct error *error);
bool config_read_environment(
    struct config *config, char *const *environment, bool has_request, struct error *error);
bool config_read_command_line(
    struct config *config, int argc, char **argv, bool first, struct error *error);

/* The value of PEERCERT_CONFIG, borrowed from the environment; NULL when not set. */
const char *config_find_environment_file(char *const *environment);

#endif
