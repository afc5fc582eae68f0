/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FORWARDED_FIND_H
#define PEERCERT_FORWARDED_FIND_H

#include "forwarded/forwarded_options.h"
#include <stdbool.h>
#include <stddef.h>

/* Inside of the module `forwarded`: the variables that matter among a request's parameters. */

/* What the front servers set themselves (deploy/README.md). */
extern const char forwarded_find_certificate_name[];
extern const char forwarded_find_chain_name[];
extern const char forwarded_find_verify_name[];

/* One name among the parameters: its first value (borrowed from them), and how often it came. */
struct forwarded_parameter {
    const char *value;
    size_t count;
};

struct forwarded_parameters {
    struct forwarded_parameter certificate, chain, verify;
    struct forwarded_parameter
        numbered[CERTIFICATE_MAX_CHAIN]; /* SSL_CLIENT_CERT_CHAIN_0, _1, ... */
    bool numbered_too_high;              /* one with a higher number came and was not blank */
    struct forwarded_parameter headers[FORWARDED_MAX_HEADERS]; /* in the order of the options */
};

/* Looks through all parameters ("NAME=value", NULL at the end) and fills *findings, which was
 * zeroed. HTTP_* names are looked at only when the options name them. */
void forwarded_find_parameters(char *const *parameters, const struct forwarded_options *options,
    struct forwarded_parameters *findings);

/* The first name that came more often than it may; NULL when there is none. FCGX_GetParam would
 * show the first of two, other programs the last: neither can be believed. The answer may be in
 * `buffer`. */
const char *forwarded_find_repeated(const struct forwarded_parameters *findings,
    const struct forwarded_options *options, char *buffer, size_t size);

/* The value when the parameter is of this name, else NULL; borrowed. */
const char *forwarded_find_value_of(const char *parameter, const char *name);

/* True when a value says that there is none (encoding_is_nothing). */
bool forwarded_find_is_blank(const char *value);

#endif
