/* SPDX-License-Identifier: ISC */
#include "verify/verify_words_crls.h"
#include "certificate/identity.h"

#include <openssl/x509v3.h>

/* The words of the number, and whose CRL it is. */
static void append_name(struct text *text, const struct words_facts *facts)
{
    text_printf(text, "%s: %s", verdict_error_words(facts->finding->code), facts->name);
}

static void crl_signature(struct text *text, const struct words_facts *facts)
{
    text_printf(text, "%s: no key of %s that is known signed it",
        verdict_error_words(facts->finding->code), facts->name);
}

static void other_key_crl(struct text *text, const struct words_facts *facts)
{
    text_printf(text, "%s: %s", verify_cause_words(CAUSE_CRL_OTHER_KEY), facts->name);
}

static void weak_crl(struct text *text, const struct words_facts *facts)
{
    const ASN1_OBJECT *object = NULL;

    X509_ALGOR_get0(&object, NULL, NULL, crl_signature_algorithm(facts->finding->crl));
    text_printf(text, "%s: %s, at level %d: %s", verify_cause_words(CAUSE_CRL_DIGEST),
        OBJ_nid2ln(OBJ_obj2nid(object)), facts->options->security_level, facts->name);
}

static void append_crl_time(struct text *text, const struct words_facts *facts, const char *before,
    bool (*get)(const struct crl *crl, time_t *seconds))
{
    char buffer[IDENTITY_TIME_SIZE];
    time_t seconds;

    append_name(text, facts);
    if (facts->finding->crl == NULL || !get(facts->finding->crl, &seconds))
        return;
    identity_format_time(seconds, buffer);
    text_printf(text, "%s%s", before, buffer);
}

static void stale_crl(struct text *text, const struct words_facts *facts)
{
    append_crl_time(text, facts, " should have given another one by ", crl_next_update);
}

static void early_crl(struct text *text, const struct words_facts *facts)
{
    append_crl_time(text, facts, ", from ", crl_this_update);
}

static void endless_crl(struct text *text, const struct words_facts *facts)
{
    bool is_there = facts->finding->crl != NULL && crl_has_next_update(facts->finding->crl);

    text_printf(text, "the issuer's CRL has %s, so it does not count: %s",
        is_there ? "a nextUpdate that cannot be read" : "no nextUpdate (RFC 5280 section 5.1.2.5)",
        facts->name);
}

static void undated_crl(struct text *text, const struct words_facts *facts)
{
    text_printf(text, "the issuer's CRL has a thisUpdate that cannot be read: %s", facts->name);
}

static void faulty_crl(struct text *text, const struct words_facts *facts)
{
    const char *fault = facts->finding->crl != NULL ? crl_fault(facts->finding->crl) : NULL;

    text_printf(text, "the issuer's CRL does not count: %s: %s",
        fault != NULL ? fault : "it has a critical extension that is not understood", facts->name);
}

/* Which certificates a list is for that is not for this one; NULL when its scope does not say (RFC
 * 5280 section 5.2.5). */
static const char *scope_words(const ISSUING_DIST_POINT *scope, X509 *about)
{
    const bool is_ca = (X509_get_extension_flags(about) & EXFLAG_CA) != 0;

    if (scope == NULL)
        return NULL;
    if (scope->onlyattr > 0)
        return "attribute certificates alone";
    if (scope->onlyCA > 0 && !is_ca)
        return "those of CAs alone";
    if (scope->onlyuser > 0 && (is_ca || X509_get_version(about) != X509_VERSION_3))
        return "those of users alone";
    return scope->distpoint != NULL
               ? "those whose cRLDistributionPoints name its distribution point"
               : NULL;
}

static void other_crl(struct text *text, const struct words_facts *facts)
{
    const struct crl *crl = facts->finding->crl;
    const char *scope = crl != NULL ? scope_words(crl_scope(crl), facts->about) : NULL;

    if (crl != NULL && crl_is_delta(crl))
        text_printf(
            text, "the issuer's CRL is a delta CRL without a complete one: %s", facts->name);
    else if (crl == NULL)
        text_printf(text, "the issuer's CRLs are for some reasons alone: %s", facts->name);
    else if (scope != NULL)
        text_printf(text, "the issuer's CRL is for other certificates, %s: %s", scope, facts->name);
    else
        append_name(text, facts);
}

const struct words_sentence words_crl_sentences[] = {
    {X509_V_ERR_UNABLE_TO_GET_CRL, CAUSE_OF_CODE, append_name},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CAUSE_OF_CODE, crl_signature},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CAUSE_CRL_DIGEST, weak_crl},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CAUSE_CRL_OTHER_KEY, other_key_crl},
    {X509_V_ERR_CRL_HAS_EXPIRED, CAUSE_OF_CODE, stale_crl},
    {X509_V_ERR_CRL_NOT_YET_VALID, CAUSE_OF_CODE, early_crl},
    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, CAUSE_OF_CODE, endless_crl},
    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, CAUSE_OF_CODE, undated_crl},
    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, CAUSE_OF_CODE, faulty_crl},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE, CAUSE_OF_CODE, other_crl},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, CAUSE_OF_CODE, append_name},
    {.append = NULL},
};
