/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "base/date.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity_extensions.h"
#include "certificate/identity_names.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Serial numbers have 20 bytes at the most (RFC 5280 section 4.1.2.2). The time that decimal digits
 * take grows with the square of the length. */
#define SERIAL_MAX_DECIMAL ((size_t)64)

bool identity_time(const ASN1_TIME *date, time_t *seconds)
{
    return identity_time_of(ASN1_STRING_type(date), ASN1_STRING_get0_data(date),
        (size_t)ASN1_STRING_length(date), seconds);
}

bool identity_time_of(int type, const unsigned char *bytes, size_t length, time_t *seconds)
{
    const char *at = (const char *)bytes;
    int year;
    struct tm parts = {.tm_isdst = 0};

    /* RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2: with seconds, in UTC, without fractions. */
    if (type == V_ASN1_UTCTIME && length == 13) {
        year = date_digits(at, 2);
        if (year >= 0)
            year += year >= 50 ? 1900 : 2000;
        at += 2;
    } else if (type == V_ASN1_GENERALIZEDTIME && length == 15) {
        year = date_digits(at, 4);
        at += 4;
    } else {
        return false;
    }
    if (year < 0 || at[10] != 'Z')
        return false;
    parts.tm_year = year - 1900;
    parts.tm_mon = date_digits(at, 2) - 1;
    parts.tm_mday = date_digits(at + 2, 2);
    parts.tm_hour = date_digits(at + 4, 2);
    parts.tm_min = date_digits(at + 6, 2);
    parts.tm_sec = date_digits(at + 8, 2);
    return date_seconds(&parts, seconds);
}

/* Writes so many digits and the character behind them; returns what follows. */
static char *put_digits(char *at, int value, int count, char after)
{
    int i;

    for (i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[count] = after;
    return at + count + 1;
}

/* By hand: it is done several times for each answer, and printf takes ten times as long. */
void identity_format_time(time_t seconds, char *buffer)
{
    struct tm parts;
    char *at = buffer;

    if (!date_parts(seconds, &parts)) {
        (void)snprintf(buffer, IDENTITY_TIME_SIZE, "unreadable");
        return;
    }
    at = put_digits(at, parts.tm_year + 1900, 4, '-');
    at = put_digits(at, parts.tm_mon + 1, 2, '-');
    at = put_digits(at, parts.tm_mday, 2, 'T');
    at = put_digits(at, parts.tm_hour, 2, ':');
    at = put_digits(at, parts.tm_min, 2, ':');
    at = put_digits(at, parts.tm_sec, 2, 'Z');
    *at = '\0';
}

/* Reads one of the two dates. */
static enum error_kind read_date(const ASN1_TIME *date, time_t *seconds, bool *known, char **string)
{
    char buffer[IDENTITY_TIME_SIZE] = "unreadable";

    *known = identity_time(date, seconds);
    if (*known)
        identity_format_time(*seconds, buffer);
    *string = strdup(buffer);
    return *string != NULL ? ERROR_NONE : ERROR_MEMORY;
}

static enum error_kind read_dates(const X509 *certificate, struct identity *identity)
{
    enum error_kind failure = read_date(X509_get0_notBefore(certificate),
        &identity->not_before_time, &identity->not_before_known, &identity->not_before);

    if (failure == ERROR_NONE)
        failure = read_date(X509_get0_notAfter(certificate), &identity->not_after_time,
            &identity->not_after_known, &identity->not_after);
    return failure;
}

/* By hand as well: BN_bn2dec(3) prints. NULL when memory runs out. */
static char *make_decimal(const unsigned char *bytes, size_t length, bool negative)
{
    uint32_t parts[SERIAL_MAX_DECIMAL * 8 / 29 + 1] = {0}; /* of nine digits, the lowest first */
    char digits[1 + 9 * sizeof(parts) / sizeof(parts[0]) + 1], *at = digits + 1;
    size_t count = 1, i, j;

    for (i = 0; i < length; i++) {
        uint64_t carry = bytes[i];

        for (j = 0; j < count; j++, carry /= 1000000000) {
            carry += (uint64_t)parts[j] << 8;
            parts[j] = (uint32_t)(carry % 1000000000);
        }
        if (carry != 0)
            parts[count++] = (uint32_t)carry;
    }
    while (count > 0)
        at = put_digits(at, (int)parts[--count], 9, '\0') - 1;
    at = digits + 1 + strspn(digits + 1, "0");
    if (*at == '\0')
        at--; /* nothing but zeros */
    else if (negative)
        *--at = '-';
    return strdup(at);
}

static enum error_kind read_serial(const X509 *certificate, struct identity *identity)
{
    static const unsigned char zero[1] = {0};
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t length = (size_t)ASN1_STRING_length(serial);
    bool negative = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;
    struct shown shown = {.cut = false};

    while (length > 0 && bytes[0] == 0) {
        bytes++;
        length--;
    }
    if (length == 0) {
        bytes = zero;
        length = 1;
    }
    if (negative)
        shown_word(&shown, "-");
    shown_hex(&shown, bytes, length);
    identity->serial = shown_take(&shown);
    identity->serial_decimal =
        length > SERIAL_MAX_DECIMAL ? strdup("too long") : make_decimal(bytes, length, negative);
    return identity->serial != NULL && identity->serial_decimal != NULL ? ERROR_NONE : ERROR_MEMORY;
}

static enum error_kind read_part(
    const X509_NAME_ENTRY *entry, struct identity_part *part, bool *replaced)
{
    struct shown type = {.cut = false}, value = {.cut = false};
    enum error_kind failure = shown_value(&value, X509_NAME_ENTRY_get_data(entry), SHOWN_PLAIN);

    shown_type(&type, X509_NAME_ENTRY_get_object(entry));
    *replaced = *replaced || value.replaced;
    part->type = shown_take(&type);
    part->value = shown_take(&value);
    if (failure == ERROR_NONE && (part->type == NULL || part->value == NULL))
        failure = ERROR_MEMORY;
    return failure;
}

static enum error_kind read_names(const X509 *certificate, struct identity *identity)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    struct shown shown = {.cut = false}, issuer = {.cut = false};
    enum error_kind failure = shown_name(&shown, subject);
    int i, count = X509_NAME_entry_count(subject);

    identity->subject_replaced = shown.replaced;
    identity->subject = shown_take(&shown);
    if (failure == ERROR_NONE)
        failure = shown_name(&issuer, X509_get_issuer_name(certificate));
    identity->issuer = shown_take(&issuer);
    if (identity->subject == NULL || identity->issuer == NULL)
        return failure != ERROR_NONE ? failure : ERROR_MEMORY;
    if (failure != ERROR_NONE || count <= 0)
        return failure;
    identity->subject_parts = calloc((size_t)count, sizeof(*identity->subject_parts));
    if (identity->subject_parts == NULL)
        return ERROR_MEMORY;
    identity->subject_part_count = (size_t)count;
    for (i = 0; i < count && failure == ERROR_NONE; i++)
        failure = read_part(X509_NAME_get_entry(subject, i), &identity->subject_parts[i],
            &identity->subject_replaced);
    return failure;
}

