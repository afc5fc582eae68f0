/* SPDX-License-Identifier: ISC */
#include "rules/rules_names.h"
#include "base/utf8.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "rules/rules_alternative_names.h"
#include "rules/rules_dn.h"
#include "rules/rules_doubt.h"
#include "rules/rules_resolve.h"
#include "rules/rules_twin.h"
#include "rules/rules_values.h"
#include "rules/rules_words.h"
#include "verify/verify_policy.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What no rule can be written with, and some programs end a name at, leave out, or take for a space
 * (RFC 4518 section 2.2). What X509_NAME_cmp takes for a space is none of these. */
static bool is_odd(unsigned long code)
{
    if (code >= '\t' && code <= '\r')
        return false;
    return utf8_is_unsafe(code) || rules_is_odd_space(code);
}

/* A part of the subject that is no text, or that two programs may read as two. */
static bool is_odd_part(const unsigned char *utf8, int length)
{
    size_t left = length > 0 ? (size_t)length : 0;

    while (left > 0) {
        unsigned long code = 0; /* stays when there is no character, and is odd */
        size_t size = utf8_decode(utf8, left, &code);

        if (is_odd(code))
            return true;
        utf8 += size;
        left -= size;
    }
    return length < 0;
}

static bool is_ascii(const unsigned char *bytes, size_t length)
{
    while (length > 0 && bytes[length - 1] < 0x80)
        length--;
    return length == 0;
}

/* Whether there are bytes that its type of string does not have, so that one program takes them for
 * Latin-1, as libcrypto does, and another one for UTF-8. In a T61String Latin-1 is usual. */
static bool has_foreign_bytes(const ASN1_STRING *value)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    const size_t length = (size_t)ASN1_STRING_length(value);
    const int type = ASN1_STRING_type(value);

    if (type == V_ASN1_T61STRING)
        return !is_ascii(bytes, length) && utf8_is_well_formed(bytes, length);
    return (type == V_ASN1_PRINTABLESTRING || type == V_ASN1_IA5STRING ||
               type == V_ASN1_NUMERICSTRING) &&
           !is_ascii(bytes, length);
}

/* As it is, and for deny lines in any case. */
static enum error_kind look_up_name(
    struct rules_gatherer *gatherer, enum rules_key key, X509_NAME *name)
{
    struct error error = {.kind = ERROR_NONE};
    X509_NAME *folded = rules_dn_is_folded(name) ? NULL : rules_dn_fold(name, &error);
    const struct rules_value value = {
        .key = key, .name = name, .folded = folded != NULL ? folded : name};

    if (error.kind == ERROR_NONE) {
        rules_gatherer_look_up(gatherer, &value);
        rules_doubt_case(gatherer, &value);
    }
    X509_NAME_free(folded);
    return error.kind;
}

static enum error_kind read_part(
    struct rules_gatherer *gatherer, enum rules_key key, const X509_NAME_ENTRY *entry)
{
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    X509_NAME *name = NULL;
    struct error error = {.kind = ERROR_NONE};
    enum error_kind failure;

    if (length < 0 && alloc_watch_explains_errors())
        return ERROR_MEMORY;
    if (is_odd_part(utf8, length) || has_foreign_bytes(X509_NAME_ENTRY_get_data(entry)))
        rules_doubt_all(gatherer, key);
    name = rules_dn_of_entry(entry, &error);
    failure = name != NULL ? look_up_name(gatherer, key, name) : error.kind;
    if (failure == ERROR_NONE)
        failure = rules_gatherer_keep(gatherer, key, length > 0 ? utf8 : (const unsigned char *)"",
            length > 0 ? (size_t)length : 0, length < 0);
    X509_NAME_free(name);
    OPENSSL_free(utf8);
    return failure;
}

/* Failed allocations are asked for at the end. */
static void doubt_dn(struct rules_gatherer *gatherer, const X509_NAME_ENTRY *entry)
{
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));

    if (is_odd_part(utf8, length) || has_foreign_bytes(X509_NAME_ENTRY_get_data(entry)))
        rules_doubt_all(gatherer, KEY_DN);
    OPENSSL_free(utf8);
}

