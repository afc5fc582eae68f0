#include "verify/verify_findings.h"
#include "certificate/alloc_watch.h"
#include "verify/verify_errors.h"
#include "verify/verify_revocation.h"

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
    add(findings, &(struct finding){code, depth, CAUSE_OF_CODE});
}

void findings_add_cause(struct findings *findings, enum verify_cause cause, int depth)
{
    add(findings, &(struct finding){verify_cause_code(cause), depth, cause});
}

/* Told to go on, libcrypto looks the certificate up on a CRL whose signature it has just found to
 * be wrong too: that one says nothing. */
static bool is_on_doubtful_crl(const struct findings *findings, int depth)
{
    static const int doubts[] = {X509_V_ERR_CRL_SIGNATURE_FAILURE,
        X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
        X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_CRL_PATH_VALIDATION_ERROR};
    size_t i;

    for (i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++) {
        if (has_finding(findings, doubts[i], depth))
            return true;
    }
    return false;
}

static bool is_anchor(const struct findings *findings, int depth)
{
    return depth > 0 && findings->path != NULL && depth == findings->path->length - 1;
}

/* A CRL's issuer that is not in the chain gets a verification of its own, without our data. It is
 * strict: its first error ends it, and the outer one then tells of the CRL's path. */
static int collect_of_crl_issuer(int good, X509_STORE_CTX *context, X509_STORE_CTX *parent)
{
    int code = X509_STORE_CTX_get_error(context);

    if (good == 0 && verify_error_status(code, 0) == VERDICT_NOT_JUDGED)
        findings_add(X509_STORE_CTX_get_app_data(parent), code, 0);
    return good;
}

int findings_collect(int good, X509_STORE_CTX *context)
{
    X509_STORE_CTX *parent = X509_STORE_CTX_get0_parent_ctx(context);
    struct findings *findings = X509_STORE_CTX_get_app_data(context);
    X509 *certificate = X509_STORE_CTX_get_current_cert(context);
    int code = X509_STORE_CTX_get_error(context);
    int depth = X509_STORE_CTX_get_error_depth(context);

    if (parent != NULL)
        return collect_of_crl_issuer(good, context, parent);
    if (good != 0)
        return good;
    if (code == X509_V_ERR_CERT_REVOKED) {
        /* The anchor is no part of the path (RFC 5280 section 6.1): its own serial number on its
         * CRL is that of another certificate. */
        if (is_on_doubtful_crl(findings, depth) || is_anchor(findings, depth))
            return 1;
        if (depth == 0 || findings->verdict->revoked_at == 0)
            revocation_describe(
                X509_STORE_CTX_get0_current_crl(context), certificate, findings->verdict);
    }
    /* A key that cannot be read is the certificate's fault, not libcrypto's, and not a weak one. */
    if (certificate != NULL && X509_get0_pubkey(certificate) == NULL &&
        (code == X509_V_ERR_UNSPECIFIED || code == X509_V_ERR_EE_KEY_TOO_SMALL ||
            code == X509_V_ERR_CA_KEY_TOO_SMALL))
        code = X509_V_ERR_NO_ISSUER_PUBLIC_KEY;
    if ((code == X509_V_ERR_UNSPECIFIED || code == X509_V_ERR_OUT_OF_MEM) &&
        !alloc_watch_failed()) {
        findings_add_cause(findings, CAUSE_LIMIT, depth);
        return 0;
    }
    findings_add(findings, code, depth);
    return verify_error_status(code, depth) > VERDICT_UNTRUSTED;
}

/* The only errors that may be passed over: what cannot be told of the anchor's own revocation
 * (nobody above it is known), and with --crl-missing-ok that no CRL is there. A CRL that is there
 * and is stale or wrong is not passed over. */
static bool may_pass_over(const struct findings *findings, const struct finding *error)
{
    const struct verify_options *options = findings->options;

    if (verify_error_status(error->code, error->depth) != VERDICT_REVOCATION_UNKNOWN)
        return false;
    if (is_anchor(findings, error->depth))
        return true;
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
