/* SPDX-License-Identifier: ISC */
#include "verify/verify_listed.h"
#include "certificate/signature_bits.h"

#include <openssl/x509v3.h>

const struct crl *crl_sources_next(
    const struct crl_sources *sources, struct crl_cursor *cursor, bool *failed)
{
    for (; cursor->signer < sources->count; cursor->signer++, cursor->position = 0) {
        const struct crl *crl = trust_crl_next(
            sources->trust, sources->signers[cursor->signer], &cursor->position, failed);

        if (crl != NULL)
            return crl;
    }
    return NULL;
}

bool crl_is_sound(const struct crl_sources *sources, const struct crl *crl)
{
    return crl_fault(crl) == NULL &&
           !signature_bits_are_few(crl_signature_bits(crl), sources->security_level);
}

bool listed_with_deltas(const struct crl *complete, X509 *certificate)
{
    return crl_has_freshest(complete) ||
           (X509_get_extension_flags(certificate) & EXFLAG_FRESHEST) != 0;
}

/* Later by its date and by its number, and not in the future: one that was signed ahead (the kit's
 * `ca crl --ahead`) does not know yet what came to be on hold since. */
static bool is_later(const struct crl *crl, const struct crl *than, time_t now)
{
    time_t one, other;

    return crl_this_update(crl, &one) && crl_this_update(than, &other) && one > other &&
           one <= now && trust_crl_number_is_as_high(crl, than);
}

/* Whether there is a complete list to which a delta CRL may be added (RFC 5280 section 5.2.4). */
static bool is_based(const struct crl_sources *sources, const struct crl *delta, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *complete;

    while ((complete = crl_sources_next(sources, &cursor, failed)) != NULL) {
        if (!crl_is_delta(complete) && crl_is_sound(sources, complete) &&
            trust_crl_extends(delta, complete))
            return true;
    }
    return false;
}

/* What a delta CRL removes from an earlier list: from the complete one that it is added to, or from
 * an earlier delta CRL. */
static bool may_remove(const struct crl_sources *sources, const struct crl *delta,
    const struct crl *crl, X509 *certificate, bool *failed)
{
    return crl_is_delta(crl)
               ? is_based(sources, delta, failed)
               : listed_with_deltas(crl, certificate) && trust_crl_extends(delta, crl);
}

static bool is_in_force(const struct crl *crl, time_t now)
{
    time_t until;

    return crl_next_update(crl, &until) && now <= until;
}

/* Whether the list is in force, or a delta CRL to it that is. */
static bool is_relied_on(
    const struct crl_sources *sources, const struct crl *crl, time_t now, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *delta;

    if (is_in_force(crl, now))
        return true;
    while ((delta = crl_sources_next(sources, &cursor, failed)) != NULL) {
        if (crl_is_delta(delta) && is_in_force(delta, now) && trust_crl_extends(delta, crl))
            return true;
    }
    return false;
}

/* Whether `later` releases what `crl` holds: a complete CRL of the same scope that does not list it
 * any more, or a delta CRL that removes it. What is relied on is released by what is in force alone
 * (RFC 5280 section 6.3.3 a); when neither is, the lists are stale, and that is told. */
static bool releases(const struct crl_sources *sources, const struct crl *later,
    const struct crl *crl, X509 *certificate, time_t now, bool *failed)
{
    struct crl_entry entry;
    bool found;

    if (!crl_is_sound(sources, later) || !is_later(later, crl, now) ||
        !trust_crl_is_same_scope(later, crl) ||
        (!is_in_force(later, now) && is_relied_on(sources, crl, now, failed)))
        return false;
    found = crl_find(later, X509_get0_serialNumber(certificate), &entry);
    if (!crl_is_delta(later))
        return !found;
    return found && entry.reason == CRL_REASON_REMOVE_FROM_CRL &&
           may_remove(sources, later, crl, certificate, failed);
}

static bool is_released(const struct crl_sources *sources, const struct crl *crl, X509 *certificate,
    time_t now, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *later;

    while ((later = crl_sources_next(sources, &cursor, failed)) != NULL) {
        if (releases(sources, later, crl, certificate, now, failed))
            return true;
    }
    return false;
}

const struct crl *listed_on(const struct crl_sources *sources, X509 *certificate, time_t now,
    struct crl_entry *entry, bool *failed)
{
    struct crl_cursor cursor = {.signer = 0};
    const struct crl *crl;

    while ((crl = crl_sources_next(sources, &cursor, failed)) != NULL) {
        if (!crl_find(crl, X509_get0_serialNumber(certificate), entry))
            continue;
        if (entry->reason == CRL_REASON_REMOVE_FROM_CRL && crl_is_delta(crl))
            continue;
        if (entry->reason != CRL_REASON_CERTIFICATE_HOLD ||
            !is_released(sources, crl, certificate, now, failed))
            return crl;
    }
    return NULL;
}
