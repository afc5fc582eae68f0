/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_CONFIG_GIVEN_H
#define PEERCERT_TESTS_CONFIG_GIVEN_H

#include "config/config.h"

/* What the three sources say. */
struct given {
    const char *file; /* its text; NULL: no file */
    size_t file_length;
    const char *environment[8];
    const char *line[24]; /* the command line without the program's name */
};

/* Reads what is given; the file is named on the command line, as DIRECTORY/c.conf. */
bool read_given(const struct given *given, struct config *config, struct error *error);

/* All that is given is refused with a usage error that has these words. */
void expect_refused(struct given given, const char *words);

/* It is accepted; free with config_free. */
void expect_accepted(struct given given, struct config *config);

/* The items, each with a "|" behind it. */
void expect_list(const struct list *list, const char *wanted);

#endif
