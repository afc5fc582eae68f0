#include "verify/verify.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "verify/verify_errors.h"
#include "verify/verify_findings.h"
#include "verify/verify_policy.h"
#include "verify/verify_revocation.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verify_options verify_options_of(const struct config *config)
{
    return (struct verify_options){.purpose = X509_PURPOSE_SSL_CLIENT,
        .depth = config->depth,
        .security_level = config->security_level,
        .require_crl = config->require_crl,
        .crl_missing_ok = config->crl_missing_ok,
        .crl_leaf_only = config->crl_depth == CONFIG_CRL_LEAF};
}

static bool set_parameters(X509_STORE_CTX *context, const struct trust *trust,
    const struct verify_options *options, time_t now)
{
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

    if (trust_crl_count(trust) > 0 || options->require_crl) {
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
        if (!options->crl_leaf_only)
            flags |= X509_V_FLAG_CRL_CHECK_ALL;
    }
    if (X509_VERIFY_PARAM_set_flags(parameters, flags) != 1 ||
        X509_VERIFY_PARAM_set_purpose(parameters, options->purpose) != 1)
        return false;
    X509_VERIFY_PARAM_set_depth(parameters, options->depth);
    X509_VERIFY_PARAM_set_auth_level(parameters, options->security_level);
    X509_VERIFY_PARAM_set_time(parameters, now);
    return true;
}

static void describe(struct verdict *verdict, const struct finding *error)
{
    verdict->error_code = error->code;
    verdict->error_depth = error->depth;
    if (error->depth <= 0)
        (void)snprintf(
            verdict->reason, sizeof(verdict->reason), "%s", verdict_error_words(error->code));
    else
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
            "%s (certificate %d of its chain, counted from the client's as 0)",
            verdict_error_words(error->code), error->depth);
}

/* What is told of the leaf's revocation beside the status. */
static void describe_revocation(struct verdict *verdict, const struct findings *findings,
    const struct trust *trust, const struct verify_options *options)
{
    size_t i;

    verdict->revocation = REVOCATION_NOT_CHECKED;
    if (trust_crl_count(trust) == 0 && !options->require_crl)
        return;
    verdict->revocation =
        verdict->status <= VERDICT_WRONG_PURPOSE ? REVOCATION_UNKNOWN : REVOCATION_GOOD;
    for (i = 0; i < findings->count; i++) {
        enum verdict_status its =
            verify_error_status(findings->errors[i].code, findings->errors[i].depth);

        if (its == VERDICT_REVOCATION_UNKNOWN && findings->errors[i].depth == 0)
            verdict->revocation = REVOCATION_UNKNOWN;
    }
    if (verdict->status == VERDICT_REVOKED) {
        verdict->revocation = REVOCATION_REVOKED;
        return;
    }
    /* An entry for a certificate that is refused for another reason says nothing of its own. */
    verdict->revoked_at = 0;
    verdict->revocation_reason = NULL;
    verdict->crl_this_update = 0;
    verdict->crl_next_update = 0;
}

static void narrow(struct verdict *verdict, const ASN1_TIME *date)
{
    time_t seconds;

    /* A date that cannot be read makes the verdict good for this moment alone. */
    if (date == NULL || !identity_time(date, &seconds)) {
        verdict->good_from = verdict->checked_at;
        verdict->good_until = verdict->checked_at;
        return;
    }
    trust_narrow_interval(seconds, verdict->checked_at, &verdict->good_from, &verdict->good_until);
}

/* RFC 5280 dates are inclusive at both ends; the second after each is a boundary too. */
static void set_interval(
    struct verdict *verdict, X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust)
{
    int i, count = chain != NULL ? sk_X509_num(chain) : 0;

    trust_interval(trust, verdict->checked_at, &verdict->good_from, &verdict->good_until);
    for (i = -1; i < count; i++) {
        X509 *certificate = i < 0 ? leaf : sk_X509_value(chain, i);

        narrow(verdict, X509_get0_notBefore(certificate));
        narrow(verdict, X509_get0_notAfter(certificate));
    }
}

