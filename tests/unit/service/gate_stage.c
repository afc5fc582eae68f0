/* SPDX-License-Identifier: ISC */
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
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

    cr_assert_not_null(stage);
    service_files_make(&stage->files, &stage->config);
    stage->client = pki_client("CN=Dan Example,O=Acme", stage->files.ca);
    stage->certificate = certificate_parameter(stage->client);
    if (rules != NULL)
        stage->config.rules = pki_write_text(stage->files.dir, "access.rules", rules);
    if (shadow != NULL)
        stage->config.shadow_rules = pki_write_text(stage->files.dir, "shadow.rules", shadow);
    cr_assert(service_open(&stage->service, &stage->config, false, &error), "%s", error.text);
    stage->service.cache = verdict_cache_new(16);
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
    free(stage->config.rules);
    free(stage->config.shadow_rules);
    free(stage->certificate);
    pki_free(stage->client);
    service_files_free(&stage->files, &stage->config);
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
    return service_log_text(&stage->config);
}

bool is_yes(const char *answer)
{
    return strncmp(answer, "Status: 200", 11) == 0;
}

bool is_no(const char *answer)
{
    return strncmp(answer, "Status: 403 ", 12) == 0;
}
