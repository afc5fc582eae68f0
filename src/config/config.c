/* SPDX-License-Identifier: ISC */
#include "config/config.h"
#include "base/network.h"
#include "config/config_options.h"
#include "config/config_sources.h"

#include <stdlib.h>
#include <string.h>

/* What --explain is asked about. */
static const char *check_question(const struct config *config)
{
    struct network from;

    if (!config->explain && (config->host != NULL || config->path != NULL ||
                                config->method != NULL || config->from != NULL))
        return "--host, --path, --method and --from go with --explain alone";
    if (config->host != NULL && strpbrk(config->host, "/@ ") != NULL)
        return "--host: must be a host name, such as www.example.org";
    /* `*` and a whole URL are what a client may write, too. */
    if (config->path != NULL && config->path[0] != '/' && strcmp(config->path, "*") != 0 &&
        strstr(config->path, "://") == NULL)
        return "--path: must begin with /, such as /wiki/";
    if (config->from != NULL && !network_read_address(config->from, &from))
        return "--from: must be one address, such as 192.0.2.7 or 2001:db8::7";
    return NULL;
}

/* What belongs to access rules. */
static bool check_explain(const struct config *config, struct error *error)
{
    const char *words;

    if (config->shadow_rules != NULL && config->rules == NULL)
        words = "--shadow-rules: needs --rules, since shadow rules never decide";
    else if (config->explain && config->check)
        words = "--check and --explain exclude each other";
    else if (config->explain && config->rules == NULL)
        words = "--explain: needs --rules";
    else if (config->explain && config->format == CONFIG_FORMAT_HTML)
        words = "--explain: --format is text or json";
    else
        words = check_question(config);
    if (words != NULL)
        error_set(error, ERROR_USAGE, "%s", words);
    return words == NULL;
}

/* What belongs together. */
static bool check_together(struct config *config, struct error *error)
{
    const bool reads_files = config->check || config->explain;

    if (!check_explain(config, error))
        return false;
    /* A gate answers within two seconds: some fronts wait without a limit. */
    if (config->rules != NULL && config->ocsp_timeout > CONFIG_GATE_SECONDS)
        config->ocsp_timeout = CONFIG_GATE_SECONDS;
    if (!reads_files &&
        (config->at != NULL || config->chain.count > 0 || config->password_file != NULL)) {
        error_set(error, ERROR_USAGE,
            "--at, --chain and --password-file go with --check or --explain alone");
        return false;
    }
    if (config->at != NULL && !config_parse_time(config->at, &config->at_time)) {
        error_set(error, ERROR_USAGE,
            "--at: must be a time such as 2026-11-23T17:57:38Z, 2026-11-23 or @1795456658");
        return false;
    }
    if (!reads_files && config->files.count > 0) {
        error_set(error, ERROR_USAGE, "%s: unexpected; files are checked with --check",
            config->files.items[0]);
        return false;
    }
    if (reads_files && config->files.count == 0 && !config->test_config) {
        error_set(error, ERROR_USAGE, "%s: needs a FILE (`-` is standard input)",
            config->check ? "--check" : "--explain");
        return false;
    }
    if (config->format == CONFIG_FORMAT_HTML && config->files.count > 1) {
        error_set(error, ERROR_USAGE, "--format html: a page is for one FILE");
        return false;
    }
    if (config->ca.count == 0) {
        error_set(error, ERROR_USAGE,
            "--ca: missing; it names the certificate of your certificate authority");
        return false;
    }
    if (config->crl_missing_ok && config->require_crl) {
        error_set(error, ERROR_USAGE, "--crl-missing-ok and --require-crl exclude each other");
        return false;
    }
    return true;
}

bool config_read(
    struct config *config, int argc, char **argv, char *const *environment, struct error *error)
{
    const char *file;

    *config = config_defaults;
    if (argc > 0 && !config_read_command_line(config, argc, argv, true, error))
        goto fail;
    if (config->help || config->version || config->completion >= 0)
        return true;
    file = config->config_file != NULL ? config->config_file
                                       : config_find_environment_file(environment);
    if (file != NULL && !config_read_file(config, file, error))
        goto fail;
    if (!config_read_environment(config, environment, argc == 0, error))
        goto fail;
    if (argc > 0 && !config_read_command_line(config, argc, argv, false, error))
        goto fail;
    if (!check_together(config, error))
        goto fail;
    return true;

fail:
    config_free(config);
    return false;
}

void config_free(struct config *config)
{
    size_t i;

    if (config == NULL)
        return;
    for (i = 0; i < config_option_count; i++) {
        void *field = (char *)config + config_options[i].offset;

        if (config_options[i].kind == OPTION_LIST)
            list_free(field);
        else if (config_options[i].kind == OPTION_STRING)
            free(*(char **)field);
    }
    list_free(&config->files);
    *config = config_defaults;
}

void config_print_help(FILE *file)
{
    size_t i;

    (void)fputs(
        "Usage: peercert [OPTION]...                  serve FastCGI on --listen or "
        "descriptor 0, or run as a CGI script\n"
        "       peercert [OPTION]... --check FILE...  report on certificate files\n"
        "       peercert [OPTION]... --rules RULES --explain FILE...\n"
        "                                             tell what certificate files may do, and why\n"
        "Verifies the TLS client certificate that a front server forwards, and reports on it. With "
        "--rules it is a\n"
        "gate: it tells the front server whether this client may have what it asks for.\n\n",
        file);
    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        char name[64];

        (void)snprintf(name, sizeof(name), "--%s%s%s", option->name,
            option->kind == OPTION_FLAG ? "" : " ",
            option->kind == OPTION_FLAG ? "" : option->argument);
        (void)fprintf(file, "  %-30s %s%s\n", name, option->help,
            option->kind == OPTION_LIST ? " (repeatable)" : "");
    }
    (void)fputs(
        "\nUnless it says otherwise, each option is also an environment variable (--socket-mode: "
        "PEERCERT_SOCKET_MODE;\n"
        "lists with commas) and a key of the configuration file (socket-mode = 0660). The command "
        "line takes precedence\n"
        "over the environment, and the environment over the file. A CGI script does not read the "
        "command line.\n"
        "Exit status: 0 success; 1 a certificate is not valid (--check) or not let in (--explain); "
        "2 usage or\n"
        "configuration error; 3 the trust (CA, CRL, intermediates) or the rules cannot be loaded. "
        "See peercert(8).\n",
        file);
}
