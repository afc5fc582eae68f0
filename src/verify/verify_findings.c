#include "verify/verify_findings.h"
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

void findings_add(struct findings *findings, int code, int depth)
{
    if (has_finding(findings, code, depth))
        return;
    if (findings->count == FINDINGS_MAX) {
        findings->too_many = true;
        return;
    }
    findings->errors[findings->count++] = (struct finding){code, depth};
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
        if (is_on_doubtful_crl(findings, depth))
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
    findings_add(findings, code, depth);
    return 1;
}

/* The only errors that may be passed over: what cannot be told of the anchor's own revocation
 * (nobody above it is known), and with --crl-missing-ok that no CRL is there. A CRL that is there
 * and is stale or wrong is not passed over. */
static bool may_pass_over(
    const struct finding *error, int anchor_depth, const struct verify_options *options)
{
    if (verify_error_status(error->code, error->depth) != VERDICT_REVOCATION_UNKNOWN)
        return false;
    if (error->depth > 0 && error->depth == anchor_depth)
        return true;
    return options->crl_missing_ok && !options->require_crl &&
           error->code == X509_V_ERR_UNABLE_TO_GET_CRL;
}

const struct finding *findings_judge(const struct findings *findings, int anchor_depth,
    const struct verify_options *options, enum verdict_status *status)
{
    const struct finding *worst = NULL;
    size_t i;

    *status = VERDICT_VALID;
    for (i = 0; i < findings->count; i++) {
        const struct finding *error = &findings->errors[i];
        enum verdict_status its = verify_error_status(error->code, error->depth);

        if (may_pass_over(error, anchor_depth, options))
            continue;
        if (worst == NULL || its < *status) {
            worst = error;
            *status = its;
        }
    }
    return worst;
}
