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

/* The pass phrase of --password-file into *password, NULL without that option; wipe and free it
 * with file_wipe. false with the error when the file cannot be read. */
bool check_input_password(const struct config *config, char **password, struct error *error);

#endif
