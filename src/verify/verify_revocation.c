/* SPDX-License-Identifier: ISC */
#include "verify/verify_revocation.h"
#include "verify/verify_coverage.h"
#include "verify/verify_errors.h"
#include "verify/verify_findings.h"
#include "verify/verify_signers.h"

const char *revocation_reason_name(long reason)
{
    static const char *const names[] = {"unspecified", "keyCompromise", "cACompromise",
        "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", NULL,
        REVOCATION_REASON_REMOVED, "privilegeWithdrawn", "aACompromise"};

    return reason >= 0 && reason < (long)(sizeof(names) / sizeof(names[0])) ? names[reason] : NULL;
}

bool revocation_is_listed(
    const struct trust *trust, X509 *certificate, X509 *issuer, int security_level, time_t now)
{
    const struct crl_sources sources = {
        .trust = trust, .signers = {issuer}, .count = 1, .security_level = security_level};
    struct crl_entry entry;
    bool failed = false;

    return listed_on(&sources, certificate, now, &entry, &failed) != NULL || failed;
}

static bool has_list(const struct crl_sources *sources, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};

    return crl_sources_next(sources, &cursor, failed) != NULL;
}

static void take_dates(struct verdict *verdict, const struct crl *crl)
{
    verdict->crl_this_update = 0;
    verdict->crl_next_update = 0;
    (void)crl_this_update(crl, &verdict->crl_this_update);
    (void)crl_next_update(crl, &verdict->crl_next_update);
}

static void add_revoked(
    struct findings *findings, const struct crl *crl, const struct crl_entry *entry, int depth)
{
    struct verdict *verdict = findings->verdict;

    findings_add_crl(findings, X509_V_ERR_CERT_REVOKED, depth, crl);
    /* Of several the leaf's own is told; it comes first. */
    if (verdict->revoked_at != 0)
        return;
    verdict->revoked_at = entry->revoked_at;
    verdict->revocation_reason = revocation_reason_name(entry->reason);
    take_dates(verdict, crl);
}

static void check_one(
    struct findings *findings, const struct path_search *search, int depth, bool *failed)
{
    X509 *certificate = findings->path->certificates[depth];
    const struct crl_sources sources = signers_find(findings, search, depth, failed);
    time_t now = findings->verdict->checked_at;
    const struct crl *crl;
    struct crl_entry entry;
    struct coverage coverage;

    crl = listed_on(&sources, certificate, now, &entry, failed);
    if (crl == NULL)
        crl = signers_listed_by_other(findings, search, depth, &entry, failed);
    if (crl != NULL) {
        add_revoked(findings, crl, &entry, depth);
        return;
    }
    coverage = coverage_read(&sources, certificate, now, failed);
    if (coverage.reasons == CRL_ALL_REASONS) {
        if (depth == 0)
            take_dates(findings->verdict, coverage_oldest_needed(&coverage));
        return;
    }
    if (coverage.doubt == DOUBT_WEAK)
        findings_add_crl_cause(findings, CAUSE_CRL_DIGEST, depth, coverage.doubtful);
    else if (has_list(&sources, failed))
        findings_add_crl(findings, coverage_code(&coverage), depth, coverage.doubtful);
    else if (trust_crl_is_signed(findings->trust, X509_get_issuer_name(certificate)))
        findings_add_cause(findings, CAUSE_CRL_OTHER_KEY, depth);
    else if (trust_crl_names(findings->trust, X509_get_issuer_name(certificate)))
        findings_add(findings, X509_V_ERR_CRL_SIGNATURE_FAILURE, depth);
    else
        findings_add(findings, X509_V_ERR_UNABLE_TO_GET_CRL, depth);
}

bool revocation_check(struct findings *findings, const struct path_search *search)
{
    int length = findings->options->crl_leaf_only ? 1 : findings->path->length - 1, depth;
    bool failed = false;

    if (trust_crl_count(findings->trust) == 0 && !findings->options->require_crl)
        return true;
    for (depth = 0; depth < length; depth++)
        check_one(findings, search, depth, &failed);
    return !failed;
}

void revocation_describe(struct verdict *verdict, const struct findings *findings)
{
    size_t i;

    verdict->revocation = REVOCATION_NOT_CHECKED;
    if (trust_crl_count(findings->trust) == 0 && !findings->options->require_crl)
        return;
    verdict->revocation =
        verdict->status <= VERDICT_WRONG_PURPOSE ? REVOCATION_UNKNOWN : REVOCATION_GOOD;
    for (i = 0; i < findings->count; i++) {
        enum verdict_status its =
            verify_error_status(findings->errors[i].code, findings->errors[i].depth);

        if (its == VERDICT_REVOCATION_UNKNOWN && findings->errors[i].depth == 0)
            verdict->revocation = REVOCATION_UNKNOWN;
        else if (its == VERDICT_REVOCATION_UNKNOWN)
            verdict->above_unknown = true;
    }
    if (verdict->status == VERDICT_REVOKED) {
        verdict->revocation = REVOCATION_REVOKED;
        return;
    }
    /* An entry for a certificate that is refused for another reason says nothing of its own. */
    verdict->revoked_at = 0;
    verdict->revocation_reason = NULL;
    if (verdict->revocation == REVOCATION_GOOD)
        return;
    verdict->crl_this_update = 0;
    verdict->crl_next_update = 0;
}
