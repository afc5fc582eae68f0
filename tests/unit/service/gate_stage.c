/* SPDX-License-Identifier: ISC */
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)64 * 1024)

const char usual_rules[] = "deny any path=/secret/ label=hidden\n"
                           "allow any path=/pub/ user=$cn label=staff\n"
                           "allow any path=/mail/ user=$email\n";

static bool keep(void *context, const void *bytes, size_t length)
{
    struct stage *stage = context;

    stage->writes++;
    text_append(&stage->output, bytes, length);
    return true;
}

static bool no_flush(void *context)
{
    (void)context;
    return true;
}

char *certificate_parameter(const struct pki *pki)
{
    char *pem = pki_pem(pki->certificate), *parameter = NULL;

    pki_must(asprintf(&parameter, "SSL_CLIENT_CERT=%s", pem) > 0, "asprintf");
    free(pem);
    return parameter;
}

/* The answers are kept whatever allocations fail. */
static void make_room(struct text *text)
{
    size_t i;

    for (i = 0; i < ROOM; i++)
        text_append(text, "", 1);
    text_clear(text);
}

struct stage *stage_new(const char *rules, const char *shadow)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct error error = {.kind = ERROR_NONE};
    char *pem;

    cr_assert_not_null(stage);
    stage->ca = pki_ca("CN=Our CA");
    stage->client = pki_client("CN=Dan Example,O=Acme", stage->ca);
    stage->certificate = certificate_parameter(stage->client);
    stage->dir = pki_temp_dir();
    pem = pki_pem(stage->ca->certificate);
    stage->items[0] = pki_write_text(stage->dir, "ca.cer", pem);
    free(pem);
    stage->config = (struct config){.ca = {.items = stage->items, .count = 1},
        .log_file = pki_write_text(stage->dir, "log", ""),
        .rules = rules != NULL ? pki_write_text(stage->dir, "access.rules", rules) : NULL,
        .shadow_rules = shadow != NULL ? pki_write_text(stage->dir, "shadow.rules", shadow) : NULL,
        .depth = 10,
        .security_level = 2};
    cr_assert(service_open(&stage->service, &stage->config, false, &error), "%s", error.text);
    stage->service.cache = verdict_cache_new(16, NULL);
    stage->service.metrics = metrics_new();
    make_room(&stage->output);
    cr_assert(service_load_trust(&stage->service, &error), "%s", error.text);
    cr_assert(service_rules_load(&stage->service, &error), "%s", error.text);
    return stage;
}

void stage_free(struct stage *stage)
{
    service_close(&stage->service);
    text_free(&stage->output);
    free(stage->items[0]);
    free(stage->config.log_file);
    free(stage->config.rules);
    free(stage->config.shadow_rules);
    free(stage->certificate);
    pki_remove_dir(stage->dir);
    pki_free(stage->client);
    pki_free(stage->ca);
    free(stage);
}

const char *ask(struct stage *stage, enum request_role role, bool bare, const char *const *more)
{
    char *parameters[MAX_PARAMETERS] = {NULL};
    struct request request = {.role = role,
        .parameters = parameters,
        .transport = {.write = keep, .flush = no_flush, .context = stage}};
    size_t count = 0;

    if (!bare)
        parameters[count++] = stage->certificate;
    while (*more != NULL && count < MAX_PARAMETERS - 1)
        parameters[count++] = (char *)(uintptr_t)*more++;
    text_clear(&stage->output);
    stage->writes = 0;
    respond(&stage->service, &request);
    stage->aborted = request.gone;
    return text_string(&stage->output);
}

char *log_of(const struct stage *stage)
{
    FILE *file = fopen(stage->config.log_file, "r");
    struct text text = {.limit = 0};
    char buffer[4096];
    size_t got;

    cr_assert_not_null(file);
    while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_append(&text, buffer, got);
    (void)fclose(file);
    return text_take(&text);
}

bool is_yes(const char *answer)
{
    return strncmp(answer, "Status: 200", 11) == 0;
}

bool is_no(const char *answer)
{
    return strncmp(answer, "Status: 403 ", 12) == 0;
}
