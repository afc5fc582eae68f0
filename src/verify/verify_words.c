/* SPDX-License-Identifier: ISC */
#include "verify/verify_words.h"
#include "base/text.h"
#include "certificate/identity.h"
#include "verify/verify_extensions.h"
#include "verify/verify_purpose.h"
#include "verify/verify_words_crls.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static void append_words(struct text *text, const struct words_facts *facts)
{
    text_append_string(text, verdict_error_words(facts->finding->code));
}

static void expired(struct text *text, const struct words_facts *facts)
{
    if (facts->finding->depth == 0) {
        append_words(text, facts);
        return;
    }
    text_printf(text, "the certificate of the CA %s has expired, on ", facts->name);
    append_time(text, X509_get0_notAfter(facts->about));
}

static void not_yet_valid(struct text *text, const struct words_facts *facts)
{
    if (facts->finding->depth == 0) {
        append_words(text, facts);
        return;
    }
    text_printf(text, "the certificate of the CA %s is not yet valid: it begins on ", facts->name);
    append_time(text, X509_get0_notBefore(facts->about));
}

static void unknown_critical(struct text *text, const struct words_facts *facts)
{
    int i;

    append_words(text, facts);
    for (i = 0; i < X509_get_ext_count(facts->about); i++) {
        X509_EXTENSION *extension = X509_get_ext(facts->about, i);

        if (X509_EXTENSION_get_critical(extension) != 0 &&
            X509_supported_extension(extension) == 0) {
            text_append_string(text, ": ");
            append_oid(text, X509_EXTENSION_get_object(extension));
            text_append_string(
                text, extensions_never_critical(X509_EXTENSION_get_object(extension)));
            return;
        }
    }
}

/* Doubled (RFC 5280 section 4.2), or not readable, or of what libcrypto does not say. */
static void invalid_extension(struct text *text, const struct words_facts *facts)
{
    const ASN1_OBJECT *object = NULL;
    const char *words = extensions_explain(facts->about, &object);

    append_words(text, facts);
    if (words == NULL)
        return;
    text_append_string(text, ": ");
    append_oid(text, object);
    text_append_string(text, words);
}

static void weak_key(struct text *text, const struct words_facts *facts)
{
    const EVP_PKEY *key = X509_get0_pubkey(facts->about);

    append_words(text, facts);
    if (key != NULL && EVP_PKEY_get0_type_name(key) != NULL)
        text_printf(text, ": %s with %d bits, at level %d", EVP_PKEY_get0_type_name(key),
            EVP_PKEY_get_bits(key), facts->options->security_level);
}

static void weak_digest(struct text *text, const struct words_facts *facts)
{
    int nid = X509_get_signature_nid(facts->about);

    append_words(text, facts);
    if (nid != NID_undef)
        text_printf(text, ": %s, at level %d", OBJ_nid2ln(nid), facts->options->security_level);
}

static void wrong_purpose(struct text *text, const struct words_facts *facts)
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

static void no_ca(struct text *text, const struct words_facts *facts)
{
    append_words(text, facts);
    text_printf(text, ": %s%s", facts->name,
        (X509_get_key_usage(facts->about) & KU_KEY_CERT_SIGN) == 0
            ? ", whose keyUsage does not have keyCertSign"
            : ", which has no basicConstraints with CA:TRUE");
}

static void path_length(struct text *text, const struct words_facts *facts)
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

static void not_permitted(struct text *text, const struct words_facts *facts)
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

static void may_not_sign(struct text *text, const struct words_facts *facts)
{
    text_printf(
        text, "the key usage of its issuer %s does not allow it to sign certificates", facts->name);
}

static void unknown_issuer(struct text *text, const struct words_facts *facts)
{
    text_printf(text,
        "the trusted CA did not sign it (its issuer is %s), or an intermediate certificate is "
        "missing",
        facts->name);
}

/* The sentences that say more than the X509_V_ERR number or the cause alone; the name is the
 * certificate's, or its issuer's where that is not known. */
static const struct words_sentence sentences[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, CAUSE_OF_CODE, expired},
    {X509_V_ERR_CERT_NOT_YET_VALID, CAUSE_OF_CODE, not_yet_valid},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, CAUSE_OF_CODE, unknown_critical},
    {X509_V_ERR_INVALID_EXTENSION, CAUSE_OF_CODE, invalid_extension},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, CAUSE_OF_CODE, invalid_extension},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, CAUSE_POLICY_UNREADABLE, invalid_extension},
    {X509_V_ERR_EE_KEY_TOO_SMALL, CAUSE_OF_CODE, weak_key},
    {X509_V_ERR_CA_KEY_TOO_SMALL, CAUSE_OF_CODE, weak_key},
    {X509_V_ERR_CA_MD_TOO_WEAK, CAUSE_OF_CODE, weak_digest},
    {X509_V_ERR_INVALID_PURPOSE, CAUSE_OF_CODE, wrong_purpose},
    {X509_V_ERR_INVALID_CA, CAUSE_OF_CODE, no_ca},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, CAUSE_OF_CODE, path_length},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, CAUSE_OF_CODE, may_not_sign},
    {X509_V_ERR_PERMITTED_VIOLATION, CAUSE_OF_CODE, not_permitted},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CAUSE_ISSUER_UNKNOWN, unknown_issuer},
    {.append = NULL},
};

static bool set_name(struct words_facts *facts, const X509_NAME *name)
{
    char *shown = identity_name(name, NULL);

    if (shown == NULL)
        return false;
    identity_cut(facts->name, sizeof(facts->name), shown[0] != '\0' ? shown : "without a name");
    free(shown);
    return true;
}

/* NULL when there is none. */
static const struct words_sentence *find(
    const struct words_sentence *row, const struct finding *finding)
{
    for (; row->append != NULL; row++) {
        if (row->code == finding->code && row->cause == finding->cause)
            return row;
    }
    return NULL;
}

static bool append_sentence(struct text *text, struct words_facts *facts)
{
    const struct finding *finding = facts->finding;
    const struct words_sentence *of_crl = find(words_crl_sentences, finding);
    const struct words_sentence *sentence = of_crl != NULL ? of_crl : find(sentences, finding);
    bool of_issuer;

    if (facts->about == NULL || sentence == NULL) {
        text_append_string(text, finding->cause != CAUSE_OF_CODE
                                     ? verify_cause_words(finding->cause)
                                     : verdict_error_words(finding->code));
        return true;
    }
    of_issuer = of_crl != NULL || sentence->append == unknown_issuer;
    if (!set_name(facts,
            of_issuer ? X509_get_issuer_name(facts->about) : X509_get_subject_name(facts->about)))
        return false;
    sentence->append(text, facts);
    return true;
}

/* Which certificate of the chain is meant. */
static bool append_place(struct text *text, struct words_facts *facts)
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
    struct words_facts facts = {.finding = finding, .about = about, .options = options};
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
