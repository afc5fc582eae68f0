/* SPDX-License-Identifier: ISC */
#include "rules/rules_names.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "rules/rules_dn.h"
#include "rules/rules_resolve.h"
#include "rules/rules_values.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* What is gathered. */
struct gatherer {
    const struct rules *rules;
    struct rules_subject *subject;
    bool *identities;
    uint32_t *ids; /* that the name in hand meets; room for all there are */
    size_t id_count;
};

static enum error_kind library_failure(void)
{
    return alloc_watch_explains_errors() ? ERROR_MEMORY : ERROR_LIBRARY;
}

static bool wanted(const struct gatherer *gatherer, enum rules_key key)
{
    return (gatherer->rules->identity_keys & KEY_BIT(key)) != 0;
}

/* No name meets a value twice: each look-up of one is for another form or another text. */
static void meet(struct gatherer *gatherer, uint32_t id)
{
    gatherer->ids[gatherer->id_count++] = id;
    gatherer->identities[id] = true;
}

/* Meets the identity value that is equal to this one, if there is one. */
static void look_up(struct gatherer *gatherer, const struct rules_value *value)
{
    struct rules_value *const *found =
        gatherer->rules->identity_count > 0
            ? bsearch(&value, gatherer->rules->identities, gatherer->rules->identity_count,
                  sizeof(value), rules_compare_identities)
            : NULL;

    if (found != NULL)
        meet(gatherer, (*found)->id);
}

static void look_up_bytes(struct gatherer *gatherer, enum rules_key key, enum rules_form form,
    const char *bytes, size_t length)
{
    /* Only read from. */
    const struct rules_value value = {.key = key,
        .form = form,
        .bytes = {.data = (unsigned char *)(uintptr_t)bytes, .length = length}};

    look_up(gatherer, &value);
}

/* Keeps a name with the identity values that it meets. */
static enum error_kind keep(struct gatherer *gatherer, enum rules_key key, const void *bytes,
    size_t length, bool unreadable)
{
    struct rules_subject *subject = gatherer->subject;
    struct rules_name *name = &subject->names[subject->name_count];

    *name = (struct rules_name){.key = key,
        .unreadable = unreadable,
        .bytes = {.data = (unsigned char *)rules_arena_copy(&subject->arena, bytes, length),
            .length = length},
        .met = rules_arena_get(&subject->arena, gatherer->id_count, sizeof(*name->met)),
        .met_count = gatherer->id_count};
    if (name->bytes.data == NULL || name->met == NULL)
        return ERROR_MEMORY;
    if (name->met_count > 0)
        memcpy(name->met, gatherer->ids, name->met_count * sizeof(*name->met));
    subject->name_count++;
    gatherer->id_count = 0;
    return ERROR_NONE;
}

/* A name that is compared as it is. */
static enum error_kind keep_exact(struct gatherer *gatherer, enum rules_key key, const char *bytes)
{
    look_up_bytes(gatherer, key, FORM_EXACT, bytes, strlen(bytes));
    return keep(gatherer, key, bytes, strlen(bytes), false);
}

static enum error_kind read_part(
    struct gatherer *gatherer, enum rules_key key, const X509_NAME_ENTRY *entry)
{
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    X509_NAME *name = NULL;
    struct error error = {.kind = ERROR_NONE};
    enum error_kind failure;

    if (length < 0 && alloc_watch_explains_errors())
        return ERROR_MEMORY;
    name = rules_dn_of_entry(entry, &error);
    if (name != NULL) {
        const struct rules_value value = {.key = key, .name = name};

        look_up(gatherer, &value);
        failure = keep(gatherer, key, length > 0 ? utf8 : (const unsigned char *)"",
            length > 0 ? (size_t)length : 0, length < 0);
    } else {
        failure = error.kind;
    }
    X509_NAME_free(name);
    OPENSSL_free(utf8);
    return failure;
}

static enum error_kind read_subject(struct gatherer *gatherer, const X509 *leaf)
{
    static const enum rules_key keys[] = {KEY_UID, KEY_CN, KEY_OU, KEY_O, KEY_DC, KEY_C};
    const X509_NAME *subject = X509_get_subject_name(leaf);
    enum error_kind failure = ERROR_NONE;
    struct error error = {.kind = ERROR_NONE};
    size_t key;
    int i;

    for (i = 0; i < X509_NAME_entry_count(subject) && failure == ERROR_NONE; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));

        for (key = 0; key < sizeof(keys) / sizeof(keys[0]) && failure == ERROR_NONE; key++) {
            if (wanted(gatherer, keys[key]) && rules_key_nid(keys[key]) == nid)
                failure = read_part(gatherer, keys[key], entry);
        }
    }
    if (failure == ERROR_NONE && wanted(gatherer, KEY_DN)) {
        /* Only read from. */
        const struct rules_value value = {.key = KEY_DN, .name = (X509_NAME *)(uintptr_t)subject};
        char *shown = identity_name(subject, &error);

        if (shown == NULL)
            return error.kind;
        look_up(gatherer, &value);
        failure = keep(gatherer, KEY_DN, shown, strlen(shown), false);
        free(shown);
    }
    return failure;
}

