/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "certificate/alloc_watch.h"
#include "service/respond.h"
#include "unit/base/memory_fault.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A service over a CA made for the test, a client of that CA with the parameter in which its
 * certificate comes, and a request whose answer is kept. */
struct stage {
    struct service_files files;
    struct pki *client;
    char *certificate;
    struct config config;
    struct service service;
    struct text output;
    size_t flushed_at[8]; /* how much was written at each flush */
    size_t flushes;
    bool broken; /* the client is gone */
};

static bool keep(void *context, const void *bytes, size_t length)
{
    struct stage *stage = context;

    text_append(&stage->output, bytes, length);
    return !stage->broken;
}

static bool note_flush(void *context)
{
    struct stage *stage = context;

    if (stage->flushes < 8)
        stage->flushed_at[stage->flushes++] = stage->output.length;
    return !stage->broken;
}

static struct stage *stage_new(void)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct error error = {.kind = ERROR_NONE};

    cr_assert_not_null(stage);
    service_files_make(&stage->files, &stage->config);
    stage->config.warn_days = 30;
    cr_assert(service_open(&stage->service, &stage->config, false, &error), "%s", error.text);
    cr_assert(service_load_trust(&stage->service, &error), "%s", error.text);
    stage->client = pki_client("CN=Dan,O=Acme", stage->files.ca);
    stage->certificate = certificate_parameter(stage->client);
    return stage;
}

static void stage_free(struct stage *stage)
{
    service_close(&stage->service);
    text_free(&stage->output);
    free(stage->certificate);
    pki_free(stage->client);
    service_files_free(&stage->files, &stage->config);
    free(stage);
}

/* Answers a request of these parameters; returns the whole answer, borrowed. */
static const char *ask(struct stage *stage, enum request_role role, char *const *parameters)
{
    struct request request = {.role = role,
        .parameters = parameters,
        .transport = {.write = keep, .flush = note_flush, .context = stage}};

    text_clear(&stage->output);
    stage->flushes = 0;
    respond(&stage->service, &request);
    return text_string(&stage->output);
}

static bool ends_with(const char *string, const char *end)
{
    size_t length = strlen(string), more = strlen(end);

    return length >= more && strcmp(string + length - more, end) == 0;
}

static char get[] = "REQUEST_METHOD=GET", head[] = "REQUEST_METHOD=HEAD",
            post[] = "REQUEST_METHOD=POST", accept_json[] = "HTTP_ACCEPT=application/json";

Test(answer, the_identity_is_flushed_before_the_verdict)
{
    struct stage *stage = stage_new();
    char *const parameters[] = {get, stage->certificate, NULL};
    const char *answer = ask(stage, REQUEST_RESPONDER, parameters);

    cr_expect_eq(strncmp(answer, "Status: 200 OK\r\n", 16), 0, "%s", answer);
    cr_expect_not_null(
        strstr(answer, "\r\n\r\nClient cert received\n\nName: CN=Dan,O=Acme\nValid dates: "), "%s",
        answer);
    cr_expect(ends_with(answer, "\nThe certificate is valid\n"), "%s", answer);
    cr_assert_geq(stage->flushes, 1);
    cr_expect_eq(memcmp(answer + stage->flushed_at[0] - 2, "\n\n", 2), 0);
    cr_expect_lt(stage->flushed_at[0], strlen(answer) - strlen("The certificate is valid\n"));
    stage_free(stage);
}

Test(answer, without_a_certificate_the_report_says_so)
{
    struct stage *stage = stage_new();
    char *const parameters[] = {get, NULL};
    const char *answer = ask(stage, REQUEST_RESPONDER, parameters);

    cr_expect_not_null(
        strstr(answer, "\r\n\r\nNo valid client certificate was sent\nMeaning: "), "%s", answer);
    cr_expect_not_null(strstr(answer, "\nWhat to do: "), "%s", answer);
    stage_free(stage);
}

/* A broken CA file keeps the trust that it held: the operator reads since when and why. */
Test(answer, what_of_the_trust_is_old_is_told)
{
    struct stage *stage = stage_new();
    char accept_html[] = "HTTP_ACCEPT=text/html";
    char *const parameters[] = {get, stage->certificate, NULL};
    char *const json[] = {get, accept_json, stage->certificate, NULL};
    char *const html[] = {get, accept_html, stage->certificate, NULL};
    const char *answer;

    answer = ask(stage, REQUEST_RESPONDER, json);
    cr_expect_not_null(strstr(answer, "\"trust_kept\": null"), "%s", answer);
    free(pki_write_text(stage->files.dir, "ca.cer", "-----BEGIN CERTIFICATE-----\n"));
    service_reload(&stage->service);
    answer = ask(stage, REQUEST_RESPONDER, parameters);
    cr_expect_not_null(strstr(answer, "\nTrust: ca.cer is kept as it was at 20"), "%s", answer);
    cr_expect_null(strstr(answer, stage->files.dir), "%s", answer);
    cr_expect(ends_with(answer, "\nThe certificate is valid\n"), "%s", answer);
    answer = ask(stage, REQUEST_RESPONDER, json);
    cr_expect_not_null(
        strstr(answer, "\"trust_kept\": [\n    \"ca.cer is kept as it was at 20"), "%s", answer);
    cr_expect_null(strstr(answer, stage->files.dir), "%s", answer);
    answer = ask(stage, REQUEST_RESPONDER, html);
    cr_expect_not_null(strstr(answer, "<p>ca.cer is kept as it was at 20"), "%s", answer);
    cr_expect_null(strstr(answer, stage->files.dir), "%s", answer);
    stage_free(stage);
}

