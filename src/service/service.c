/* SPDX-License-Identifier: ISC */
#include "service/service.h"
#include "base/file_writers.h"
#include "certificate/key_decoder.h"
#include "service/service_metrics.h"
#include "service/service_rules.h"

static bool read_headers(struct service *service, struct error *error)
{
    const struct list *headers = &service->config->trust_header;
    struct error inner = {.kind = ERROR_NONE};
    size_t i;

    for (i = 0; i < headers->count; i++) {
        if (!forwarded_options_add(&service->forwarded_options, headers->items[i], &inner)) {
            error_set(error, inner.kind, "--trust-header: %.490s", inner.text);
            return false;
        }
    }
    return true;
}

/* What only several threads share. */
static bool make_shared(struct service *service, struct error *error)
{
    const char *what = NULL;

    service->metrics = metrics_new();
    service->slots = worker_slots_new(worker_slots_processors());
    if (service->config->cache > 0)
        service->cache = verdict_cache_new((size_t)service->config->cache);
    if (service->metrics == NULL)
        what = "metrics";
    else if (service->slots == NULL)
        what = "workers";
    else if (service->config->cache > 0 && service->cache == NULL)
        what = "cache";
    if (what != NULL)
        error_set(error, ERROR_MEMORY, "out of memory for the %s", what);
    else
        key_decoder_start();
    return what == NULL;
}

bool service_open(
    struct service *service, const struct config *config, bool threaded, struct error *error)
{
    struct trust_options trust_options;

    *service = (struct service){.config = config,
        .forwarded_options = {.has_xfcc_hop = config->xfcc_hop >= 0,
            .xfcc_hop = config->xfcc_hop >= 0 ? (size_t)config->xfcc_hop : 0}};
    if (!read_headers(service, error))
        return false;
    trust_options = trust_options_of(config);
    service->trust = trust_current_new(&trust_options);
    if (service->trust == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the trust");
        return false;
    }
    if (!service_rules_open(service, error) || (threaded && !make_shared(service, error)))
        return false;
    if (config->ocsp != CONFIG_OCSP_OFF) {
        service->ocsp = ocsp_new(config, service->slots, error);
        if (service->ocsp == NULL)
            return false;
    }
    service->log = log_open(config, threaded, error);
    return service->log != NULL;
}

/* Loading the trust says this of it, whatever came of it. */
static void tell_news(const struct service *service, const struct trust_news *news)
{
    size_t i;

    for (i = 0; i < news->warnings.count; i++)
        log_words(service->log, LOG_LEVEL_WARNING, "%s", news->warnings.items[i]);
    for (i = 0; i < news->kept.count; i++)
        log_words(service->log, LOG_LEVEL_ERROR, "%s", news->kept.items[i]);
}

/* The configuration says which files decide. */
static bool warn_of_configuration(const struct service *service, struct error *error)
{
    static const char what[] = "configuration";
    const char *path = service->config->config_file;
    struct list warnings = {.count = 0};
    size_t i;
    bool good = path == NULL || (file_writers_warn(path, what, &warnings, error) &&
                                    file_writers_warn_of_folder(path, what, &warnings, error));

    for (i = 0; i < warnings.count; i++)
        log_words(service->log, LOG_LEVEL_WARNING, "%s", warnings.items[i]);
    list_free(&warnings);
    return good;
}

bool service_load_trust(const struct service *service, struct error *error)
{
    struct trust_news news = {.error = {.kind = ERROR_NONE}};
    enum trust_change change;

    if (!warn_of_configuration(service, error))
        return false;
    change = trust_current_reload(service->trust, &news);
    tell_news(service, &news);
    if (change == TRUST_KEPT)
        *error = news.error;
    trust_news_free(&news);
    return change != TRUST_KEPT;
}

static void tell(const struct service *service, enum trust_change change, struct trust_news *news)
{
    struct trust *trust = NULL;

    metrics_add(service->metrics, METRICS_TRUST_RELOADED, change == TRUST_CHANGED);
    metrics_add(service->metrics, METRICS_TRUST_KEPT, news->kept.count > 0 || change == TRUST_KEPT);
    if (change == TRUST_KEPT)
        log_words(service->log, LOG_LEVEL_ERROR, "keeping the current trust: %s", news->error.text);
    if (change == TRUST_CHANGED) {
        trust = trust_current_get(service->trust);
        log_words(service->log, LOG_LEVEL_INFO,
            "the trust was reloaded: %d CA certificates, %d CRLs", trust_anchor_count(trust),
            trust_crl_count(trust));
        trust_release(trust);
    }
    tell_news(service, news);
    trust_news_free(news);
}

static void look_at_trust(const struct service *service)
{
    struct trust_news news = {.error = {.kind = ERROR_NONE}};
    enum trust_change change = trust_current_look(service->trust, &news);

    tell(service, change, &news);
    /* Told again, but nothing has happened: not counted. */
    if (trust_current_remind(service->trust, &news))
        tell_news(service, &news);
    trust_news_free(&news);
}

void service_look(const struct service *service)
{
    log_follow_rotation(service->log);
    look_at_trust(service);
    service_rules_look(service, false);
    service_measure(service);
}

static void reload_trust(const struct service *service)
{
    struct trust_news news = {.error = {.kind = ERROR_NONE}};
    enum trust_change change = trust_current_reload(service->trust, &news);

    if (change == TRUST_SAME)
        log_words(service->log, LOG_LEVEL_INFO, "the trust was reloaded: it is the same as before");
    tell(service, change, &news);
}

void service_reload(const struct service *service)
{
    log_reopen(service->log);
    reload_trust(service);
    service_rules_look(service, true);
}

void service_close(struct service *service)
{
    verdict_cache_free(service->cache);
    ocsp_free(service->ocsp);
    worker_slots_free(service->slots);
    service_rules_close(service);
    metrics_free(service->metrics);
    trust_current_free(service->trust);
    forwarded_options_free(&service->forwarded_options);
    log_close(service->log);
    key_decoder_stop();
    *service = (struct service){.config = NULL};
}