/* Takes the digest of bytes as hexadecimal digits. */
static enum error_kind take_hash(
    const EVP_MD *digest, const unsigned char *bytes, size_t length, char **string)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_length = 0;
    struct text text = {.limit = 0};

    if (EVP_Digest(bytes, length, hash, &hash_length, digest, NULL) != 1)
        return alloc_watch_error_kind(ERROR_LIBRARY);
    text_append_hex(&text, hash, hash_length, false, '\0');
    *string = text_take(&text);
    return *string != NULL ? ERROR_NONE : ERROR_MEMORY;
}

/* Fetched once: libcrypto looks EVP_sha256() up anew for each use. */
static enum error_kind read_hashes(
    const X509 *certificate, const struct bytes *der, struct identity *identity)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    unsigned char *spki = NULL;
    int spki_length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    enum error_kind failure;

    if (sha256 == NULL || spki_length <= 0)
        failure = alloc_watch_error_kind(ERROR_LIBRARY);
    else
        failure = take_hash(sha256, der->data, der->length, &identity->sha256_fingerprint);
    if (failure == ERROR_NONE)
        failure = take_hash(sha256, spki, (size_t)spki_length, &identity->spki_sha256);
    EVP_MD_free(sha256);
    OPENSSL_free(spki);
    return failure;
}

