/* SPDX-License-Identifier: ISC */
#include "verify/verify_findings.h"
#include "certificate/alloc_watch.h"
#include "verify/verify_errors.h"

static bool has_finding(const struct findings *findings, int code, int depth)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        if (findings->errors[i].code == code && findings->errors[i].depth == depth)
            return true;
    }
    return false;
}

static void add(struct findings *findings, const struct finding *error)
{
    if (has_finding(findings, error->code, error->depth))
        return;
    if (findings->count == FINDINGS_MAX) {
        findings->too_many = true;
        return;
    }
    findings->errors[findings->count++] = *error;
}

void findings_add(struct findings *findings, int code, int depth)
{
    add(findings, &(struct finding){.code = code, .depth = depth});
}

void findings_add_cause(struct findings *findings, enum verify_cause cause, int depth)
{
    add(findings,
        &(struct finding){.code = verify_cause_code(cause), .depth = depth, .cause = cause});
}

void findings_add_crl(struct findings *findings, int code, int depth, const struct crl *crl)
{
    add(findings, &(struct finding){.code = code, .depth = depth, .crl = crl});
}

void findings_add_crl_cause(
    struct findings *findings, enum verify_cause cause, int depth, const struct crl *crl)
{
    add(findings,
        &(struct finding){
            .code = verify_cause_code(cause), .depth = depth, .cause = cause, .crl = crl});
}

int findings_collect(int good, X509_STORE_CTX *context)
{
    struct findings *findings = X509_STORE_CTX_get_app_data(context);
    int code = X509_STORE_CTX_get_error(context);
    int depth = X509_STORE_CTX_get_error_depth(context);

    if (good != 0)
        return good;
    if ((code == X509_V_ERR_UNSPECIFIED || code == X509_V_ERR_OUT_OF_MEM) && !alloc_watch_failed())
        findings_add_cause(findings, CAUSE_LIMIT, depth);
    else
        findings_add(findings, code, depth);
    return verify_error_status(code, depth) > VERDICT_UNTRUSTED;
}

/* The only error that may be passed over: with --crl-missing-ok, that no CRL is there. A CRL that
 * is there and is stale or wrong is not passed over. */
static bool may_pass_over(const struct findings *findings, const struct finding *error)
{
    const struct verify_options *options = findings->options;

    return options->crl_missing_ok && !options->require_crl &&
           error->code == X509_V_ERR_UNABLE_TO_GET_CRL;
}

const struct finding *findings_judge(const struct findings *findings, enum verdict_status *status)
{
    const struct finding *worst = NULL;
    size_t i;

    *status = VERDICT_VALID;
    for (i = 0; i < findings->count; i++) {
        const struct finding *error = &findings->errors[i];
        enum verdict_status its = verify_error_status(error->code, error->depth);

        if (may_pass_over(findings, error))
            continue;
        if (worst == NULL || its < *status) {
            worst = error;
            *status = its;
        }
    }
    return worst;
}