/* *@DOMAIN: the name before the @ is not empty and without @ and *. */
static void look_up_mailbox(
    struct gatherer *gatherer, enum rules_key key, const char *name, size_t length, char *form)
{
    size_t at;

    rules_form_mailbox(name, length, form, &at);
    look_up_bytes(gatherer, key, FORM_EXACT, form, length);
    if (at > 0 && at < length && memchr(form, '*', length) == NULL && memchr(form, '@', at) == NULL)
        look_up_bytes(gatherer, key, FORM_DOMAIN, form + at + 1, length - at - 1);
}

static void look_up_dns(struct gatherer *gatherer, const char *name, size_t length, char *form)
{
    const char *dot;

    rules_form_lower(name, length, form);
    look_up_bytes(gatherer, KEY_DNS, FORM_EXACT, form, length);
    dot = memchr(form, '.', length);
    if (dot != NULL && dot != form && memchr(form, '*', length) == NULL)
        look_up_bytes(gatherer, KEY_DNS, FORM_DOMAIN, dot + 1, length - (size_t)(dot + 1 - form));
}

/* A segment that a pattern may stand for. */
static bool is_plain_segment(const char *segment, size_t length)
{
    size_t i;

    if (length == 0 || (length == 1 && segment[0] == '.') ||
        (length == 2 && memcmp(segment, "..", 2) == 0))
        return false;
    for (i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)segment[i];

        if (byte <= 0x20 || byte >= 0x7F || strchr("*?#%\\", byte) != NULL)
            return false;
    }
    return true;
}

static void look_up_uri(struct gatherer *gatherer, const char *name, size_t length, char *form)
{
    size_t at, next, last = length, path = rules_form_uri(name, length, form);

    look_up_bytes(gatherer, KEY_URI, FORM_EXACT, form, length);
    if (memchr(form, '*', path) != NULL)
        return;
    for (at = path; at < length; at = next) {
        for (next = at + 1; next < length && form[next] != '/';)
            next++;
        if (form[at] != '/' || !is_plain_segment(form + at + 1, next - at - 1))
            return;
        last = at;
    }
    for (at = path; at < length; at++) {
        if (form[at] == '/')
            look_up_bytes(gatherer, KEY_URI, FORM_BELOW, form, at);
    }
    if (last < length)
        look_up_bytes(gatherer, KEY_URI, FORM_SEGMENT, form, last);
}

static enum error_kind read_ip(struct gatherer *gatherer, const ASN1_OCTET_STRING *address)
{
    const struct rules *rules = gatherer->rules;
    const unsigned char *bytes = ASN1_STRING_get0_data(address);
    size_t i, length = (size_t)ASN1_STRING_length(address);
    char shown[INET6_ADDRSTRLEN] = "";

    if ((length != 4 && length != 16) ||
        inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, shown, sizeof(shown)) == NULL)
        return keep(gatherer, KEY_IP, "", 0, true);
    for (i = 0; i < rules->identity_count; i++) {
        const struct rules_value *value = rules->identities[i];

        if (value->key == KEY_IP && rules_network_has(&value->network, bytes, length))
            meet(gatherer, value->id);
    }
    return keep(gatherer, KEY_IP, shown, strlen(shown), false);
}

static enum error_kind read_string(
    struct gatherer *gatherer, enum rules_key key, const ASN1_STRING *string)
{
    const char *name = (const char *)ASN1_STRING_get0_data(string);
    size_t length = (size_t)ASN1_STRING_length(string);
    char *form = malloc(length + 1);
    enum error_kind failure;

    if (form == NULL)
        return ERROR_MEMORY;
    if (key == KEY_DNS)
        look_up_dns(gatherer, name, length, form);
    else if (key == KEY_URI)
        look_up_uri(gatherer, name, length, form);
    else
        look_up_mailbox(gatherer, key, name, length, form);
    failure = keep(gatherer, key, name, length, false);
    free(form);
    return failure;
}

