/* SPDX-License-Identifier: ISC */
#include "certificate/identity_extensions.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity_general_name.h"
#include "certificate/shown.h"

#include <openssl/x509v3.h>
#include <stdlib.h>

static const char unreadable[] = "unreadable";

/* Makes room for all items that will be appended, and the one that tells how many are left out. */
static enum error_kind list_start(struct identity_list *list, size_t count)
{
    if (count > IDENTITY_MAX_NAMES)
        count = IDENTITY_MAX_NAMES;
    list->items = calloc(count + 1, sizeof(*list->items));
    return list->items != NULL ? ERROR_NONE : ERROR_MEMORY;
}

/* Appends what was written, unless writing failed. Empties it in any case. */
static enum error_kind list_append(
    struct identity_list *list, struct shown *shown, enum error_kind failure)
{
    char *item = shown_take(shown);

    *shown = (struct shown){.cut = false};
    if (failure == ERROR_NONE && item == NULL)
        failure = ERROR_MEMORY;
    if (failure != ERROR_NONE)
        free(item);
    else
        list->items[list->count++] = item;
    return failure;
}

static enum error_kind list_append_word(struct identity_list *list, const char *word)
{
    struct shown shown = {.cut = false};

    shown_word(&shown, word);
    return list_append(list, &shown, ERROR_NONE);
}

/* Says how many of `count` items are left out, if any are. */
static enum error_kind list_end(struct identity_list *list, size_t count)
{
    struct shown shown = {.cut = false};

    if (count <= IDENTITY_MAX_NAMES)
        return ERROR_NONE;
    text_printf(&shown.text, "... and %zu more", count - IDENTITY_MAX_NAMES);
    return list_append(list, &shown, ERROR_NONE);
}

static enum error_kind list_unreadable(struct identity_list *list)
{
    enum error_kind failure = list_start(list, 1);

    return failure == ERROR_NONE ? list_append_word(list, unreadable) : failure;
}

enum found { FOUND_NONE, FOUND_ONE, FOUND_TWICE };

/* Finds an extension and its DER, borrowed from the certificate. RFC 5280 section 4.2 allows one of
 * each kind. */
static enum found find_extension(
    const X509 *certificate, int nid, bool *critical, const unsigned char **der, long *length)
{
    int at = X509_get_ext_by_NID(certificate, nid, -1);
    const ASN1_OCTET_STRING *value;
    X509_EXTENSION *extension;

    if (at < 0)
        return FOUND_NONE;
    extension = X509_get_ext(certificate, at);
    value = X509_EXTENSION_get_data(extension);
    *critical = X509_EXTENSION_get_critical(extension) != 0;
    *der = ASN1_STRING_get0_data(value);
    *length = ASN1_STRING_length(value);
    return X509_get_ext_by_NID(certificate, nid, at) < 0 ? FOUND_ONE : FOUND_TWICE;
}

/* Decodes an extension of which nothing may be left over. NULL with ERROR_NONE when the certificate
 * has none; NULL with ERROR_INPUT when it cannot be read. Free with ASN1_item_free. */
static void *decode_extension(const X509 *certificate, int nid, const ASN1_ITEM *item,
    bool *critical, enum error_kind *failure)
{
    const unsigned char *der = NULL, *at;
    long length = 0;
    enum found found = find_extension(certificate, nid, critical, &der, &length);
    void *value = NULL;

    *failure = found == FOUND_TWICE ? ERROR_INPUT : ERROR_NONE;
    if (found != FOUND_ONE)
        return NULL;
    at = der;
    value = ASN1_item_d2i(NULL, &at, length, item);
    if (value == NULL) {
        *failure = alloc_watch_error_kind(ERROR_INPUT);
    } else if (at != der + length) {
        ASN1_item_free(value, item);
        value = NULL;
        *failure = ERROR_INPUT;
    }
    return value;
}

/* As decode_extension for one that is a list: fills in what there is to say without its value. */
static void *decode_list(const X509 *certificate, int nid, const ASN1_ITEM *item,
    struct identity_list *list, enum error_kind *failure)
{
    void *value = decode_extension(certificate, nid, item, &list->critical, failure);

    list->present = value != NULL || *failure == ERROR_INPUT;
    if (*failure == ERROR_INPUT)
        *failure = list_unreadable(list);
    return value;
}

static enum error_kind read_alternative_names(const X509 *certificate, struct identity_list *list)
{
    enum error_kind failure = ERROR_NONE;
    struct shown shown = {.cut = false};
    GENERAL_NAMES *names = decode_list(
        certificate, NID_subject_alt_name, ASN1_ITEM_rptr(GENERAL_NAMES), list, &failure);
    int i, count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;

    if (names == NULL)
        return failure;
    failure = list_start(list, (size_t)count);
    for (i = 0; i < count && i < IDENTITY_MAX_NAMES && failure == ERROR_NONE; i++) {
        failure = shown_general_name(&shown, sk_GENERAL_NAME_value(names, i));
        failure = list_append(list, &shown, failure);
    }
    if (failure == ERROR_NONE)
        failure = list_end(list, (size_t)count);
    GENERAL_NAMES_free(names);
    return failure;
}

/* Reads an extension that is a string of bits with these names. */
static enum error_kind read_bits(const X509 *certificate, int nid, const char *const *names,
    int known, struct identity_list *list)
{
    enum error_kind failure = ERROR_NONE;
    ASN1_BIT_STRING *bits =
        decode_list(certificate, nid, ASN1_ITEM_rptr(ASN1_BIT_STRING), list, &failure);
    int bit, count = bits != NULL ? ASN1_STRING_length(bits) * 8 : 0;

    if (bits == NULL)
        return failure;
    failure = list_start(list, (size_t)count);
    for (bit = 0; bit < count && bit < IDENTITY_MAX_NAMES && failure == ERROR_NONE; bit++) {
        struct shown shown = {.cut = false};

        if (ASN1_BIT_STRING_get_bit(bits, bit) == 0)
            continue;
        if (bit < known)
            shown_word(&shown, names[bit]);
        else
            text_printf(&shown.text, "bit %d", bit);
        failure = list_append(list, &shown, ERROR_NONE);
    }
    ASN1_BIT_STRING_free(bits);
    return failure;
}