/* The whole subject. */
static enum error_kind read_dn(struct rules_gatherer *gatherer, const X509_NAME *subject)
{
    struct error error = {.kind = ERROR_NONE};
    X509_NAME *copy = rules_dn_is_comparable(subject) ? NULL : rules_dn_copy(subject, &error);
    char *shown = error.kind == ERROR_NONE ? identity_name(subject, &error) : NULL;
    enum error_kind failure = error.kind;

    if (shown != NULL) {
        /* Only read from. */
        failure =
            look_up_name(gatherer, KEY_DN, copy != NULL ? copy : (X509_NAME *)(uintptr_t)subject);
        if (failure == ERROR_NONE)
            failure = rules_gatherer_keep(gatherer, KEY_DN, shown, strlen(shown), false);
    }
    X509_NAME_free(copy);
    free(shown);
    return failure;
}

static enum error_kind read_subject(struct rules_gatherer *gatherer, const X509 *leaf)
{
    static const enum rules_key keys[] = {KEY_UID, KEY_CN, KEY_OU, KEY_O, KEY_DC, KEY_C};
    const X509_NAME *subject = X509_get_subject_name(leaf);
    enum error_kind failure = ERROR_NONE;
    size_t key;
    int i;

    for (i = 0; i < X509_NAME_entry_count(subject) && failure == ERROR_NONE; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));

        /* Not one of subjectAltName; but who denies an address means this one, too. */
        if (nid == NID_pkcs9_emailAddress && rules_gatherer_wants(gatherer, KEY_EMAIL))
            failure = rules_alternative_names_doubt(gatherer, X509_NAME_ENTRY_get_data(entry));
        if (rules_gatherer_wants(gatherer, KEY_DN))
            doubt_dn(gatherer, entry);
        for (key = 0; key < sizeof(keys) / sizeof(keys[0]) && failure == ERROR_NONE; key++) {
            if (rules_gatherer_wants(gatherer, keys[key]) && rules_key_nid(keys[key]) == nid)
                failure = read_part(gatherer, keys[key], entry);
        }
    }
    return failure == ERROR_NONE && rules_gatherer_wants(gatherer, KEY_DN)
               ? read_dn(gatherer, subject)
               : failure;
}

/* An extension that is missing is no failure, one that is there twice or cannot be read is. */
static enum error_kind read_extension(const X509 *leaf, int nid, void **value)
{
    int critical = -1;

    *value = X509_get_ext_d2i(leaf, nid, &critical, NULL);
    if (*value != NULL || critical == -1)
        return ERROR_NONE;
    return alloc_watch_error_kind(ERROR_INPUT);
}

/* Deny lines alone take it so. */
static void look_up_in_doubt(struct rules_gatherer *gatherer, enum rules_key key, const char *bytes)
{
    gatherer->in_doubt = true;
    rules_gatherer_look_up_bytes(gatherer, key, FORM_EXACT, bytes, strlen(bytes));
    gatherer->in_doubt = false;
}

static enum error_kind read_policy(
    struct rules_gatherer *gatherer, const ASN1_OBJECT *policy, bool valid)
{
    struct rules_subject *subject = gatherer->subject;
    char dotted[256];
    int length = OBJ_obj2txt(dotted, sizeof(dotted), policy, 1);
    enum error_kind failure;

    if (length < 0)
        return alloc_watch_error_kind(ERROR_LIBRARY);
    if ((size_t)length >= sizeof(dotted))
        return ERROR_NONE;
    if (valid)
        return rules_gatherer_keep_exact(gatherer, KEY_POLICY, dotted);
    look_up_in_doubt(gatherer, KEY_POLICY, dotted);
    failure = rules_gatherer_keep(gatherer, KEY_POLICY, dotted, strlen(dotted), false);
    if (failure == ERROR_NONE)
        subject->names[subject->name_count - 1].invalid = true;
    return failure;
}