/* Writes the kind of a key that libcrypto can read. */
static void write_key(struct text *text, const EVP_PKEY *key)
{
    static const struct {
        const char *type, *words;
    } without_size[] = {
        {"ED25519", "Ed25519"}, {"ED448", "Ed448"}, {"X25519", "X25519"}, {"X448", "X448"}};
    char group[64] = "";
    const char *name = EVP_PKEY_get0_type_name(key), *type = name != NULL ? name : "key";
    size_t i;

    for (i = 0; i < sizeof(without_size) / sizeof(without_size[0]); i++) {
        if (strcasecmp(type, without_size[i].type) == 0) {
            text_append_string(text, without_size[i].words);
            return;
        }
    }
    text_append_string(text, type);
    if (strcasecmp(type, "EC") == 0) {
        if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 && group[0] != '\0')
            text_printf(text, " %s", group);
        else
            text_append_string(text, " with a curve of its own,");
    }
    text_printf(text, " %d bits", EVP_PKEY_get_bits(key));
}

static enum error_kind read_algorithms(const X509 *certificate, struct identity *identity)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    struct shown shown = {.cut = false};
    const X509_ALGOR *signature = NULL;
    const ASN1_OBJECT *object = NULL;
    ASN1_OBJECT *key_object = NULL;
    int nid;

    if (key != NULL) {
        write_key(&shown.text, key);
    } else {
        if (X509_PUBKEY_get0_param(
                &key_object, NULL, NULL, NULL, X509_get_X509_PUBKEY(certificate)) != 1)
            return alloc_watch_error_kind(ERROR_LIBRARY);
        shown_word(&shown, "unknown (");
        shown_oid(&shown, key_object);
        shown_word(&shown, ")");
    }
    identity->public_key = shown_take(&shown);

    shown = (struct shown){.cut = false};
    X509_get0_signature(NULL, &signature, certificate);
    X509_ALGOR_get0(&object, NULL, NULL, signature);
    nid = OBJ_obj2nid(object);
    if (nid != NID_undef)
        shown_word(&shown, OBJ_nid2ln(nid));
    else
        shown_oid(&shown, object);
    identity->signature_algorithm = shown_take(&shown);
    return identity->public_key != NULL && identity->signature_algorithm != NULL ? ERROR_NONE
                                                                                 : ERROR_MEMORY;
}

static enum error_kind read_all(
    X509 *certificate, const struct bytes *der, struct identity *identity)
{
    long version = X509_get_version(certificate);
    enum error_kind failure;

    identity->version = version >= 0 && version < INT_MAX ? (int)version + 1 : 0;
    failure = read_names(certificate, identity);
    if (failure == ERROR_NONE)
        failure = read_serial(certificate, identity);
    if (failure == ERROR_NONE)
        failure = read_dates(certificate, identity);
    if (failure == ERROR_NONE)
        failure = read_hashes(certificate, der, identity);
    if (failure == ERROR_NONE)
        failure = read_algorithms(certificate, identity);
    if (failure == ERROR_NONE)
        failure = identity_read_extensions(certificate, identity);
    return failure;
}

struct identity *identity_read(X509 *certificate, const struct bytes *der, struct error *error)
{
    struct identity *identity = calloc(1, sizeof(*identity));
    enum error_kind failure = ERROR_MEMORY;

    ERR_clear_error();
    alloc_watch_clear();
    if (identity != NULL)
        failure = read_all(certificate, der, identity);
    /* libcrypto may have read less than there is without saying why. */
    if (alloc_watch_explains_errors())
        failure = ERROR_MEMORY;
    if (failure == ERROR_NONE)
        return identity;
    if (failure == ERROR_MEMORY)
        error_set(error, failure, "out of memory while reading a certificate");
    else
        error_set(error, failure, "libcrypto failed to read a certificate");
    identity_free(identity);
    return NULL;
}

static void list_free(struct identity_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

void identity_free(struct identity *identity)
{
    size_t i;

    if (identity == NULL)
        return;
    for (i = 0; i < identity->subject_part_count; i++) {
        free(identity->subject_parts[i].type);
        free(identity->subject_parts[i].value);
    }
    free(identity->subject_parts);
    free(identity->subject);
    free(identity->issuer);
    free(identity->serial);
    free(identity->serial_decimal);
    free(identity->not_before);
    free(identity->not_after);
    free(identity->sha256_fingerprint);
    free(identity->spki_sha256);
    free(identity->public_key);
    free(identity->signature_algorithm);
    list_free(&identity->subject_alt_names);
    list_free(&identity->key_usage);
    list_free(&identity->extended_key_usage);
    list_free(&identity->netscape_cert_type);
    list_free(&identity->unknown_extensions);
    free(identity->subject_key_id);
    free(identity->authority_key_id);
    free(identity);
}
