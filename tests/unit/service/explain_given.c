/* SPDX-License-Identifier: ISC */
#include "unit/service/explain_given.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define NOW "2026-11-24T17:57:38Z"

void explained_begin(struct explained *explained, const char *rules)
{
    STACK_OF(X509) *proven = sk_X509_new_null();
    struct error error = {.kind = ERROR_NONE};

    *explained = (struct explained){.stage = stage_new(rules, NULL)};
    explained->rules = rules_current_get(explained->stage->service.rules);
    pki_must(proven != NULL && sk_X509_push(proven, explained->stage->client->certificate) > 0 &&
                 sk_X509_push(proven, explained->stage->files.ca->certificate) > 0,
        "a chain");
    explained->subject =
        rules_subject_new(explained->rules, explained->stage->client->certificate, proven, &error);
    cr_assert_not_null(explained->subject, "%s", error.text);
    sk_X509_free(proven);
    sample_identity(&explained->identity);
    explained->evaluation.service = &explained->stage->service;
    explained->evaluation.identity = &explained->identity;
    explained->evaluation.verdict = sample_good_verdict(NOW);
    explained->findings = (struct explain_findings){.file = "dan.cer",
        .rules = explained->rules,
        .evaluation = &explained->evaluation,
        .subject = explained->subject,
        .request = {.raw_path = "/pub/x", .method = "GET", .now = sample_time(NOW)}};
}

void explained_end(struct explained *explained)
{
    rules_subject_free(explained->subject);
    rules_release(explained->rules);
    stage_free(explained->stage);
}

void explained_decide(struct explained *explained)
{
    struct explain_findings *findings = &explained->findings;

    findings->for_request = true;
    rules_decide(findings->rules, findings->subject, &findings->request, &findings->decision);
    findings->allowed = findings->decision.allowed;
    if (!findings->allowed)
        findings->miss_count =
            rules_nearest(findings->rules, findings->subject, &findings->request, findings->misses);
}

void explained_expire(struct explained *explained)
{
    explained->findings.subject = NULL;
    explained->findings.for_request = true;
    explained->findings.allowed = false;
    sample_verdict(&explained->evaluation.verdict, VERDICT_EXPIRED, NOW);
    (void)snprintf(explained->evaluation.verdict.reason,
        sizeof(explained->evaluation.verdict.reason), "it is so");
}