static bool describe_anchor(struct verdict *verdict, X509_STORE_CTX *context)
{
    STACK_OF(X509) *proven = X509_STORE_CTX_get0_chain(context);
    int length = proven != NULL ? sk_X509_num(proven) : 0;
    char *name;

    if (length == 0 || verdict->status <= VERDICT_UNTRUSTED)
        return true;
    name = identity_name(X509_get_subject_name(sk_X509_value(proven, length - 1)), NULL);
    if (name == NULL)
        return false;
    verdict->chain_length = length;
    identity_cut(verdict->anchor, sizeof(verdict->anchor), name);
    free(name);
    return true;
}

/* Both stacks as one: what came with the leaf and what the operator keeps as intermediates. The
 * certificates are borrowed. */
static STACK_OF(X509) * join(STACK_OF(X509) * chain, STACK_OF(X509) * intermediates)
{
    STACK_OF(X509) *both = sk_X509_new_null();
    STACK_OF(X509) * parts[2] = {chain, intermediates};
    int i, part;

    for (part = 0; both != NULL && part < 2; part++) {
        for (i = 0; parts[part] != NULL && i < sk_X509_num(parts[part]); i++) {
            if (sk_X509_push(both, sk_X509_value(parts[part], i)) <= 0) {
                sk_X509_free(both);
                return NULL;
            }
        }
    }
    return both;
}

/* libcrypto fails instead of judging when the leaf's key is of no kind that it knows or lacks
 * parameters (X509_self_signed, X509_get_pubkey_parameters), or when one of its extensions cannot
 * be read. Returns the X509_V_ERR number for that, X509_V_OK when nothing is wrong with the leaf.
 */
static int leaf_fault(X509 *leaf)
{
    const EVP_PKEY *key = X509_get0_pubkey(leaf);

    if (key == NULL || EVP_PKEY_missing_parameters(key) == 1)
        return X509_V_ERR_NO_ISSUER_PUBLIC_KEY;
    return (X509_get_extension_flags(leaf) & EXFLAG_INVALID) != 0 ? X509_V_ERR_INVALID_EXTENSION
                                                                  : X509_V_OK;
}

/* Runs libcrypto over the chain and collects; false when it failed to judge. */
static bool run(X509_STORE_CTX *context, X509 *leaf, STACK_OF(X509) * untrusted,
    const struct trust *trust, const struct verify_options *options, struct findings *findings)
{
    int result, code;

    if (X509_STORE_CTX_init(context, trust_store(trust), leaf, untrusted) != 1 ||
        !set_parameters(context, trust, options, findings->verdict->checked_at) ||
        X509_STORE_CTX_set_app_data(context, findings) != 1)
        return false;
    X509_STORE_CTX_set_verify_cb(context, findings_collect);
    result = X509_verify_cert(context);
    code = X509_STORE_CTX_get_error(context);
    findings->finished = result == 1;
    if (result < 0)
        code = leaf_fault(leaf);
    if (result != 1 && code == X509_V_OK)
        return false;
    if (result != 1)
        findings_add(findings, code, result < 0 ? 0 : X509_STORE_CTX_get_error_depth(context));
    return !alloc_watch_failed();
}

/* What libcrypto does not look at itself. */
static void add_revocation_findings(STACK_OF(X509) * proven, const struct trust *trust,
    const struct verify_options *options, struct findings *findings)
{
    int depth;

    if (trust_crl_count(trust) == 0)
        return;
    if (findings->verdict->revoked_at == 0 &&
        revocation_listed(proven, trust, options, findings->verdict, &depth))
        findings_add(findings, X509_V_ERR_CERT_REVOKED, depth);
    if (revocation_without_end(proven, trust, options, &depth))
        findings_add(findings, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, depth);
    if (revocation_out_of_scope(proven, trust, options, findings->verdict, &depth))
        findings_add(findings, X509_V_ERR_DIFFERENT_CRL_SCOPE, depth);
}

