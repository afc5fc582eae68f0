/* SPDX-License-Identifier: ISC */
#include "verify/verify_revocation.h"
#include "verify/verify_errors.h"
#include "verify/verify_findings.h"
#include "verify/verify_listed.h"

#include <openssl/x509v3.h>

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

static bool may_sign_crls(X509 *issuer)
{
    /* All bits are set when the extension is missing (X509_get_key_usage(3)). */
    return (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0;
}

static bool has_list(const struct crl_sources *sources, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};

    return crl_sources_next(sources, &cursor, failed) != NULL;
}

/* What is wrong with a list for a certificate, from the least to the most that fits: the last one
 * of these is told. */
enum doubt {
    DOUBT_NONE,
    DOUBT_SCOPE,
    DOUBT_DELTA,
    DOUBT_WEAK,
    DOUBT_FAULT,
    DOUBT_EARLY,
    DOUBT_DATE,
    DOUBT_ENDLESS,
    DOUBT_SIGNER,
    DOUBT_STALE
};

static enum doubt doubt_dates(const struct crl *crl, time_t now)
{
    time_t from, until;

    if (!crl_this_update(crl, &from))
        return DOUBT_DATE;
    if (from > now)
        return DOUBT_EARLY;
    if (!crl_next_update(crl, &until))
        return DOUBT_ENDLESS;
    return now <= until ? DOUBT_NONE : DOUBT_STALE;
}

/* Whether a delta CRL that is current stands in for a complete one that is stale. */
static bool is_extended(const struct crl_sources *sources, const struct crl *complete,
    X509 *certificate, time_t now, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *delta;

    while ((delta = crl_sources_next(sources, &cursor, failed)) != NULL) {
        if (crl_is_delta(delta) && crl_is_sound(sources, delta) &&
            doubt_dates(delta, now) == DOUBT_NONE && trust_crl_extends(delta, complete) &&
            listed_with_deltas(complete, certificate))
            return true;
    }
    return false;
}

static enum doubt doubt_list(const struct crl_sources *sources, const struct crl *crl, X509 *signer,
    X509 *certificate, time_t now, bool *failed)
{
    enum doubt dates;

    if (crl_fault(crl) != NULL)
        return DOUBT_FAULT;
    if (!crl_is_sound(sources, crl))
        return DOUBT_WEAK;
    if (crl_is_delta(crl))
        return DOUBT_DELTA;
    if (trust_crl_reasons(crl, certificate) == 0)
        return DOUBT_SCOPE;
    if (!may_sign_crls(signer))
        return DOUBT_SIGNER;
    dates = doubt_dates(crl, now);
    if (dates == DOUBT_STALE && is_extended(sources, crl, certificate, now, failed))
        return DOUBT_NONE;
    return dates;
}

static void take_dates(struct verdict *verdict, const struct crl *crl)
{
    verdict->crl_this_update = 0;
    verdict->crl_next_update = 0;
    (void)crl_this_update(crl, &verdict->crl_this_update);
    (void)crl_next_update(crl, &verdict->crl_next_update);
}

/* The bits of CRL_ALL_REASONS are among so many. */
#define REASON_BITS 16

/* What the lists say when none lists the certificate. */
struct coverage {
    unsigned reasons;                      /* of the lists that can be relied on */
    const struct crl *newest[REASON_BITS]; /* of these, for each reason */
    enum doubt doubt;                      /* about one that cannot, */
    const struct crl *doubtful;
};

static bool is_newer(const struct crl *crl, const struct crl *than)
{
    time_t one, other;

    return crl_this_update(crl, &one) && (!crl_this_update(than, &other) || one > other);
}

static void add_reasons(struct coverage *coverage, const struct crl *crl, unsigned reasons)
{
    size_t i;

    coverage->reasons |= reasons;
    for (i = 0; i < REASON_BITS; i++) {
        if ((reasons & 1U << i) != 0 &&
            (coverage->newest[i] == NULL || is_newer(crl, coverage->newest[i])))
            coverage->newest[i] = crl;
    }
}

/* The word for all reasons together is as old as that for the one whose newest list is oldest; NULL
 * when there is no list. */
