/* SPDX-License-Identifier: ISC */
#include "config/config_options.h"

#include <stddef.h>
#include <string.h>

static const char *const format_choices[] = {"text", "json", "html", NULL};
static const char *const log_format_choices[] = {"text", "json", NULL};
static const char *const log_allowed_choices[] = {"all", "first", "none", NULL};
static const char *const crl_depth_choices[] = {"chain", "leaf", NULL};

static const char *const ocsp_choices[] = {"off", "soft", "hard", NULL};
static const char *const completion_choices[] = {"bash", "zsh", NULL};
static const char *const ocsp_nonce_choices[] = {"required", "optional", NULL};

#define AT(field) offsetof(struct config, field)
#define FLAG(name, field, where, help)                                                             \
    {                                                                                              \
        name, OPTION_FLAG, where, AT(field), NULL, 0, 0, NULL, help                                \
    }
#define STRING(name, field, where, argument, help)                                                 \
    {                                                                                              \
        name, OPTION_STRING, where, AT(field), argument, 0, 0, NULL, help                          \
    }
#define LIST(name, field, where, argument, help)                                                   \
    {                                                                                              \
        name, OPTION_LIST, where, AT(field), argument, 0, 0, NULL, help                            \
    }
#define NUMBER(name, field, argument, least, most, help)                                           \
    {                                                                                              \
        name, OPTION_NUMBER, FROM_ANYWHERE, AT(field), argument, least, most, NULL, help           \
    }
#define CHOICE(name, field, argument, choices, help)                                               \
    {                                                                                              \
        name, OPTION_CHOICE, FROM_ANYWHERE, AT(field), argument, 0, 0, choices, help               \
    }

