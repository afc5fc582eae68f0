/* SPDX-License-Identifier: ISC */
#include "unit/service/service_given.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

void service_files_make(struct service_files *files, struct config *config)
{
    char *pem;

    files->ca = pki_ca("CN=Our CA");
    files->dir = pki_temp_dir();
    pem = pki_pem(files->ca->certificate);
    files->paths[0] = pki_write_text(files->dir, "ca.cer", pem);
    free(pem);
    *config = (struct config){.ca = {.items = files->paths, .count = 1},
        .log_file = pki_write_text(files->dir, "log", ""),
        .depth = 10,
        .security_level = 2};
}

void service_files_free(struct service_files *files, struct config *config)
{
    free(files->paths[0]);
    free(config->log_file);
    pki_remove_dir(files->dir);
    pki_free(files->ca);
}

void service_stage_begin(struct service_stage *stage, int cache)
{
    struct error error = {.kind = ERROR_NONE};

    *stage = (struct service_stage){.trust = NULL};
    service_files_make(&stage->files, &stage->config);
    stage->config.cache = cache;
    stage->client = pki_client("CN=Dan", stage->files.ca);
    cr_assert(service_open(&stage->service, &stage->config, cache > 0, &error), "%s", error.text);
    cr_assert(service_load_trust(&stage->service, &error), "%s", error.text);
    stage->trust = trust_current_get(stage->service.trust);
}

void service_stage_end(struct service_stage *stage)
{
    trust_release(stage->trust);
    service_close(&stage->service);
    pki_free(stage->client);
    service_files_free(&stage->files, &stage->config);
}

char *certificate_parameter(const struct pki *pki)
{
    char *pem = pki_pem(pki->certificate), *parameter = NULL;

    pki_must(asprintf(&parameter, "SSL_CLIENT_CERT=%s", pem) > 0, "asprintf");
    free(pem);
    return parameter;
}

char *service_log_text(const struct config *config)
{
    FILE *file = fopen(config->log_file, "r");
    struct text text = {.limit = 0};
    char buffer[4096];
    size_t got;

    cr_assert_not_null(file);
    while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_append(&text, buffer, got);
    (void)fclose(file);
    return text_take(&text);
}
