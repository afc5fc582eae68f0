/* SPDX-License-Identifier: ISC */
#include "verify/verify.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "config/config.h"
#include "verify/verify_above.h"
#include "verify/verify_chain.h"
#include "verify/verify_findings.h"
#include "verify/verify_revocation.h"
#include "verify/verify_rules.h"
#include "verify/verify_stranger.h"
#include "verify/verify_words.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
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

/* What all steps of one verification share. */
struct job {
    struct path_search search;
    const struct verify_options *options;
    struct path path; /* the one that *verdict is about; of length 0 when there is none */
};

/* libcrypto takes a certificate for self-signed when its subject is its issuer's and no key
 * identifier says otherwise; this path proves that another signed it. */
static void name_cause(struct finding *error)
{
    if (error->code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
        error->cause = CAUSE_NAMED_LIKE_CA;
}

static bool describe(const struct job *job, const struct path *path, const struct finding *error,
    struct verdict *verdict)
{
    struct finding its = *error;

    if (its.cause == CAUSE_OF_CODE)
        name_cause(&its);
    return words_describe(&its, path_at(path, error->depth), job->options, verdict);
}

static void narrow(struct verdict *verdict, const ASN1_TIME *date)
{
    time_t seconds;

    /* A date that cannot be read makes the verdict good for this moment alone. */
    if (!identity_time(date, &seconds)) {
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

static bool describe_anchor(struct verdict *verdict, const struct path *path)
{
    X509 *anchor;
    char *name;

    if (verdict->status <= VERDICT_UNTRUSTED)
        return true;
    anchor = path->certificates[path->length - 1];
    name = identity_name(X509_get_subject_name(anchor), NULL);
    if (name == NULL)
        return false;
    verdict->chain_length = path->length;
    identity_cut(verdict->anchor, sizeof(verdict->anchor), name);
    free(name);
    return true;
}

/* Rules and revocation are looked at when nothing makes the path untrusted. The finding that
 * counts, NULL when none does; *failed when memory or libcrypto failed. */
static const struct finding *weigh(
    const struct job *job, struct findings *findings, enum verdict_status *status, bool *failed)
{
    const struct finding *error = findings_judge(findings, status);

    if (*status <= VERDICT_UNTRUSTED)
        return error;
    if (!rules_check(findings)) {
        *failed = true;
        return error;
    }
    error = findings_judge(findings, status);
    if (*status <= VERDICT_UNTRUSTED)
        return error;
    *failed = !revocation_check(findings, &job->search);
    return findings_judge(findings, status);
}

/* False when libcrypto failed, or neither came to its end nor left anything that counts. */
static bool decide(const struct job *job, struct findings *findings)
{
    struct verdict *verdict = findings->verdict;
    X509 *leaf = job->search.leaf;
    struct finding other = {.depth = 0};
    const struct finding *error;
    enum verdict_status status;
    bool failed = false;

    error = weigh(job, findings, &status, &failed);
    if (failed || status == VERDICT_NOT_JUDGED || (error == NULL && !findings->finished))
        return false;
    if (findings->too_many)
        other.cause = CAUSE_TOO_MANY_ERRORS;
    else if (status > VERDICT_UNTRUSTED && trust_is_anchor(findings->trust, leaf))
        other.cause = CAUSE_TRUSTED_CA;
    if (other.cause != CAUSE_OF_CODE) {
        other.code = verify_cause_code(other.cause);
        error = &other;
        status = VERDICT_UNTRUSTED;
    }
    verdict->status = status;
    verdict->reason[0] = '\0';
    if (error != NULL && !describe(job, findings->path, error, verdict))
        return false;
    revocation_describe(verdict, findings);
    return true;
}

/* One path; false when it could not be judged. */
static bool try_path(struct job *job, const struct path *path, struct verdict *verdict)
{
    struct findings findings = {
        .path = path, .trust = job->search.trust, .options = job->options, .verdict = verdict};

    return chain_verify(&findings) && decide(job, &findings);
}

/* The best that any of the paths leads to, the first of those that are alike: all are better than
 * what *verdict has before. */
static bool try_paths(struct job *job, struct verdict *verdict)
{
    const struct verdict fresh = *verdict;
    struct path path;
    int nth;

    for (nth = 0; nth < PATHS_MOST && path_take(&job->search, nth, &path); nth++) {
        struct verdict its = fresh;

        if (!try_path(job, &path, &its) ||
            !above_judge(&job->search, job->options, &fresh, &path, &its))
            return false;
        if (its.status <= verdict->status)
            continue;
        *verdict = its;
        job->path = path;
        if (its.status == VERDICT_VALID)
            break;
    }
    return true;
}

/* No anchor vouches for the leaf: nothing else of it matters. */
static bool refuse_stranger(struct job *job, struct verdict *verdict)
{
    X509 *about = NULL;
    const struct finding fault = stranger_find_fault(&job->search, &about);

    verdict->status = VERDICT_UNTRUSTED;
    if (trust_crl_count(job->search.trust) > 0 || job->options->require_crl)
        verdict->revocation = REVOCATION_UNKNOWN;
    return words_describe(&fault, about, job->options, verdict);
}

static bool take_proven(
    const struct path *path, const struct verdict *verdict, STACK_OF(X509) * *proven)
{
    STACK_OF(X509) *borrowed = NULL;

    if (proven == NULL || verdict->status <= VERDICT_UNTRUSTED)
        return true;
    borrowed = path_borrow(path, 0, path->length);
    if (borrowed == NULL)
        return false;
    *proven = X509_chain_up_ref(borrowed);
    sk_X509_free(borrowed);
    return *proven != NULL;
}

static bool run(struct job *job, struct verdict *verdict)
{
    verdict->reason[0] = '\0';
    path_search(&job->search);
    if (alloc_watch_failed())
        return false;
    if (job->search.nodes[0].round < 0)
        return refuse_stranger(job, verdict) && !alloc_watch_failed();
    return try_paths(job, verdict);
}

void verify_certificate(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, time_t now, struct verdict *verdict,
    STACK_OF(X509) * *proven)
{
    struct job job = {
        .search = {.leaf = leaf, .chain = chain, .trust = trust, .now = now}, .options = options};
    bool judged;

    if (proven != NULL)
        *proven = NULL;
    verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
    ERR_clear_error();
    alloc_watch_clear();
    judged = run(&job, verdict);
    if (judged)
        set_interval(verdict, leaf, chain, trust);
    judged = judged && describe_anchor(verdict, &job.path) &&
             take_proven(&job.path, verdict, proven) && !alloc_watch_failed();
    if (!judged) {
        if (proven != NULL) {
            sk_X509_pop_free(*proven, X509_free);
            *proven = NULL;
        }
        verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
    }
    ERR_clear_error();
}
