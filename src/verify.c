#include "verify.h"
#include "identity.h"
#include "memory.h"
#include "verify_errors.h"
#include "verify_revocation.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Different errors that are kept apart; more than that is untrusted. */
#define MAX_ERRORS 32

struct found {
    int code;
    int depth;
};

/* What the callback collects while libcrypto goes on. */
struct findings {
    struct found errors[MAX_ERRORS];
    size_t count;
    bool too_many;
    struct verdict *verdict;
};

void verdict_set(
    struct verdict *verdict, enum verdict_status status, time_t now, const char *reason)
{
    *verdict = (struct verdict){.status = status,
        .error_depth = -1,
        .checked_at = now,
        .good_from = now,
        .good_until = now};
    (void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

static void add_finding(struct findings *findings, int code, int depth)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        if (findings->errors[i].code == code && findings->errors[i].depth == depth)
            return;
    }
    if (findings->count == MAX_ERRORS) {
        findings->too_many = true;
        return;
    }
    findings->errors[findings->count++] = (struct found){code, depth};
}

/* libcrypto stops at its first error unless told to go on; all of them are needed, since the first
 * is not the one that counts. Nothing is forgiven here. */
static int collect(int good, X509_STORE_CTX *context)
{
    struct findings *findings = X509_STORE_CTX_get_app_data(context);
    int code = X509_STORE_CTX_get_error(context);
    int depth = X509_STORE_CTX_get_error_depth(context);

    if (good != 0)
        return good;
    add_finding(findings, code, depth);
    if (code == X509_V_ERR_CERT_REVOKED && (depth == 0 || findings->verdict->revoked_at == 0))
        revocation_describe(X509_STORE_CTX_get0_current_crl(context),
            X509_STORE_CTX_get_current_cert(context), findings->verdict);
    return 1;
}

static bool set_parameters(
    X509_STORE_CTX *context, const struct trust *trust, const struct config *config, time_t now)
{
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    unsigned long flags =
        X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_POLICY_CHECK;
    ASN1_OBJECT *any_policy = OBJ_nid2obj(NID_any_policy);

    if (trust_crl_count(trust) > 0 || config->require_crl) {
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
        if (config->crl_depth == CONFIG_CRL_CHAIN)
            flags |= X509_V_FLAG_CRL_CHECK_ALL;
    }
    /* RFC 5280 section 6.1.1 (c): the user's initial policy set is any-policy, so that an explicit
     * policy that a CA demands is enforced and every policy that it names will do. */
    if (X509_VERIFY_PARAM_set_flags(parameters, flags) != 1 || any_policy == NULL ||
        X509_VERIFY_PARAM_add0_policy(parameters, any_policy) != 1 ||
        X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT) != 1)
        return false;
    X509_VERIFY_PARAM_set_depth(parameters, config->depth);
    X509_VERIFY_PARAM_set_auth_level(parameters, config->security_level);
    X509_VERIFY_PARAM_set_time(parameters, now);
    return true;
}

/* The only errors that may be passed over: what cannot be told of the anchor's own revocation
 * (nobody above it is known), and with
 * --crl-missing-ok what cannot be told at all. */
static bool may_pass_over(const struct found *error, int anchor_depth, const struct config *config)
{
    if (verify_error_status(error->code, error->depth) != VERDICT_REVOCATION_UNKNOWN)
        return false;
    return (error->depth > 0 && error->depth == anchor_depth) || config->crl_missing_ok;
}

/* The finding that counts: the first one of the status that comes first in the order of precedence;
 * NULL when none counts. */
static const struct found *judge(const struct findings *findings, int anchor_depth,
    const struct config *config, enum verdict_status *status)
{
    const struct found *worst = NULL;
    size_t i;

    *status = VERDICT_VALID;
    for (i = 0; i < findings->count; i++) {
        const struct found *error = &findings->errors[i];
        enum verdict_status its = verify_error_status(error->code, error->depth);

        if (may_pass_over(error, anchor_depth, config))
            continue;
        if (worst == NULL || its < *status) {
            worst = error;
            *status = its;
        }
    }
    return worst;
}

static void describe(struct verdict *verdict, enum verdict_status status, const struct found *error)
{
    verdict->status = status;
    verdict->error_code = error->code;
    verdict->error_depth = error->depth;
    if (status == VERDICT_NOT_JUDGED)
        (void)snprintf(verdict->reason, sizeof(verdict->reason), "it could not be judged");
    else if (error->depth <= 0)
        (void)snprintf(
            verdict->reason, sizeof(verdict->reason), "%s", verdict_error_words(error->code));
    else
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
            "%s (certificate %d of its chain, counted from the client's as 0)",
            verdict_error_words(error->code), error->depth);
}

