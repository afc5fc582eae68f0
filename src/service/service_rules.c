/* SPDX-License-Identifier: ISC */
#include "service/service_rules.h"
#include "base/clock.h"
#include "service/gate_log.h"
#include "service/gate_snapshot.h"

bool service_rules_open(struct service *service, struct error *error)
{
    const struct config *config = service->config;

    if (config->rules == NULL)
        return true;
    service->rules = rules_current_new(config->rules);
    service->gate = gate_current_new();
    service->recent = gate_recent_new();
    if (config->shadow_rules != NULL)
        service->shadow = rules_current_new(config->shadow_rules);
    if (service->rules != NULL && service->gate != NULL && service->recent != NULL &&
        (config->shadow_rules == NULL || service->shadow != NULL))
        return true;
    error_set(error, ERROR_MEMORY, "out of memory for the rules");
    return false;
}

static void tell_warnings(const struct service *service, struct list *warnings)
{
    size_t i;

    for (i = 0; i < warnings->count; i++)
        log_words(service->log, LOG_LEVEL_WARNING, "%s", warnings->items[i]);
    list_free(warnings);
}

static void set_metrics(const struct service *service, struct rules_current *current)
{
    struct rules *rules = NULL;

    if (service->metrics == NULL || current != service->rules)
        return;
    rules = rules_current_get(current);
    if (rules != NULL)
        metrics_set_rules(service->metrics, rules);
    rules_release(rules);
}

static void tell_of_unchecked(const struct service *service, struct rules_current *current)
{
    const struct config *config = service->config;
    struct rules *rules = rules_current_get(current);
    const size_t line = rules != NULL ? rules_revocation_line(rules) : 0;

    if (line != 0 && config->crl.count == 0 && config->ocsp == CONFIG_OCSP_OFF)
        log_words(service->log, LOG_LEVEL_WARNING,
            "%s:%zu: revocation= never holds without --crl or --ocsp",
            current == service->rules ? config->rules : config->shadow_rules, line);
    rules_release(rules);
}

static bool load(const struct service *service, struct rules_current *current, struct error *error)
{
    struct trust *trust = trust_current_get(service->trust);
    struct list warnings = {.count = 0};
    enum rules_change change = RULES_KEPT;

    if (trust == NULL)
        error_set(error, ERROR_INPUT, "the rules need a trust");
    else
        change = rules_current_reload(current, trust, &warnings, error);
    tell_warnings(service, &warnings);
    if (change != RULES_KEPT) {
        set_metrics(service, current);
        tell_of_unchecked(service, current);
    }
    trust_release(trust);
    return change != RULES_KEPT;
}

bool service_rules_load(const struct service *service, struct error *error)
{
    const bool good = (service->rules == NULL || load(service, service->rules, error)) &&
                      (service->shadow == NULL || load(service, service->shadow, error));

    if (service->gate != NULL)
        gate_current_set(service->gate, service);
    return good;
}

static void look(
    const struct service *service, struct rules_current *current, const char *path, bool force)
{
    struct trust *trust = trust_current_get(service->trust);
    struct list warnings = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    enum rules_change change = RULES_SAME;

    if (trust == NULL)
        return;
    change = force ? rules_current_reload(current, trust, &warnings, &error)
                   : rules_current_look(current, trust, clock_milliseconds(), &warnings, &error);
    trust_release(trust);
    tell_warnings(service, &warnings);
    if (change == RULES_KEPT) {
        log_words(service->log, LOG_LEVEL_ERROR, "keeping the current rules: %s", error.text);
        metrics_add(service->metrics, METRICS_RULES_KEPT, 1);
    } else if (change == RULES_CHANGED) {
        log_words(service->log, LOG_LEVEL_INFO, "%s: rules reloaded", path);
        metrics_add(service->metrics, METRICS_RULES_RELOADED, 1);
        set_metrics(service, current);
        tell_of_unchecked(service, current);
    }
}

void service_rules_look(const struct service *service, bool force)
{
    if (service->rules != NULL)
        look(service, service->rules, service->config->rules, force);
    if (service->shadow != NULL)
        look(service, service->shadow, service->config->shadow_rules, force);
    if (service->gate != NULL)
        gate_current_set(service->gate, service);
}

void service_rules_close(struct service *service)
{
    gate_current_free(service->gate);
    rules_current_free(service->rules);
    rules_current_free(service->shadow);
    gate_recent_free(service->recent);
    service->gate = NULL;
    service->rules = NULL;
    service->shadow = NULL;
    service->recent = NULL;
}
