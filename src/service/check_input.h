/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CHECK_INPUT_H
#define PEERCERT_CHECK_INPUT_H

#include "base/error.h"
#include "service/evaluate.h"

/* Reads a file of --check or --explain, and those of --chain behind it, and begins the evaluation
 * of what they hold (evaluate_certificates), as of --at. In a file with several certificates the
 * first is the leaf and the rest are its chain. false with the error when one cannot be read at
 * all; then there is nothing to end. */
bool check_input_evaluate(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, const char *path, const char *password, struct error *error);

/* Exit codes of --check and --explain, the worst last. */
enum check_code {
    CHECK_GOOD = 0,
    CHECK_BAD = 1,        /* not valid, or not allowed */
    CHECK_UNREADABLE = 2, /* so that nothing can be said */
};

/* Calls `one` with the context for each file of the command line, by its number, with the pass
 * phrase of --password-file (NULL without that option). Returns the worst that came of them;
 * CHECK_UNREADABLE, after saying why, when the pass phrase cannot be read. */
int check_input_each(const struct config *config,
    enum check_code (*one)(const void *context, size_t number, const char *password),
    const void *context);

#endif