/* What is told of the leaf's revocation beside the status. */
static void describe_revocation(struct verdict *verdict, const struct findings *findings,
    const struct trust *trust, const struct config *config)
{
    size_t i;

    verdict->revocation = REVOCATION_NOT_CHECKED;
    if (trust_crl_count(trust) == 0 && !config->require_crl)
        return;
    verdict->revocation =
        verdict->status <= VERDICT_WRONG_PURPOSE ? REVOCATION_UNKNOWN : REVOCATION_GOOD;
    for (i = 0; i < findings->count; i++) {
        enum verdict_status its =
            verify_error_status(findings->errors[i].code, findings->errors[i].depth);

        if (its == VERDICT_REVOCATION_UNKNOWN && findings->errors[i].depth == 0)
            verdict->revocation = REVOCATION_UNKNOWN;
    }
    if (verdict->status == VERDICT_REVOKED)
        verdict->revocation = REVOCATION_REVOKED;
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
    (void)snprintf(verdict->anchor, sizeof(verdict->anchor), "%s", name);
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

/* Runs libcrypto over the chain and collects; false when it failed to judge. */
static bool run(X509_STORE_CTX *context, X509 *leaf, STACK_OF(X509) * untrusted,
    const struct trust *trust, const struct config *config, struct findings *findings)
{
    int result;

    if (X509_STORE_CTX_init(context, trust_store(trust), leaf, untrusted) != 1 ||
        !set_parameters(context, trust, config, findings->verdict->checked_at) ||
        X509_STORE_CTX_set_app_data(context, findings) != 1)
        return false;
    X509_STORE_CTX_set_verify_cb(context, collect);
    result = X509_verify_cert(context);
    if (result != 1) {
        int code = X509_STORE_CTX_get_error(context);

        if (result < 0 || code == X509_V_OK)
            return false;
        add_finding(findings, code, X509_STORE_CTX_get_error_depth(context));
    }
    return !memory_watch_failed();
}

static void decide(X509_STORE_CTX *context, X509 *leaf, STACK_OF(X509) * untrusted,
    const struct trust *trust, const struct config *config, struct findings *findings)
{
    STACK_OF(X509) *proven = X509_STORE_CTX_get0_chain(context);
    struct verdict *verdict = findings->verdict;
    const struct found *error;
    enum verdict_status status;

    if (trust_crl_count(trust) > 0 && revocation_listed(proven, trust, config, verdict))
        add_finding(findings, X509_V_ERR_CERT_REVOKED, verdict->error_depth);
    error = judge(findings, proven != NULL ? sk_X509_num(proven) - 1 : -1, config, &status);
    verdict->error_depth = -1;
    verdict->status = VERDICT_VALID;
    if (findings->too_many)
        error = &(const struct found){X509_V_ERR_CERT_UNTRUSTED, 0}, status = VERDICT_UNTRUSTED;
    else if (error == NULL && trust_is_anchor(trust, leaf))
        error = &(const struct found){X509_V_ERR_CERT_REJECTED, 0}, status = VERDICT_UNTRUSTED;
    if (error != NULL)
        describe(verdict, status, error);
    if (error != NULL && error->code == X509_V_ERR_CERT_REJECTED && trust_is_anchor(trust, leaf))
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
            "it is a CA certificate of this trust itself, not a client's");
    describe_revocation(verdict, findings, trust, config);
    if (verdict->revocation == REVOCATION_GOOD)
        revocation_describe_crl(leaf, trust, verdict);
    set_interval(verdict, leaf, untrusted, trust);
}

void verify_certificate(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, time_t now, struct verdict *verdict)
{
    struct findings findings = {.verdict = verdict};
    X509_STORE_CTX *context = NULL;
    STACK_OF(X509) *untrusted = NULL;
    bool judged = false;

    verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
    ERR_clear_error();
    memory_watch_clear();
    context = X509_STORE_CTX_new();
    untrusted = join(chain, trust_intermediates(trust));
    if (context == NULL || untrusted == NULL)
        goto out;
    if (!run(context, leaf, untrusted, trust, config, &findings))
        goto out;
    decide(context, leaf, untrusted, trust, config, &findings);
    judged = describe_anchor(verdict, context) && !memory_watch_failed();

out:
    if (!judged)
        verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
    X509_STORE_CTX_free(context);
    sk_X509_free(untrusted);
    ERR_clear_error();
}
