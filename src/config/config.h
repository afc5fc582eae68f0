/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CONFIG_H
#define PEERCERT_CONFIG_H

#include "base/error.h"
#include "base/list.h"
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

enum config_format { CONFIG_FORMAT_TEXT, CONFIG_FORMAT_JSON, CONFIG_FORMAT_HTML };
enum config_crl_depth { CONFIG_CRL_CHAIN, CONFIG_CRL_LEAF };
enum config_ocsp { CONFIG_OCSP_OFF, CONFIG_OCSP_SOFT, CONFIG_OCSP_HARD };
enum config_ocsp_nonce { CONFIG_OCSP_NONCE_REQUIRED, CONFIG_OCSP_NONCE_OPTIONAL };
enum config_completion { CONFIG_COMPLETION_BASH, CONFIG_COMPLETION_ZSH };
enum config_log_format { CONFIG_LOG_TEXT, CONFIG_LOG_JSON };
enum config_log_allowed {
    CONFIG_LOG_ALLOWED_ALL,
    CONFIG_LOG_ALLOWED_FIRST,
    CONFIG_LOG_ALLOWED_NONE
};

/* Seconds that a gate (--rules) waits for an OCSP responder at the most. */
#define CONFIG_GATE_SECONDS 2

/* All that can be configured, by value, after defaults, configuration file, environment and command
 * line (later wins). Nothing changes it after start. Strings and lists are owned by the config;
 * free with config_free. */
struct config {
    struct list ca;
    char *ca_password_file;
    struct list intermediates;
    struct list crl;
    bool crl_missing_ok;
    bool require_crl;
    int crl_depth;          /* enum config_crl_depth */
    int ocsp;               /* enum config_ocsp */
    char *ocsp_url;         /* instead of the certificate's own; NULL: none */
    struct list ocsp_allow; /* HOST[:PORT] that certificates may name */
    int ocsp_nonce;         /* enum config_ocsp_nonce */
    int ocsp_timeout;       /* seconds */
    char *listen;
    int socket_mode; /* permission bits */
    char *socket_group;
    struct list allow_peer;
    int threads;
    int depth;
    int security_level;
    struct list trust_header;
    int xfcc_hop; /* -1: not given */
    int cache;    /* entries of the verdict cache; 0 is none */
    int warn_days;
    int format;     /* enum config_format */
    char *log_file; /* NULL: stderr; "syslog" */
    int log_format; /* enum config_log_format */
    char *metrics_file;
    char *rules;        /* NULL: no gate */
    char *shadow_rules; /* judged beside, never deciding; NULL: none */
    int log_allowed;    /* enum config_log_allowed */
    char *config_file;
    bool check;
    bool explain;
    char *host; /* of --explain, as path, method and from; NULL: not given */
    char *from;
    char *path;
    char *method;
    char *at;
    time_t at_time; /* valid when at is not NULL */
    struct list chain;
    char *password_file;
    bool test_config;
    int completion; /* enum config_completion; -1: none */
    bool version;
    bool help;
    struct list files; /* the operands of --check and --explain */
};

/* Reads the configuration: defaults, then the file that --config or PEERCERT_CONFIG names, then
 * PEERCERT_* of `environment`, then the command line. `argc` and `argv` may be 0 and NULL: as a CGI
 * script the command line is the client's (RFC 3875 section 4.4) and must not be given. A list from
 * a later source replaces the one from an earlier source; within the file and the environment
 * nothing but a list may be set twice (a variable not at all), and on the command line the last one
 * counts. Every value is checked; an empty one is refused, in a variable too: a CRL that is named
 * by an empty variable is a mistake. --help, --version and --completion are heard before all
 * others, so that they are given whatever else is wrong. On success fills *config, which the caller
 * frees with config_free; false with ERROR_USAGE (or ERROR_MEMORY) whose text names option,
 * variable or file:line. */
bool config_read(
    struct config *config, int argc, char **argv, char *const *environment, struct error *error);

/* Frees what the config owns. Accepts NULL. */
void config_free(struct config *config);

/* Prints the usage text, made from the table of options. */
void config_print_help(FILE *file);

/* Prints a script that completes the options in a shell, made from the table of options. */
void config_print_completion(FILE *file, enum config_completion shell);

/* Reads a moment as --at takes it: RFC 3339 in UTC (2026-11-23T17:57:38Z), a date (2026-11-23,
 * midnight UTC), or @SECONDS since 1970, within the years 0 to 9999. false when it is no such time
 * (30 February is none); *seconds is then undefined. */
bool config_parse_time(const char *words, time_t *seconds);

#endif
