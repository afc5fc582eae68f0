/* SPDX-License-Identifier: ISC */
#include "verify/verify_above.h"
#include "verify/verify_chain.h"
#include "verify/verify_errors.h"
#include "verify/verify_findings.h"
#include "verify/verify_revocation.h"
#include "verify/verify_rules.h"
#include "verify/verify_words.h"

#include <openssl/x509_vfy.h>

/* What all steps share. */
struct job {
    const struct path_search *search;
    const struct verify_options *options;
    const struct verdict *fresh;
    int left; /* so many ways are tried yet */
};

/* A path with a fault of these is none, or none now. */
static bool is_no_path(int code)
{
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return true;
    default:
        return false;
    }
}

static const struct finding *find_revoked(const struct findings *findings)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        if (findings->errors[i].code == X509_V_ERR_CERT_REVOKED)
            return &findings->errors[i];
    }
    return NULL;
}

/* In *forbids what a path forbids, NULL when it is nothing. false when it could not be judged. */
static bool find_prohibition(
    const struct job *job, struct findings *findings, const struct finding **forbids)
{
    enum verdict_status status;
    bool checked;

    *forbids = NULL;
    if (!chain_verify(findings))
        return false;
    *forbids = findings_judge(findings, &status);
    if (status > VERDICT_UNTRUSTED) {
        if (!rules_check(findings))
            return false;
        *forbids = findings_judge(findings, &status);
    }
    if (status == VERDICT_NOT_JUDGED)
        return false;
    if (status == VERDICT_UNTRUSTED && !is_no_path((*forbids)->code))
        return true;
    findings->options = job->options;
    checked = revocation_check(findings, job->search);
    *forbids = find_revoked(findings);
    return checked;
}

/* Judges the path alone. The limits of depth and of strength are for what the operator trusts by
 * itself. */
static bool judge_path(
    const struct job *job, const struct path *path, struct verdict *verdict, bool *forbidden)
{
    struct verify_options lenient = *job->options;
    struct findings findings = {
        .path = path, .trust = job->search->trust, .options = &lenient, .verdict = verdict};
    const struct finding *forbids;
    bool described;

    lenient.depth = PATH_LENGTH;
    lenient.security_level = 0;
    *verdict = *job->fresh;
    if (!find_prohibition(job, &findings, &forbids))
        return false;
    *forbidden = forbids != NULL;
    if (forbids == NULL)
        return true;
    verdict->status = verify_error_status(forbids->code, forbids->depth);
    described = words_describe(forbids, path_at(path, forbids->depth), job->options, verdict);
    revocation_describe(verdict, &findings);
    return described;
}

/* A way on is forbidden when it is by itself, or by all that its own anchor is below. The calls go
 * as deep as a path is long. */
static bool judge_ways(struct job *job, struct path *path, struct verdict *verdict, bool *forbidden)
{
    struct path lower = *path, upper;
    struct verdict best = {.status = VERDICT_NOT_JUDGED};
    int nth;

    *forbidden = false;
    for (nth = 0; job->left > 0 && path_take_above(job->search, &lower, nth, &upper); nth++) {
        struct verdict its;
        bool its_forbidden;

        job->left--;
        if (!judge_path(job, &upper, &its, &its_forbidden) ||
            (!its_forbidden && !judge_ways(job, &upper, &its, &its_forbidden)))
            return false;
        *forbidden = its_forbidden;
        if (!its_forbidden)
            return true;
        if (its.status <= best.status)
            continue;
        best = its;
        *path = upper;
    }
    if (*forbidden)
        *verdict = best;
    return true;
}

bool above_judge(const struct path_search *search, const struct verify_options *options,
    const struct verdict *fresh, struct path *path, struct verdict *verdict)
{
    struct job job = {search, options, fresh, PATHS_MOST};
    struct path way = *path;
    struct verdict its = *verdict;
    bool forbidden;

    if (verdict->status <= VERDICT_REVOKED)
        return true;
    if (!judge_ways(&job, &way, &its, &forbidden))
        return false;
    if (forbidden) {
        *path = way;
        *verdict = its;
    }
    return true;
}
