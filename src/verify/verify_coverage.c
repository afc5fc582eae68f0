/* SPDX-License-Identifier: ISC */
#include "verify/verify_coverage.h"

#include <openssl/x509v3.h>

bool coverage_may_sign(X509 *issuer)
{
    /* All bits are set when the extension is missing (X509_get_key_usage(3)). */
    return (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0;
}

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
    if (!coverage_may_sign(signer))
        return DOUBT_SIGNER;
    dates = doubt_dates(crl, now);
    if (dates == DOUBT_STALE && is_extended(sources, crl, certificate, now, failed))
        return DOUBT_NONE;
    return dates;
}

static bool is_newer(const struct crl *crl, const struct crl *than)
{
    time_t one, other;

    return crl_this_update(crl, &one) && (!crl_this_update(than, &other) || one > other);
}

static void add_reasons(struct coverage *coverage, const struct crl *crl, unsigned reasons)
{
    size_t i;

    coverage->reasons |= reasons;
    for (i = 0; i < COVERAGE_BITS; i++) {
        if ((reasons & 1U << i) != 0 &&
            (coverage->newest[i] == NULL || is_newer(crl, coverage->newest[i])))
            coverage->newest[i] = crl;
    }
}

const struct crl *coverage_oldest_needed(const struct coverage *coverage)
{
    const struct crl *oldest = NULL;
    size_t i;

    for (i = 0; i < COVERAGE_BITS; i++) {
        const struct crl *crl = coverage->newest[i];

        if (crl != NULL && (oldest == NULL || is_newer(oldest, crl)))
            oldest = crl;
    }
    return oldest;
}

struct coverage coverage_read(
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

int coverage_code(const struct coverage *coverage)
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