static const struct crl *oldest_needed(const struct coverage *coverage)
{
    const struct crl *oldest = NULL;
    size_t i;

    for (i = 0; i < REASON_BITS; i++) {
        const struct crl *crl = coverage->newest[i];

        if (crl != NULL && (oldest == NULL || is_newer(oldest, crl)))
            oldest = crl;
    }
    return oldest;
}

static struct coverage cover(
    const struct crl_sources *sources, X509 *certificate, time_t now, bool *failed)
{
    struct coverage coverage = {.reasons = 0};
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *crl;

    while ((crl = crl_sources_next(sources, &cursor, failed)) != NULL) {
        enum doubt doubt =
            doubt_list(sources, crl, sources->signers[cursor.signer], certificate, now, failed);

        if (doubt == DOUBT_NONE) {
            add_reasons(&coverage, crl, trust_crl_reasons(crl, certificate));
        } else if (doubt > coverage.doubt ||
                   (doubt == coverage.doubt && is_newer(crl, coverage.doubtful))) {
            coverage.doubt = doubt;
            coverage.doubtful = crl;
        }
    }
    return coverage;
}

static int code_of(const struct coverage *coverage)
{
    static const int codes[] = {[DOUBT_NONE] = X509_V_ERR_DIFFERENT_CRL_SCOPE,
        [DOUBT_SCOPE] = X509_V_ERR_DIFFERENT_CRL_SCOPE,
        [DOUBT_DELTA] = X509_V_ERR_DIFFERENT_CRL_SCOPE,
        [DOUBT_FAULT] = X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
        [DOUBT_EARLY] = X509_V_ERR_CRL_NOT_YET_VALID,
        [DOUBT_DATE] = X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,
        [DOUBT_ENDLESS] = X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
        [DOUBT_SIGNER] = X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
        [DOUBT_STALE] = X509_V_ERR_CRL_HAS_EXPIRED};

    return codes[coverage->doubt];
}

/* Whether a certificate of the issuer's name is one that the issuer or its own issuer signed. */
static bool is_vouched_for(
    const struct path_search *search, int node, const X509 *issuer, const X509 *above)
{
    int i;

    for (i = 0; i < search->link_count; i++) {
        if (search->links[i].below == node &&
            (search->links[i].issuer == issuer || search->links[i].issuer == above))
            return true;
    }
    return false;
}

/* With the whole chain, the certificate of such a signer must be good itself: by a list of the key
 * that vouches for it. */
static bool is_good_signer(
    const struct findings *findings, const struct path_search *search, X509 *signer, bool *failed)
{
    time_t now = findings->verdict->checked_at;
    int i;

    for (i = 0; i < search->link_count; i++) {
        const struct crl_sources sources = {.trust = findings->trust,
            .signers = {search->links[i].issuer},
            .count = 1,
            .security_level = findings->options->security_level};
        struct crl_entry entry;

        if (search->nodes[search->links[i].below].certificate != signer)
            continue;
        if (listed_on(&sources, signer, now, &entry, failed) == NULL &&
            cover(&sources, signer, now, failed).reasons == CRL_ALL_REASONS)
            return true;
    }
    return false;
}

/* Whether they speak with this certificate's key already, and may as well: a CA may keep each one
 * that it was given for its key. */
static bool has_key(const struct crl_sources *sources, X509 *certificate)
{
    int i;

    for (i = 0; i < sources->count; i++) {
        X509 *signer = sources->signers[i];

        if ((may_sign_crls(signer) || !may_sign_crls(certificate)) &&
            X509_PUBKEY_eq(X509_get_X509_PUBKEY(signer), X509_get_X509_PUBKEY(certificate)) == 1)
            return true;
    }
    return false;
}

/* Whether the certificate at a node is another one of the issuer at this place of the path, and is
 * vouched for: its key may speak for the issuer. */