/* The finding that counts. Policies are looked at when the anchor vouches for the chain. */
static const struct finding *weigh(struct findings *findings, STACK_OF(X509) * proven,
    const struct verify_options *options, enum verdict_status *status)
{
    int anchor_depth = proven != NULL ? sk_X509_num(proven) - 1 : -1, code, depth;
    const struct finding *error = findings_judge(findings, anchor_depth, options, status);

    if (*status <= VERDICT_UNTRUSTED)
        return error;
    code = policy_fault(proven, &depth);
    if (code != X509_V_OK) {
        findings_add(findings, code, depth);
        error = findings_judge(findings, anchor_depth, options, status);
    }
    return error;
}

/* False when libcrypto failed, or neither came to its end nor left anything that counts. */
static bool decide(X509_STORE_CTX *context, X509 *leaf, const struct trust *trust,
    const struct verify_options *options, struct findings *findings)
{
    static const struct finding too_many = {X509_V_ERR_CERT_UNTRUSTED, 0};
    static const struct finding is_anchor = {X509_V_ERR_CERT_REJECTED, 0};
    STACK_OF(X509) *proven = X509_STORE_CTX_get0_chain(context);
    struct verdict *verdict = findings->verdict;
    const struct finding *error;
    enum verdict_status status;

    add_revocation_findings(proven, trust, options, findings);
    error = weigh(findings, proven, options, &status);
    if (status == VERDICT_NOT_JUDGED || (error == NULL && !findings->finished))
        return false;
    if (findings->too_many)
        error = &too_many;
    else if (status > VERDICT_UNTRUSTED && trust_is_anchor(trust, leaf))
        error = &is_anchor;
    if (error == &too_many || error == &is_anchor)
        status = VERDICT_UNTRUSTED;
    verdict->status = status;
    verdict->reason[0] = '\0';
    if (error != NULL)
        describe(verdict, error);
    if (error == &is_anchor)
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
            "it is a CA certificate of this trust itself, not a client's");
    describe_revocation(verdict, findings, trust, options);
    if (verdict->revocation == REVOCATION_GOOD)
        revocation_describe_crl(leaf, trust, verdict);
    return true;
}

/* A leaf that is an anchor itself is not valid, so a valid one's proven chain has two at least. */
static bool take_proven(
    X509_STORE_CTX *context, const struct verdict *verdict, STACK_OF(X509) * *proven)
{
    if (proven == NULL || verdict->status <= VERDICT_UNTRUSTED)
        return true;
    *proven = X509_STORE_CTX_get1_chain(context);
    return *proven != NULL && (verdict->status != VERDICT_VALID || sk_X509_num(*proven) > 1);
}

void verify_certificate(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, time_t now, struct verdict *verdict,
    STACK_OF(X509) * *proven)
{
    struct findings findings = {.verdict = verdict};
    X509_STORE_CTX *context = NULL;
    STACK_OF(X509) *untrusted = NULL;
    bool judged = false;

    if (proven != NULL)
        *proven = NULL;
    verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
    ERR_clear_error();
    alloc_watch_clear();
    context = X509_STORE_CTX_new();
    untrusted = join(chain, trust_intermediates(trust));
    if (context == NULL || untrusted == NULL)
        goto out;
    if (!run(context, leaf, untrusted, trust, options, &findings) ||
        !decide(context, leaf, trust, options, &findings))
        goto out;
    set_interval(verdict, leaf, untrusted, trust);
    judged = describe_anchor(verdict, context) && take_proven(context, verdict, proven) &&
             !alloc_watch_failed();

out:
    if (!judged) {
        if (proven != NULL) {
            sk_X509_pop_free(*proven, X509_free);
            *proven = NULL;
        }
        verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
    }
    X509_STORE_CTX_free(context);
    sk_X509_free(untrusted);
    ERR_clear_error();
}
