/* SPDX-License-Identifier: ISC */
#include "verify/verify_signers.h"
#include "verify/verify_coverage.h"
#include "verify/verify_findings.h"

#include <openssl/x509v3.h>

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
            coverage_read(&sources, signer, now, failed).reasons == CRL_ALL_REASONS)
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

        if ((coverage_may_sign(signer) || !coverage_may_sign(certificate)) &&
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

const struct crl *signers_listed_by_other(const struct findings *findings,
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

struct crl_sources signers_find(
    const struct findings *findings, const struct path_search *search, int depth, bool *failed)
{
    struct crl_sources sources = {
        .trust = findings->trust, .security_level = findings->options->security_level};

    add_own_signers(&sources, findings->path, depth + 1);
    if (!speak_of(&sources, findings->path->certificates[depth], failed))
        add_other_signers(&sources, findings, search, depth + 1, failed);
    return sources;
}
