/* SPDX-License-Identifier: ISC */
#include "verify/verify_words.h"
#include "base/text.h"
#include "certificate/identity.h"
#include "verify/verify_extensions.h"
#include "verify/verify_purpose.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a name in a reason at the most. */
#define NAME_BYTES 100

/* What a sentence speaks of. */
struct facts {
    const struct finding *finding;
    X509 *about;
    const struct verify_options *options;
    char name[NAME_BYTES]; /* of `about`, or of the CRL */
};

static void append_time(struct text *text, const ASN1_TIME *date)
{
    char buffer[IDENTITY_TIME_SIZE];
    time_t seconds;

    if (!identity_time(date, &seconds))
        return;
    identity_format_time(seconds, buffer);
    text_append_string(text, buffer);
}

/* Short and long name where libcrypto has one, and the dotted form in any case. */
static void append_oid(struct text *text, const ASN1_OBJECT *object)
{
    char dotted[80];
    int nid = OBJ_obj2nid(object);

    if (OBJ_obj2txt(dotted, sizeof(dotted), object, 1) <= 0)
        return;
    if (nid != NID_undef)
        text_printf(text, "%s (%s)", OBJ_nid2sn(nid), dotted);
    else
        text_append_string(text, dotted);
}

/* The words of the number alone, which a detail follows. */
static void append_words(struct text *text, const struct facts *facts)
{
    text_append_string(text, verdict_error_words(facts->finding->code));
}

static void expired(struct text *text, const struct facts *facts)
{
    if (facts->finding->depth == 0) {
        append_words(text, facts);
        return;
    }
    text_printf(text, "the certificate of the CA %s has expired, on ", facts->name);
    append_time(text, X509_get0_notAfter(facts->about));
}

static void not_yet_valid(struct text *text, const struct facts *facts)
{
    if (facts->finding->depth == 0) {
        append_words(text, facts);
        return;
    }
    text_printf(text, "the certificate of the CA %s is not yet valid: it begins on ", facts->name);
    append_time(text, X509_get0_notBefore(facts->about));
}

static void unknown_critical(struct text *text, const struct facts *facts)
{
    int i;

    append_words(text, facts);
    for (i = 0; i < X509_get_ext_count(facts->about); i++) {
        X509_EXTENSION *extension = X509_get_ext(facts->about, i);

        if (X509_EXTENSION_get_critical(extension) != 0 &&
            X509_supported_extension(extension) == 0) {
            text_append_string(text, ": ");
            append_oid(text, X509_EXTENSION_get_object(extension));
            return;
        }
    }
}

/* Doubled (RFC 5280 section 4.2), or not readable, or of what libcrypto does not say. */
static void invalid_extension(struct text *text, const struct facts *facts)
{
    const ASN1_OBJECT *object = NULL;
    const char *words = extensions_explain(facts->about, &object);

    append_words(text, facts);
    if (words == NULL)
        return;
    text_append_string(text, ": ");
    if (object != NULL)
        append_oid(text, object);
    text_append_string(text, words);
}

static void weak_key(struct text *text, const struct facts *facts)
{
    const EVP_PKEY *key = X509_get0_pubkey(facts->about);

    append_words(text, facts);
    if (key != NULL && EVP_PKEY_get0_type_name(key) != NULL)
        text_printf(text, ": %s with %d bits, at level %d", EVP_PKEY_get0_type_name(key),
            EVP_PKEY_get_bits(key), facts->options->security_level);
}

static void weak_digest(struct text *text, const struct facts *facts)
{
    int nid = X509_get_signature_nid(facts->about);

    append_words(text, facts);
    if (nid != NID_undef)
        text_printf(text, ": %s, at level %d", OBJ_nid2ln(nid), facts->options->security_level);
}

static void wrong_purpose(struct text *text, const struct facts *facts)
{
    const bool as_issuer = facts->finding->depth > 0;
    const char *fault = purpose_fault(facts->about, facts->options->purpose, as_issuer);

    if (as_issuer) {
        text_printf(text, "the CA %s may not issue for TLS clients: %s", facts->name, fault);
        return;
    }
    text_printf(text, "%s: ", fault);
    append_words(text, facts);
}

static void append_name(struct text *text, const struct facts *facts)
{
    append_words(text, facts);
    text_printf(text, ": %s", facts->name);
}

