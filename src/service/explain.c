/* SPDX-License-Identifier: ISC */
#include "service/explain.h"
#include "service/check_input.h"
#include "service/explain_findings.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bytes of one explanation at the most: each line of a file, with a name and a user. */
#define EXPLAIN_MAX_BYTES ((size_t)128 * 1024 * 1024)

/* What all files are explained with. */
struct explainer {
    const struct service *service;
    const struct trust *trust;
    const struct rules *rules;
    FILE *output;
};

static bool put(FILE *output, const struct text *text)
{
    return fwrite(text->data, 1, text->length, output) == text->length && fflush(output) == 0;
}

static void read_request(const struct config *config, struct explain_findings *findings)
{
    findings->for_request = config->path != NULL;
    findings->request = (struct rules_request){.host = config->host,
        .raw_path = config->path,
        .method = config->method,
        .remote_address = config->from,
        .now = config->at != NULL ? config->at_time : time(NULL)};
    if (findings->for_request && config->method == NULL)
        findings->request.method = "GET";
}

/* Whether a line that allows is among those that the certificate meets. */
static bool meets_allow(const struct explain_findings *findings)
{
    size_t i;

    for (i = 0; i < rules_count(findings->rules); i++) {
        if (rules_rule(findings->rules, i)->allow && rules_subject_meets(findings->subject, i) &&
            rules_concerns(findings->rules, i, &findings->request))
            return true;
    }
    return false;
}

static void apply_rules(struct explain_findings *findings)
{
    rules_request_set_revocation(&findings->request, &findings->evaluation->verdict);
    if (!findings->for_request) {
        findings->allowed = meets_allow(findings);
        return;
    }
    rules_decide(findings->rules, findings->subject, &findings->request, &findings->decision);
    findings->allowed = findings->decision.allowed;
    if (!findings->allowed && findings->decision.reason != RULES_AMBIGUOUS_PATH &&
        findings->decision.reason != RULES_NO_USER_NAME)
        findings->miss_count =
            rules_nearest(findings->rules, findings->subject, &findings->request, findings->misses);
}

static void append(
    const struct explainer *explainer, struct text *text, const struct explain_findings *findings)
{
    const struct config *config = explainer->service->config;

    if (config->format == CONFIG_FORMAT_JSON)
        explain_append_json(text, findings);
    else if (config->files.count > 1 && findings->for_request)
        explain_append_row(text, findings);
    else
        explain_append_text(text, findings);
}

static enum check_code explain_evaluated(const struct explainer *explainer, const char *path,
    struct evaluation *evaluation, struct error *error)
{
    struct explain_findings findings = {
        .file = path, .rules = explainer->rules, .evaluation = evaluation};
    struct rules_subject *subject = NULL;
    struct text text = {.limit = EXPLAIN_MAX_BYTES};
    enum check_code code = CHECK_UNREADABLE;

    evaluate_verdict(evaluation);
    read_request(explainer->service->config, &findings);
    if (evaluation->verdict.status == VERDICT_VALID) {
        subject =
            rules_subject_new(explainer->rules, evaluation->certificate, evaluation->proven, error);
        if (subject == NULL)
            return CHECK_UNREADABLE;
        findings.subject = subject;
        apply_rules(&findings);
    }
    append(explainer, &text, &findings);
    if (text.failed)
        error_set(error, ERROR_MEMORY, "%s: out of memory for the explanation", path);
    else if (put(explainer->output, &text))
        code = findings.allowed ? CHECK_GOOD : CHECK_BAD;
    else
        error_set(error, ERROR_FILE, "the explanation cannot be written");
    text_free(&text);
    rules_subject_free(subject);
    return code;
}

static enum check_code explain_one(const void *context, size_t number, const char *password)
{
    const struct explainer *explainer = context;
    const char *path = explainer->service->config->files.items[number];
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    enum check_code code = CHECK_UNREADABLE;

    if (check_input_evaluate(
            &evaluation, explainer->service, explainer->trust, path, password, &error)) {
        code = explain_evaluated(explainer, path, &evaluation, &error);
        evaluate_end(&evaluation);
    }
    if (error.kind != ERROR_NONE)
        error_print(&error);
    return code;
}

int explain_files(const struct service *service, const struct rules *rules, FILE *output)
{
    struct trust *trust = trust_current_get(service->trust);
    const struct explainer explainer = {
        .service = service, .trust = trust, .rules = rules, .output = output};
    int code = check_input_each(service->config, explain_one, &explainer);

    trust_release(trust);
    return code;
}