static enum error_kind read_general_name(struct gatherer *gatherer, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_EMAIL:
        return wanted(gatherer, KEY_EMAIL) ? read_string(gatherer, KEY_EMAIL, name->d.ia5)
                                           : ERROR_NONE;
    case GEN_DNS:
        return wanted(gatherer, KEY_DNS) ? read_string(gatherer, KEY_DNS, name->d.ia5) : ERROR_NONE;
    case GEN_URI:
        return wanted(gatherer, KEY_URI) ? read_string(gatherer, KEY_URI, name->d.ia5) : ERROR_NONE;
    case GEN_IPADD:
        return wanted(gatherer, KEY_IP) ? read_ip(gatherer, name->d.iPAddress) : ERROR_NONE;
    case GEN_OTHERNAME:
        if (wanted(gatherer, KEY_UPN) && name->d.otherName->value->type == V_ASN1_UTF8STRING &&
            OBJ_obj2nid(name->d.otherName->type_id) == NID_ms_upn)
            return read_string(gatherer, KEY_UPN, name->d.otherName->value->value.utf8string);
        return ERROR_NONE;
    default:
        return ERROR_NONE;
    }
}

/* An extension that is missing is no failure, one that is there twice or cannot be read is. */
static enum error_kind read_extension(const X509 *leaf, int nid, void **value)
{
    int critical = -1;

    *value = X509_get_ext_d2i(leaf, nid, &critical, NULL);
    if (*value != NULL || critical == -1)
        return ERROR_NONE;
    return alloc_watch_explains_errors() ? ERROR_MEMORY : ERROR_INPUT;
}

static enum error_kind read_alternative_names(struct gatherer *gatherer, const GENERAL_NAMES *names)
{
    enum error_kind failure = ERROR_NONE;
    int i;

    for (i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && failure == ERROR_NONE; i++)
        failure = read_general_name(gatherer, sk_GENERAL_NAME_value(names, i));
    return failure;
}

static enum error_kind read_policies(struct gatherer *gatherer, const CERTIFICATEPOLICIES *policies)
{
    enum error_kind failure = ERROR_NONE;
    char dotted[256];
    int i;

    for (i = 0; wanted(gatherer, KEY_POLICY) && policies != NULL &&
                i < sk_POLICYINFO_num(policies) && failure == ERROR_NONE;
         i++) {
        int length =
            OBJ_obj2txt(dotted, sizeof(dotted), sk_POLICYINFO_value(policies, i)->policyid, 1);

        if (length < 0)
            return library_failure();
        if ((size_t)length < sizeof(dotted))
            failure = keep_exact(gatherer, KEY_POLICY, dotted);
    }
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

static enum error_kind read_digest(struct gatherer *gatherer, enum rules_key key, X509 *leaf)
{
    struct error error = {.kind = ERROR_NONE};
    unsigned char digest[32];
    char digits[65];

    if (!wanted(gatherer, key))
        return ERROR_NONE;
    if (!rules_digest(leaf, key == KEY_SPKI, digest, &error))
        return error.kind;
    write_hex(digest, sizeof(digest), digits);
    return keep_exact(gatherer, key, digits);
}

/* In hexadecimal without zeros before it, as rules_values.c has it. */
static enum error_kind read_serial(struct gatherer *gatherer, const X509 *leaf)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t length = (size_t)ASN1_STRING_length(serial);
    char digits[2 * 64 + 2] = "-";
    const char *first;

    if (!wanted(gatherer, KEY_SERIAL))
        return ERROR_NONE;
    if (length > 64)
        return keep(gatherer, KEY_SERIAL, "", 0, true);
    write_hex(bytes, length, digits + 1);
    first = digits + 1 + strspn(digits + 1, "0");
    if (*first == '\0')
        return keep_exact(gatherer, KEY_SERIAL, "0");
    digits[first - digits - 1] = '-';
    return keep_exact(
        gatherer, KEY_SERIAL, ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? first - 1 : first);
}

static enum error_kind read_all(struct gatherer *gatherer, X509 *leaf, const GENERAL_NAMES *names,
    const CERTIFICATEPOLICIES *policies)
{
    enum error_kind failure = read_subject(gatherer, leaf);

    if (failure == ERROR_NONE)
        failure = read_alternative_names(gatherer, names);
    if (failure == ERROR_NONE)
        failure = read_policies(gatherer, policies);
    if (failure == ERROR_NONE)
        failure = read_serial(gatherer, leaf);
    if (failure == ERROR_NONE)
        failure = read_digest(gatherer, KEY_SHA256, leaf);
    if (failure == ERROR_NONE)
        failure = read_digest(gatherer, KEY_SPKI, leaf);
    return failure;
}

enum error_kind rules_names_read(
    const struct rules *rules, X509 *leaf, struct rules_subject *subject, bool *identities)
{
    struct gatherer gatherer = {.rules = rules, .subject = subject, .identities = identities};
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
                  ? read_all(&gatherer, leaf, names, policies)
                  : ERROR_MEMORY;

out:
    GENERAL_NAMES_free(names);
    CERTIFICATEPOLICIES_free(policies);
    free(gatherer.ids);
    return failure;
}