static bool is_other_signer(
    const struct findings *findings, const struct path_search *search, int node, int place)
{
    X509 *issuer = findings->path->certificates[place], *other = search->nodes[node].certificate;

    return other != issuer &&
           X509_NAME_cmp(X509_get_subject_name(other), X509_get_subject_name(issuer)) == 0 &&
           is_vouched_for(search, node, issuer, path_at(findings->path, place + 1)) &&
           (X509_get_extension_flags(other) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0 &&
           path_is_current(other, findings->verdict->checked_at);
}

static void add_other_signers(struct crl_sources *sources, const struct findings *findings,
    const struct path_search *search, int place, bool *failed)
{
    int i;

    for (i = 1; i < search->node_count && sources->count < CRL_SIGNERS; i++) {
        X509 *other = search->nodes[i].certificate;

        if (is_other_signer(findings, search, i, place) && !has_key(sources, other) &&
            (findings->options->crl_leaf_only || is_good_signer(findings, search, other, failed)))
            sources->signers[sources->count++] = other;
    }
}

/* Whether the list of another key of the issuer lists the certificate at this depth, as listed_on
 * has it: a former key's list may be in force yet that does not know of it. What one key's list
 * holds is released by no other key's. */
static const struct crl *listed_by_other(const struct findings *findings,
    const struct path_search *search, int depth, struct crl_entry *entry, bool *failed)
{
    int i;

    for (i = 1; i < search->node_count; i++) {
        X509 *other = search->nodes[i].certificate;
        const struct crl_sources sources = {.trust = findings->trust,
            .signers = {other},
            .count = 1,
            .security_level = findings->options->security_level};
        const struct crl *crl;

        if (!is_other_signer(findings, search, i, depth + 1))
            continue;
        crl = listed_on(&sources, findings->path->certificates[depth],
            findings->verdict->checked_at, entry, failed);
        if (crl != NULL &&
            (findings->options->crl_leaf_only || is_good_signer(findings, search, other, failed)))
            return crl;
    }
    return NULL;
}

/* The issuer at this place of the path, and what stands above it under the same name: a CA that
 * changes its key vouches for one of its keys with the other. */
static void add_own_signers(struct crl_sources *sources, const struct path *path, int place)
{
    const X509_NAME *name = X509_get_subject_name(path->certificates[place]);
    int i;

    for (i = place; i < path->length && sources->count < CRL_SIGNERS; i++) {
        if (X509_NAME_cmp(X509_get_subject_name(path->certificates[i]), name) == 0)
            sources->signers[sources->count++] = path->certificates[i];
    }
}

/* Whether one of the lists is about the certificate, whatever it is worth. */
static bool speak_of(const struct crl_sources *sources, X509 *certificate, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *crl;

    while ((crl = crl_sources_next(sources, &cursor, failed)) != NULL) {
        if (crl_fault(crl) != NULL || trust_crl_reasons(crl, certificate) != 0)
            return true;
    }
    return false;
}

static struct crl_sources find_sources(
    const struct findings *findings, const struct path_search *search, int depth, bool *failed)
{
    struct crl_sources sources = {
        .trust = findings->trust, .security_level = findings->options->security_level};

    add_own_signers(&sources, findings->path, depth + 1);
    if (!speak_of(&sources, findings->path->certificates[depth], failed))
        add_other_signers(&sources, findings, search, depth + 1, failed);
    return sources;
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
    const struct crl_sources sources = find_sources(findings, search, depth, failed);
    time_t now = findings->verdict->checked_at;
    const struct crl *crl;
    struct crl_entry entry;
    struct coverage coverage;

    crl = listed_on(&sources, certificate, now, &entry, failed);
    if (crl == NULL)
        crl = listed_by_other(findings, search, depth, &entry, failed);
    if (crl != NULL) {
        add_revoked(findings, crl, &entry, depth);
        return;
    }
    coverage = cover(&sources, certificate, now, failed);
    if (coverage.reasons == CRL_ALL_REASONS) {
        if (depth == 0)
            take_dates(findings->verdict, oldest_needed(&coverage));
        return;
    }
    if (coverage.doubt == DOUBT_WEAK)
        findings_add_crl_cause(findings, CAUSE_CRL_DIGEST, depth, coverage.doubtful);
    else if (has_list(&sources, failed))
        findings_add_crl(findings, code_of(&coverage), depth, coverage.doubtful);
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
