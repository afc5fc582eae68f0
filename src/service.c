#include "service.h"

bool service_open(
    struct service *service, const struct config *config, bool threaded, struct error *error)
{
    size_t i;

    *service = (struct service){
        .config = config, .forwarded_options = {.xfcc_hop = (size_t)config->xfcc_hop}};
    for (i = 0; i < config->trust_header.count; i++) {
        if (!forwarded_options_add(
                &service->forwarded_options, config->trust_header.items[i], error)) {
            error_set(error, error->kind, "--trust-header: %s", error->text);
            return false;
        }
    }
    service->log = log_open(config, threaded, error);
    return service->log != NULL;
}

bool service_load_trust(struct service *service, struct error *error)
{
    struct error warning = {.kind = ERROR_NONE};

    service->trust = trust_load(service->config, &warning, error);
    if (service->trust != NULL && warning.text[0] != '\0')
        log_words(service->log, LOG_LEVEL_WARNING, "%s", warning.text);
    return service->trust != NULL;
}

void service_close(struct service *service)
{
    trust_release(service->trust);
    forwarded_options_free(&service->forwarded_options);
    log_close(service->log);
    *service = (struct service){.config = NULL};
}
