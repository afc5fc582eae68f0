/* SPDX-License-Identifier: ISC */
#include "service/cgi.h"
#include "service/respond.h"
#include "service/response.h"
#include "service/service.h"
#include "service/service_rules.h"

static void refuse(struct request *request)
{
    struct text text = {.limit = 0};

    response_append_refusal(&text, 503, NULL, true);
    response_send(request, &text);
    text_free(&text);
}

static void answer(const struct config *config, struct request *request)
{
    struct service service;
    struct error error = {.kind = ERROR_NONE};

    if (!service_open(&service, config, false, &error)) {
        error_print(&error);
        refuse(request);
    } else {
        if (!service_load_trust(&service, &error) || !service_rules_load(&service, &error))
            log_words(service.log, LOG_LEVEL_ERROR, "%s", error.text);
        respond(&service, request);
    }
    (void)request_flush(request);
    service_close(&service);
}

int cgi_run(char *const *environment)
{
    struct config config;
    struct request request;
    struct error error = {.kind = ERROR_NONE};

    request_from_cgi(&request, environment);
    if (!config_read(&config, 0, NULL, environment, &error)) {
        error_print(&error);
        refuse(&request);
        (void)request_flush(&request);
        return 0;
    }
    answer(&config, &request);
    config_free(&config);
    return 0;
}