static void no_ca(struct text *text, const struct facts *facts)
{
    append_name(text, facts);
    text_append_string(text, (X509_get_key_usage(facts->about) & KU_KEY_CERT_SIGN) == 0
                                 ? ", whose keyUsage does not have keyCertSign"
                                 : ", which has no basicConstraints with CA:TRUE");
}

static void path_length(struct text *text, const struct facts *facts)
{
    append_words(text, facts);
    text_printf(text, ": %s allows %ld", facts->name, X509_get_pathlen(facts->about));
}

/* OpenSSL 3.0 takes what follows a host without a slash for a part of it (RFC 3986 section 3.2). */
static bool is_host_misread(const ASN1_STRING *uri)
{
    const char *at = (const char *)ASN1_STRING_get0_data(uri);
    const size_t length = (size_t)ASN1_STRING_length(uri);
    const char *host = memmem(at, length, "://", 3);
    size_t i;

    for (i = host != NULL ? (size_t)(host - at) + 3 : length; i < length && at[i] != '/'; i++) {
        if (at[i] == '?' || at[i] == '#')
            return true;
    }
    return false;
}

static void not_permitted(struct text *text, const struct facts *facts)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(facts->about, NID_subject_alt_name, NULL, NULL);
    int i;

    append_words(text, facts);
    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type != GEN_URI || !is_host_misread(name->d.ia5))
            continue;
        text_append_string(
            text, ", or that cannot be told: a URI has ? or # right behind its host");
        break;
    }
    GENERAL_NAMES_free(names);
}

static void may_not_sign(struct text *text, const struct facts *facts)
{
    text_printf(
        text, "the key usage of its issuer %s does not allow it to sign certificates", facts->name);
}

static void unknown_issuer(struct text *text, const struct facts *facts)
{
    text_printf(text,
        "the trusted CA did not sign it (its issuer is %s), or an intermediate certificate is "
        "missing",
        facts->name);
}

static void crl_signature(struct text *text, const struct facts *facts)
{
    append_words(text, facts);
    text_printf(text, ": no key of %s that is known signed it", facts->name);
}

static void other_key_crl(struct text *text, const struct facts *facts)
{
    text_printf(text, "%s: %s", verify_cause_words(CAUSE_CRL_OTHER_KEY), facts->name);
}

static void weak_crl(struct text *text, const struct facts *facts)
{
    const ASN1_OBJECT *object = NULL;

    X509_ALGOR_get0(&object, NULL, NULL, crl_signature_algorithm(facts->finding->crl));
    text_printf(text, "%s: %s, at level %d: %s", verify_cause_words(CAUSE_CRL_DIGEST),
        OBJ_nid2ln(OBJ_obj2nid(object)), facts->options->security_level, facts->name);
}