/* What a certificate says is worth something when all CAs of its path say so, too. */
static enum error_kind read_policies(
    struct rules_gatherer *gatherer, STACK_OF(X509) * proven, const CERTIFICATEPOLICIES *policies)
{
    enum error_kind failure = ERROR_NONE;
    X509_POLICY_TREE *valid = NULL;
    int i;

    if (!rules_gatherer_wants(gatherer, KEY_POLICY) || policies == NULL)
        return ERROR_NONE;
    if (!policy_find_valid(proven, &valid))
        return alloc_watch_error_kind(ERROR_LIBRARY);
    for (i = 0; i < sk_POLICYINFO_num(policies) && failure == ERROR_NONE; i++) {
        const ASN1_OBJECT *policy = sk_POLICYINFO_value(policies, i)->policyid;

        failure = read_policy(gatherer, policy, policy_is_valid(valid, policy));
    }
    X509_policy_tree_free(valid);
    return failure;
}

static void write_hex(const unsigned char *bytes, size_t length, char *digits)
{
    static const char hex[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < length; i++) {
        digits[2 * i] = hex[bytes[i] >> 4];
        digits[2 * i + 1] = hex[bytes[i] & 15];
    }
    digits[2 * length] = '\0';
}

/* The digest that KEY_SHA256 or KEY_SPKI means, in hexadecimal. */
static enum error_kind write_digest(X509 *certificate, enum rules_key key, char digits[65])
{
    struct error error = {.kind = ERROR_NONE};
    unsigned char digest[32];

    if (rules_digest(certificate, key == KEY_SPKI, digest, &error))
        write_hex(digest, sizeof(digest), digits);
    return error.kind;
}

static enum error_kind read_digest(struct rules_gatherer *gatherer, enum rules_key key, X509 *leaf)
{
    enum error_kind failure;
    char digits[65];

    if (!rules_gatherer_wants(gatherer, key))
        return ERROR_NONE;
    failure = write_digest(leaf, key, digits);
    return failure == ERROR_NONE ? rules_gatherer_keep_exact(gatherer, key, digits) : failure;
}

static enum error_kind doubt_digest(
    struct rules_gatherer *gatherer, enum rules_key key, X509 *certificate)
{
    char digits[65];
    enum error_kind failure = write_digest(certificate, key, digits);

    if (failure == ERROR_NONE)
        look_up_in_doubt(gatherer, key, digits);
    return failure;
}

/* Who holds a certificate that is denied by its digest may show its twin. */
static enum error_kind doubt_twin(
    struct rules_gatherer *gatherer, X509 *leaf, STACK_OF(X509) * proven)
{
    const X509 *signer = sk_X509_value(proven, 1);
    X509 *twin = rules_gatherer_wants(gatherer, KEY_SHA256) ? rules_twin_of(leaf, signer) : NULL;
    enum error_kind failure = ERROR_NONE;

    if (twin != NULL)
        failure = doubt_digest(gatherer, KEY_SHA256, twin);
    X509_free(twin);
    return failure;
}

/* As libcrypto writes the key: a CA may have signed it with other parameters, lengths in more bytes
 * than they need, or bytes behind it, which libcrypto passes over. Failed allocations are asked for
 * at the end. */
static void doubt_usual_form(struct rules_gatherer *gatherer, const EVP_PKEY *key)
{
    unsigned char *der = NULL, digest[32];
    const int length = key != NULL ? i2d_PUBKEY(key, &der) : 0;
    char digits[65];

    if (length > 0 && EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL) == 1) {
        write_hex(digest, sizeof(digest), digits);
        look_up_in_doubt(gatherer, KEY_SPKI, digits);
    }
    OPENSSL_free(der);
}

