/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "config/config.h"
#include "fastcgi/request.h"
#include "server/listener.h"
#include "server/server.h"
#include "service/cgi.h"
#include "service/check.h"
#include "service/explain.h"
#include "service/service.h"
#include "service/service_rules.h"
#include "trust/trust_about.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 1 is check_files': a certificate is not valid. */
enum { EXIT_FINE = 0, EXIT_USAGE = 2, EXIT_TRUST = 3 };

static int fail(int code, const struct error *error)
{
    error_print(error);
    return code;
}

static int serve(struct service *service, struct error *error)
{
    struct listener listener;
    bool good;

    if (!listener_open(&listener, service->config, error))
        return fail(EXIT_USAGE, error);
    good = server_run(service, &listener, error);
    listener_close(&listener);
    return good ? EXIT_FINE : fail(EXIT_USAGE, error);
}

/* systemd makes the folder at the start (LogsDirectory=), so it is no fault that it is missing. */
static void tell_log_folder(const char *log_file)
{
    const char *slash = log_file != NULL ? strrchr(log_file, '/') : NULL;
    char folder[4096];

    if (slash == NULL || slash == log_file || slash - log_file >= (ptrdiff_t)sizeof(folder))
        return;
    (void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - log_file), log_file);
    if (access(folder, F_OK) != 0)
        (void)fprintf(stderr, "peercert: log-file %s: its folder must exist when peercert starts\n",
            log_file);
}

/* Options that are good by themselves, and do nothing beside the others. */
static void tell_no_effect(const struct config *config)
{
    const bool is_unix = config->listen != NULL && strncmp(config->listen, LISTENER_UNIX_PREFIX,
                                                       strlen(LISTENER_UNIX_PREFIX)) == 0;
    const struct {
        bool given;
        const char *words;
    } rows[] = {
        {config->ocsp == CONFIG_OCSP_OFF &&
                (config->ocsp_url != NULL || config->ocsp_allow.count > 0),
            "no responder is asked: --ocsp-url and --ocsp-allow need --ocsp soft or hard"},
        {config->crl_missing_ok && config->crl.count == 0,
            "--crl-missing-ok does nothing without --crl"},
        {config->socket_group != NULL && config->listen != NULL && !is_unix,
            "--socket-group does nothing: --listen is no Unix socket"},
        {config->allow_peer.count > 0 && is_unix, "--allow-peer does nothing: who may connect to a "
                                                  "Unix socket is said by --socket-mode and "
                                                  "--socket-group"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].given)
            (void)fprintf(stderr, "peercert: %s\n", rows[i].words);
    }
}

/* What --test-config tells when all is good. */
static void tell_config(const struct service *service)
{
    struct trust *trust = trust_current_get(service->trust);
    struct rules *rules = service->rules != NULL ? rules_current_get(service->rules) : NULL;
    struct text names = {.limit = 0};

    trust_append_summary(trust, time(NULL), &names);
    (void)fprintf(stderr,
        "peercert: configuration and trust are good (CA certificates: %d, CRLs: %d)%s\n",
        trust_anchor_count(trust), trust_crl_count(trust), text_string(&names));
    text_free(&names);
    if (rules != NULL)
        (void)fprintf(stderr,
            "peercert: the rules are good (allow: %zu, deny: %zu); this is a gate\n",
            rules_count_of(rules, "allow"), rules_count_of(rules, "deny"));
    else
        (void)fputs(
            "peercert: without --rules this is a report and no gate: as the target of nginx's "
            "auth_request it lets everybody in\n",
            stderr);
    tell_log_folder(service->config->log_file);
    tell_no_effect(service->config);
    rules_release(rules);
    trust_release(trust);
}

/* With the rules that service_rules_load has found good. */
static int explain(const struct service *service)
{
    struct rules *rules = rules_current_get(service->rules);
    int code = explain_files(service, rules, stdout);

    rules_release(rules);
    return code;
}

/* What the configuration asks for, once everything is loaded. */
static int run(struct service *service, struct error *error)
{
    if (service->config->test_config) {
        if (!listener_check(service->config, error))
            return fail(EXIT_USAGE, error);
        tell_config(service);
        return EXIT_FINE;
    }
    if (service->config->check)
        return check_files(service, stdout);
    if (service->config->explain)
        return explain(service);
    return serve(service, error);
}

/* As a program or a FastCGI responder: what is wrong stops the start. */
static int run_program(int argc, char **argv)
{
    struct config config;
    struct service service;
    struct error error = {.kind = ERROR_NONE};
    int code;

    if (!config_read(&config, argc, argv, environ, &error))
        return fail(EXIT_USAGE, &error);
    if (config.help || config.version || config.completion >= 0) {
        if (config.help)
            config_print_help(stdout);
        else if (config.version)
            (void)puts("peercert " PEERCERT_VERSION);
        else
            config_print_completion(stdout, (enum config_completion)config.completion);
        config_free(&config);
        return EXIT_FINE;
    }
    if (!service_open(
            &service, &config, !config.check && !config.explain && !config.test_config, &error))
        code = fail(EXIT_USAGE, &error);
    else if (!service_load_trust(&service, &error) ||
             (!config.check && !service_rules_load(&service, &error)))
        code = fail(EXIT_TRUST, &error);
    else
        code = run(&service, &error);
    service_close(&service);
    config_free(&config);
    return code;
}

int main(int argc, char **argv)
{
    if (!alloc_watch_start()) {
        (void)fputs("peercert: libcrypto was in use before it could be watched\n", stderr);
        return EXIT_USAGE;
    }
    /* A write that cannot be done is an error, and no end. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return request_is_cgi(STDIN_FILENO) ? cgi_run(environ) : run_program(argc, argv);
}