static void append_crl_time(struct text *text, const struct facts *facts, const char *before,
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

static void stale_crl(struct text *text, const struct facts *facts)
{
    append_crl_time(text, facts, " should have given another one by ", crl_next_update);
}

static void early_crl(struct text *text, const struct facts *facts)
{
    append_crl_time(text, facts, ", from ", crl_this_update);
}

static void endless_crl(struct text *text, const struct facts *facts)
{
    bool is_there = facts->finding->crl != NULL && crl_has_next_update(facts->finding->crl);

    text_printf(text, "the issuer's CRL has %s, so it does not count: %s",
        is_there ? "a nextUpdate that cannot be read" : "no nextUpdate (RFC 5280 section 5.1.2.5)",
        facts->name);
}

static void undated_crl(struct text *text, const struct facts *facts)
{
    text_printf(text, "the issuer's CRL has a thisUpdate that cannot be read: %s", facts->name);
}

static void faulty_crl(struct text *text, const struct facts *facts)
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

static void other_crl(struct text *text, const struct facts *facts)
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

/* Whose name a sentence has: of the certificate, or of its issuer. */
enum whose { ABOUT, ISSUER };

/* The sentences that say more than the X509_V_ERR number or the cause alone. */
static const struct {
    int code;
    enum verify_cause cause;
    enum whose whose;
    void (*append)(struct text *text, const struct facts *facts);
} sentences[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, CAUSE_OF_CODE, ABOUT, expired},
    {X509_V_ERR_CERT_NOT_YET_VALID, CAUSE_OF_CODE, ABOUT, not_yet_valid},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, CAUSE_OF_CODE, ABOUT, unknown_critical},
    {X509_V_ERR_INVALID_EXTENSION, CAUSE_OF_CODE, ABOUT, invalid_extension},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, CAUSE_OF_CODE, ABOUT, invalid_extension},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, CAUSE_POLICY_UNREADABLE, ABOUT, invalid_extension},
    {X509_V_ERR_EE_KEY_TOO_SMALL, CAUSE_OF_CODE, ABOUT, weak_key},
    {X509_V_ERR_CA_KEY_TOO_SMALL, CAUSE_OF_CODE, ABOUT, weak_key},
    {X509_V_ERR_CA_MD_TOO_WEAK, CAUSE_OF_CODE, ABOUT, weak_digest},
    {X509_V_ERR_INVALID_PURPOSE, CAUSE_OF_CODE, ABOUT, wrong_purpose},
    {X509_V_ERR_INVALID_CA, CAUSE_OF_CODE, ABOUT, no_ca},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, CAUSE_OF_CODE, ABOUT, path_length},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, CAUSE_OF_CODE, ABOUT, may_not_sign},
    {X509_V_ERR_PERMITTED_VIOLATION, CAUSE_OF_CODE, ABOUT, not_permitted},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CAUSE_ISSUER_UNKNOWN, ISSUER, unknown_issuer},
    {X509_V_ERR_UNABLE_TO_GET_CRL, CAUSE_OF_CODE, ISSUER, append_name},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CAUSE_OF_CODE, ISSUER, crl_signature},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CAUSE_CRL_DIGEST, ISSUER, weak_crl},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CAUSE_CRL_OTHER_KEY, ISSUER, other_key_crl},
    {X509_V_ERR_CRL_HAS_EXPIRED, CAUSE_OF_CODE, ISSUER, stale_crl},
    {X509_V_ERR_CRL_NOT_YET_VALID, CAUSE_OF_CODE, ISSUER, early_crl},
    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, CAUSE_OF_CODE, ISSUER, endless_crl},
    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, CAUSE_OF_CODE, ISSUER, undated_crl},
    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, CAUSE_OF_CODE, ISSUER, faulty_crl},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE, CAUSE_OF_CODE, ISSUER, other_crl},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, CAUSE_OF_CODE, ISSUER, append_name},
};

static bool set_name(struct facts *facts, const X509_NAME *name)
{
    char *shown = identity_name(name, NULL);

    if (shown == NULL)
        return false;
    identity_cut(facts->name, sizeof(facts->name), shown[0] != '\0' ? shown : "without a name");
    free(shown);
    return true;
}

static bool append_sentence(struct text *text, struct facts *facts)
{
    const struct finding *finding = facts->finding;
    size_t i;

    for (i = 0; facts->about != NULL && i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (sentences[i].code != finding->code || sentences[i].cause != finding->cause)
            continue;
        if (!set_name(facts, sentences[i].whose == ABOUT ? X509_get_subject_name(facts->about)
                                                         : X509_get_issuer_name(facts->about)))
            return false;
        sentences[i].append(text, facts);
        return true;
    }
    text_append_string(text, finding->cause != CAUSE_OF_CODE ? verify_cause_words(finding->cause)
                                                             : verdict_error_words(finding->code));
    return true;
}

/* Which certificate of the chain is meant. */
static bool append_place(struct text *text, struct facts *facts)
{
    text_printf(text, " (certificate %d of its chain, counted from the client's as 0",
        facts->finding->depth);
    if (facts->about != NULL) {
        if (!set_name(facts, X509_get_subject_name(facts->about)))
            return false;
        if (strstr(text_string(text), facts->name) == NULL)
            text_printf(text, ": %s", facts->name);
    }
    text_append_string(text, ")");
    return true;
}

bool words_describe(const struct finding *finding, X509 *about,
    const struct verify_options *options, struct verdict *verdict)
{
    struct facts facts = {.finding = finding, .about = about, .options = options};
    struct text text = {.limit = 0};
    bool good;

    verdict->error_code = finding->code;
    verdict->error_depth = finding->depth;
    verdict->cause = finding->cause;
    good = append_sentence(&text, &facts) && (finding->depth <= 0 || append_place(&text, &facts)) &&
           !text.failed;
    if (good)
        identity_cut(verdict->reason, sizeof(verdict->reason), text_string(&text));
    text_free(&text);
    return good;
}
