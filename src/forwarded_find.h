#ifndef PEERCERT_FORWARDED_FIND_H
#define PEERCERT_FORWARDED_FIND_H

#include "forwarded_options.h"
#include <stdbool.h>
#include <stddef.h>

/* Inside of the room `forwarded`: the variables that matter among a request's parameters. */

/* What the front servers set themselves (FRONTS.md's first table). */
extern const char find_certificate_name[];
extern const char find_chain_name[];
extern const char find_verify_name[];

/* One name among the parameters: its first value (borrowed from them), and how often it came. */
struct found {
    const char *value;
    size_t count;
};

struct findings {
    struct found certificate, chain, verify;
    struct found numbered[CERTIFICATE_MAX_CHAIN]; /* SSL_CLIENT_CERT_CHAIN_0, _1, ... */
    bool numbered_too_high; /* one with a higher number came and was not blank */
    struct found headers[FORWARDED_MAX_HEADERS]; /* in the order of the options */
};

/* Looks through all parameters ("NAME=value", NULL at the end) and fills *findings, which was
 * zeroed. HTTP_* names are looked at only when the options name them. */
void find_parameters(
    char *const *parameters, const struct forwarded_options *options, struct findings *findings);

/* The first name that came more often than it may; NULL when there is none. FCGX_GetParam would
 * show the first of two, other programs the last: neither can be believed. The answer may be in
 * `buffer`. */
const char *find_repeated(const struct findings *findings, const struct forwarded_options *options,
    char *buffer, size_t size);

/* The value when the parameter is of this name, else NULL; borrowed. */
const char *find_value_of(const char *parameter, const char *name);

/* True when a value is nothing but white space. */
bool find_is_blank(const char *value);

#endif