const struct config_option config_options[] = {
    LIST("ca", ca, FROM_ANYWHERE, "FILE|DIR", "the trusted CA: PEM bundle, DER or PKCS#12"),
    STRING("ca-password-file", ca_password_file, FROM_ANYWHERE, "FILE",
        "file whose first line is the pass phrase of PKCS#12 in --ca"),
    LIST("intermediates", intermediates, FROM_ANYWHERE, "FILE|DIR",
        "CA certificates to build chains with, not trusted by themselves"),
    LIST("crl", crl, FROM_ANYWHERE, "FILE|DIR",
        "revocation lists, PEM or DER; a certificate then needs a current one"),
    FLAG("crl-missing-ok", crl_missing_ok, FROM_ANYWHERE,
        "with --crl: accept a certificate for whose CA there is no CRL at all"),
    FLAG("require-crl", require_crl, FROM_ANYWHERE,
        "never accept a certificate for which there is no current CRL"),
    CHOICE("crl-depth", crl_depth, "chain|leaf", crl_depth_choices,
        "check the whole chain (default) or only the client's certificate for revocation"),
    CHOICE("ocsp", ocsp, "off|soft|hard", ocsp_choices,
        "ask an OCSP responder; hard: require a good response (off)"),
    STRING("ocsp-url", ocsp_url, FROM_ANYWHERE, "URL",
        "ask this responder, whatever the certificate names (http)"),
    LIST("ocsp-allow", ocsp_allow, FROM_ANYWHERE, "HOST[:PORT]",
        "a responder that certificates may name; others are never asked"),
    CHOICE("ocsp-nonce", ocsp_nonce, "required|optional", ocsp_nonce_choices,
        "whether a response must repeat the nonce of the request (required)"),
    NUMBER("ocsp-timeout", ocsp_timeout, "SECONDS", 1, 20, "time limit for asking a responder (5)"),
    STRING("listen", listen, FROM_ANYWHERE, "unix:PATH|ADDR:PORT", "serve FastCGI on this socket"),
    {"socket-mode", OPTION_MODE, FROM_ANYWHERE, AT(socket_mode), "MODE", 0, 0770, NULL,
        "permissions of the Unix socket (0660)"},
    STRING("socket-group", socket_group, FROM_ANYWHERE, "GROUP", "group of the Unix socket"),
    LIST("allow-peer", allow_peer, FROM_ANYWHERE, "ADDR",
        "who may connect over TCP; needed unless --listen is loopback"),
    NUMBER("threads", threads, "N", 1, 256,
        "requests that may wait for an OCSP responder at the same time (8)"),
    NUMBER(
        "depth", depth, "N", 0, 100, "maximum number of intermediate certificates in a chain (10)"),
    NUMBER("security-level", security_level, "N", 0, 5,
        "OpenSSL security level for keys and digests (2)"),
    LIST("trust-header", trust_header, FROM_ANYWHERE, "NAME[:ENCODING]",
        "read the certificate from this request header too: the front must set or strip it"),
    NUMBER("xfcc-hop", xfcc_hop, "N", 0, 100,
        "which element of X-Forwarded-Client-Cert counts, 0 is the last; without this there must "
        "be one only"),
    NUMBER("cache", cache, "ENTRIES", 0, 10000000,
        "number of verdicts to remember (1024); 0 disables the cache"),
    NUMBER("warn-days", warn_days, "N", 0, 36500,
        "warn when a certificate expires in less than this many days (30)"),
    CHOICE("format", format, "text|json|html", format_choices,
        "format of the report when the request does not ask for one (text)"),
    STRING(
        "rules", rules, FROM_ANYWHERE, "FILE", "be a gate: these access rules decide who gets in"),
    STRING("shadow-rules", shadow_rules, FROM_ANYWHERE, "FILE",
        "with --rules: try these rules too and log where they differ; they never decide"),
    STRING("log-file", log_file, FROM_ANYWHERE, "FILE|syslog", "where the log goes (stderr)"),
    CHOICE("log-format", log_format, "text|json", log_format_choices, "format of the log (text)"),
    CHOICE("log-allowed", log_allowed, "all|first|none", log_allowed_choices,
        "with --rules: which of the allowed requests are logged; first: one a minute for each "
        "certificate and rule (all)"),
    STRING("metrics-file", metrics_file, FROM_ANYWHERE, "FILE",
        "write metrics for Prometheus to this file, every 15 seconds"),
    STRING("config", config_file, FROM_ENVIRONMENT, "FILE", "read this configuration file"),
    FLAG("check", check, FROM_COMMAND_LINE,
        "report on certificate files, not on requests (command line only)"),
    FLAG("explain", explain, FROM_COMMAND_LINE,
        "with --rules: tell what certificate files may do, and why (command line only)"),
    STRING("host", host, FROM_COMMAND_LINE, "NAME",
        "with --explain: the host of the request (command line only)"),
    STRING("path", path, FROM_COMMAND_LINE, "PATH",
        "with --explain: the path of the request (command line only)"),
    STRING("method", method, FROM_COMMAND_LINE, "METHOD",
        "with --explain: the method of the request, GET by default (command line only)"),
    STRING("from", from, FROM_COMMAND_LINE, "ADDR",
        "with --explain: the address that the client has (command line only)"),
    STRING("at", at, FROM_COMMAND_LINE, "TIME",
        "with --check, --explain: judge as of this time (command line only)"),
    LIST("chain", chain, FROM_COMMAND_LINE, "FILE",
        "with --check, --explain: further certificates of the chain (command line only)"),
    STRING("password-file", password_file, FROM_COMMAND_LINE, "FILE",
        "with --check, --explain: pass phrase of PKCS#12 files (command line only)"),
    FLAG("test-config", test_config, FROM_COMMAND_LINE,
        "check configuration and trust, then exit (command line only)"),
    {"completion", OPTION_CHOICE, FROM_COMMAND_LINE, AT(completion), "bash|zsh", 0, 0,
        completion_choices,
        "print a script that completes these options, and exit (command line only)"},
    FLAG("version", version, FROM_COMMAND_LINE, "print the version and exit"),
    FLAG("help", help, FROM_COMMAND_LINE, "print this help and exit"),
};

const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);

_Static_assert(sizeof(config_options) / sizeof(config_options[0]) <= CONFIG_MAX_OPTIONS,
    "CONFIG_MAX_OPTIONS is too small");

const struct config config_defaults = {
    .completion = -1,
    .socket_mode = 0660,
    .threads = 8,
    .depth = 10,
    .security_level = 2,
    .cache = 1024,
    .ocsp_timeout = 5,
    .warn_days = 30,
    .xfcc_hop = -1, /* not given */
};

bool config_is_of_request(const char *name, size_t length)
{
    static const char *const names[] = {"HOST", "PATH", "METHOD", "AGAIN", "DECISION", "PAGE"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (length == strlen(names[i]) && strncmp(name, names[i], length) == 0)
            return true;
    }
    return false;
}