/* A key that is denied by its digest may be certified in another form. */
static enum error_kind doubt_key_forms(struct rules_gatherer *gatherer, X509 *leaf)
{
    const bool is_wanted = rules_gatherer_wants(gatherer, KEY_SPKI);
    X509 *copy = is_wanted ? X509_dup(leaf) : NULL;
    enum error_kind failure = ERROR_NONE;
    size_t i;

    if (is_wanted)
        doubt_usual_form(gatherer, X509_get0_pubkey(leaf));
    for (i = 0; copy != NULL && failure == ERROR_NONE && i < RULES_KEY_FORMS &&
                rules_write_key_form(copy, i);
         i++)
        failure = doubt_digest(gatherer, KEY_SPKI, copy);
    X509_free(copy);
    return failure;
}

/* In hexadecimal without zeros before it, as rules_values.c has it. */
static enum error_kind read_serial(struct rules_gatherer *gatherer, const X509 *leaf)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t length = (size_t)ASN1_STRING_length(serial);
    char digits[2 * 64 + 2] = "-";
    const char *first;

    if (!rules_gatherer_wants(gatherer, KEY_SERIAL))
        return ERROR_NONE;
    if (length > 64)
        return rules_gatherer_keep(gatherer, KEY_SERIAL, "", 0, true);
    write_hex(bytes, length, digits + 1);
    first = digits + 1 + strspn(digits + 1, "0");
    if (*first == '\0')
        return rules_gatherer_keep_exact(gatherer, KEY_SERIAL, "0");
    digits[first - digits - 1] = '-';
    return rules_gatherer_keep_exact(
        gatherer, KEY_SERIAL, ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? first - 1 : first);
}

static enum error_kind read_all(struct rules_gatherer *gatherer, X509 *leaf,
    STACK_OF(X509) * proven, const GENERAL_NAMES *names, const CERTIFICATEPOLICIES *policies)
{
    enum error_kind failure = read_subject(gatherer, leaf);

    if (failure == ERROR_NONE)
        failure = rules_alternative_names_read(gatherer, names);
    if (failure == ERROR_NONE)
        failure = read_policies(gatherer, proven, policies);
    if (failure == ERROR_NONE)
        failure = read_serial(gatherer, leaf);
    if (failure == ERROR_NONE)
        failure = read_digest(gatherer, KEY_SHA256, leaf);
    if (failure == ERROR_NONE)
        failure = doubt_twin(gatherer, leaf, proven);
    if (failure == ERROR_NONE)
        failure = read_digest(gatherer, KEY_SPKI, leaf);
    if (failure == ERROR_NONE)
        failure = doubt_key_forms(gatherer, leaf);
    return failure;
}

enum error_kind rules_names_read(const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven,
    struct rules_subject *subject, bool *identities, bool *doubted)
{
    struct rules_gatherer gatherer = {
        .rules = rules, .subject = subject, .identities = identities, .doubted = doubted};
    void *names = NULL, *policies = NULL;
    enum error_kind failure = read_extension(leaf, NID_subject_alt_name, &names);
    size_t most = (size_t)X509_NAME_entry_count(X509_get_subject_name(leaf)) + 4;

    if (failure == ERROR_NONE)
        failure = read_extension(leaf, NID_certificate_policies, &policies);
    if (failure != ERROR_NONE)
        goto out;
    most += names != NULL ? (size_t)sk_GENERAL_NAME_num(names) : 0;
    most += policies != NULL ? (size_t)sk_POLICYINFO_num(policies) : 0;
    subject->names = rules_arena_get(&subject->arena, most, sizeof(*subject->names));
    gatherer.ids = calloc(rules->identity_count + 1, sizeof(*gatherer.ids));
    failure = subject->names != NULL && gatherer.ids != NULL
                  ? read_all(&gatherer, leaf, proven, names, policies)
                  : ERROR_MEMORY;
    if (gatherer.out_of_memory)
        failure = ERROR_MEMORY;

out:
    GENERAL_NAMES_free(names);
    CERTIFICATEPOLICIES_free(policies);
    free(gatherer.ids);
    return failure;
}