/* RFC 5280 section 4.2.1.3, by bit. */
static enum error_kind read_key_usage(const X509 *certificate, struct identity_list *list)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
        "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly",
        "decipherOnly"};

    return read_bits(
        certificate, NID_key_usage, names, (int)(sizeof(names) / sizeof(names[0])), list);
}

/* Netscape's older extension, with the names that x509v3_config(5) has for its bits. */
static enum error_kind read_netscape_type(const X509 *certificate, struct identity_list *list)
{
    static const char *const names[] = {
        "client", "server", "email", "objsign", "reserved", "sslCA", "emailCA", "objCA"};

    return read_bits(
        certificate, NID_netscape_cert_type, names, (int)(sizeof(names) / sizeof(names[0])), list);
}

static enum error_kind read_extended_key_usage(const X509 *certificate, struct identity_list *list)
{
    enum error_kind failure = ERROR_NONE;
    struct shown shown = {.cut = false};
    EXTENDED_KEY_USAGE *usages = decode_list(
        certificate, NID_ext_key_usage, ASN1_ITEM_rptr(EXTENDED_KEY_USAGE), list, &failure);
    int i, count = usages != NULL ? sk_ASN1_OBJECT_num(usages) : 0;

    if (usages == NULL)
        return failure;
    failure = list_start(list, (size_t)count);
    for (i = 0; i < count && i < IDENTITY_MAX_NAMES && failure == ERROR_NONE; i++) {
        shown_type(&shown, sk_ASN1_OBJECT_value(usages, i));
        failure = list_append(list, &shown, ERROR_NONE);
    }
    if (failure == ERROR_NONE)
        failure = list_end(list, (size_t)count);
    EXTENDED_KEY_USAGE_free(usages);
    return failure;
}

static enum error_kind read_unknown(const X509 *certificate, struct identity_list *list)
{
    int i, count = X509_get_ext_count(certificate);
    enum error_kind failure = ERROR_NONE;
    struct shown shown = {.cut = false};
    size_t unknown = 0;

    failure = list_start(list, count > 0 ? (size_t)count : 0);
    for (i = 0; i < count && failure == ERROR_NONE; i++) {
        X509_EXTENSION *extension = X509_get_ext(certificate, i);

        if (X509V3_EXT_get(extension) != NULL)
            continue;
        list->present = true;
        if (X509_EXTENSION_get_critical(extension))
            list->critical = true;
        if (++unknown > IDENTITY_MAX_NAMES)
            continue;
        shown_oid(&shown, X509_EXTENSION_get_object(extension));
        failure = list_append(list, &shown, ERROR_NONE);
    }
    return failure == ERROR_NONE ? list_end(list, unknown) : failure;
}

/* Writes a key identifier, or `unreadable`. */
static enum error_kind take_key_id(
    const ASN1_OCTET_STRING *id, enum error_kind failure, char **string)
{
    struct text text = {.limit = IDENTITY_MAX_NAME_BYTES};
    size_t most = IDENTITY_MAX_NAME_BYTES / 3 - 1;

    if (id != NULL) {
        size_t length = (size_t)ASN1_STRING_length(id);

        text_append_hex(&text, ASN1_STRING_get0_data(id), length < most ? length : most, true, ':');
        if (length > most)
            text_append_string(&text, "...");
    } else if (failure == ERROR_INPUT) {
        text_append_string(&text, unreadable);
    } else {
        return failure;
    }
    *string = text_take(&text);
    return *string != NULL ? ERROR_NONE : ERROR_MEMORY;
}

static enum error_kind read_key_ids(const X509 *certificate, struct identity *identity)
{
    bool critical = false;
    enum error_kind failure = ERROR_NONE;
    AUTHORITY_KEYID *authority = NULL;
    ASN1_OCTET_STRING *subject = decode_extension(certificate, NID_subject_key_identifier,
        ASN1_ITEM_rptr(ASN1_OCTET_STRING), &critical, &failure);

    failure = take_key_id(subject, failure, &identity->subject_key_id);
    ASN1_OCTET_STRING_free(subject);
    if (failure != ERROR_NONE)
        return failure;
    authority = decode_extension(certificate, NID_authority_key_identifier,
        ASN1_ITEM_rptr(AUTHORITY_KEYID), &critical, &failure);
    failure = take_key_id(
        authority != NULL ? authority->keyid : NULL, failure, &identity->authority_key_id);
    AUTHORITY_KEYID_free(authority);
    return failure;
}

enum error_kind identity_read_extensions(const X509 *certificate, struct identity *identity)
{
    enum error_kind failure = read_alternative_names(certificate, &identity->subject_alt_names);

    if (failure == ERROR_NONE)
        failure = read_key_usage(certificate, &identity->key_usage);
    if (failure == ERROR_NONE)
        failure = read_extended_key_usage(certificate, &identity->extended_key_usage);
    if (failure == ERROR_NONE)
        failure = read_netscape_type(certificate, &identity->netscape_cert_type);
    if (failure == ERROR_NONE)
        failure = read_unknown(certificate, &identity->unknown_extensions);
    if (failure == ERROR_NONE)
        failure = read_key_ids(certificate, identity);
    return failure;
}