Test(answer, json_is_one_object_with_the_verdict)
{
    struct stage *stage = stage_new();
    struct pki *stranger = pki_ca("CN=Stranger");
    char *certificate = certificate_parameter(stranger);
    char *const parameters[] = {get, accept_json, certificate, NULL};
    const char *answer = ask(stage, REQUEST_RESPONDER, parameters);
    const char *body = strstr(answer, "\r\n\r\n");
    json_t *json;

    cr_assert_not_null(body, "%s", answer);
    json = json_loads(body, 0, NULL);
    cr_assert_not_null(json, "%s", answer);
    cr_expect_str_eq(json_string_value(json_object_get(json, "status")), "untrusted");
    cr_expect_str_eq(json_string_value(json_object_get(json, "subject")), "CN=Stranger");
    json_decref(json);
    free(certificate);
    pki_free(stranger);
    stage_free(stage);
}

Test(answer, methods_other_than_get_and_head_are_405_and_head_has_no_body)
{
    struct stage *stage = stage_new();
    char *const posting[] = {post, NULL}, *const heading[] = {head, NULL},
                *const nothing[] = {NULL};
    const char *answer = ask(stage, REQUEST_RESPONDER, posting);

    cr_expect_eq(strncmp(answer, "Status: 405 ", 12), 0, "%s", answer);
    cr_expect_not_null(strstr(answer, "\r\nAllow: GET, HEAD\r\n"), "%s", answer);
    answer = ask(stage, REQUEST_RESPONDER, nothing);
    cr_expect_eq(strncmp(answer, "Status: 405 ", 12), 0, "%s", answer);
    answer = ask(stage, REQUEST_RESPONDER, heading);
    cr_expect_eq(strncmp(answer, "Status: 200 OK\r\n", 16), 0, "%s", answer);
    cr_expect(ends_with(answer, "\r\n\r\n"), "%s", answer);
    stage_free(stage);
}

Test(answer, an_authorizer_gets_403_even_with_a_good_certificate)
{
    struct stage *stage = stage_new();
    char *const parameters[] = {get, stage->certificate, NULL};
    const char *answer = ask(stage, REQUEST_AUTHORIZER, parameters);

    cr_expect_eq(strncmp(answer, "Status: 403 ", 12), 0, "%s", answer);
    answer = ask(stage, REQUEST_OTHER_ROLE, parameters);
    cr_expect_eq(strncmp(answer, "Status: 403 ", 12), 0, "%s", answer);
    stage_free(stage);
}

Test(answer, without_trust_the_client_reads_503_and_no_reason)
{
    struct stage *stage = stage_new();
    char *const parameters[] = {get, NULL};
    struct trust_options options;
    const char *answer;

    trust_current_free(stage->service.trust);
    options = trust_options_of(&stage->config);
    stage->service.trust = trust_current_new(&options);
    answer = ask(stage, REQUEST_RESPONDER, parameters);
    cr_expect_eq(strncmp(answer, "Status: 503 ", 12), 0, "%s", answer);
    cr_expect(ends_with(answer, "\r\n\r\nThis service is not configured\n"), "%s", answer);
    stage_free(stage);
}

Test(answer, a_client_that_is_gone_gets_nothing_more)
{
    struct stage *stage = stage_new();
    char *const parameters[] = {get, stage->certificate, NULL};
    const char *answer;

    stage->broken = true;
    answer = ask(stage, REQUEST_RESPONDER, parameters);
    cr_expect_null(strstr(answer, "The certificate is valid"), "%s", answer);
    stage_free(stage);
}

/* Whatever allocation of libcrypto fails: 503, a report without `valid` for a stranger, and never
 * the client's fault when it is ours. */
static void torture(struct stage *stage, const struct pki *client, bool good, bool and_after)
{
    char *certificate = certificate_parameter(client);
    char *const parameters[] = {get, certificate, NULL};
    unsigned long nth, count;
    char *normal;

    alloc_watch_fail_at(0, false);
    normal = strdup(ask(stage, REQUEST_RESPONDER, parameters));
    count = alloc_watch_count();
    cr_assert_gt(count, 50);
    cr_expect_eq(strstr(normal, "\nThe certificate is valid\n") != NULL, good, "%s", normal);
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        const char *answer;

        alloc_watch_fail_at(nth, and_after);
        answer = ask(stage, REQUEST_RESPONDER, parameters);
        alloc_watch_fail_at(0, false);
        if (strncmp(answer, "Status: 503 ", 12) == 0 ||
            ends_with(answer, "\nThe certificate is not valid: it could not be judged\n"))
            continue;
        cr_expect_eq(strstr(answer, "\nThe certificate is valid\n") != NULL, good,
            "allocation %lu: %s", nth, answer);
        cr_expect_null(
            strstr(answer, "No valid client certificate"), "allocation %lu: %s", nth, answer);
    }
    cr_expect_eq(
        strstr(ask(stage, REQUEST_RESPONDER, parameters), "\nThe certificate is valid\n") != NULL,
        good);
    free(normal);
    free(certificate);
}

Test(answer, want_of_memory_is_never_told_as_a_verdict_on_the_certificate)
{
    struct stage *stage = stage_new();
    struct pki *stranger = pki_ca("CN=Stranger");

    torture(stage, stage->client, true, false);
    torture(stage, stage->client, true, true);
    torture(stage, stranger, false, false);
    torture(stage, stranger, false, true);
    pki_free(stranger);
    stage_free(stage);
}
