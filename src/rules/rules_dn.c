/* SPDX-License-Identifier: ISC */
#include "rules/rules_dn.h"
#include "base/text.h"
#include "base/utf8.h"
#include "certificate/alloc_watch.h"

#include <ctype.h>
#include <openssl/asn1.h>
#include <string.h>
#include <strings.h>

/* Parts of a name at the most, bytes of one value and of one type. */
#define MAX_PARTS 64
#define MAX_VALUE 4096
#define MAX_TYPE 64

/* The parts in the order in which they are written. */
struct parts {
    X509_NAME_ENTRY *entries[MAX_PARTS];
    bool joined[MAX_PARTS]; /* with a + to the one before */
    size_t count;
};

static bool fail(struct error *error, const char *words)
{
    error_set(error, ERROR_INPUT, "%s", words);
    return false;
}

static void fail_library(struct error *error)
{
    (void)alloc_watch_refuse(error, ERROR_LIBRARY, "libcrypto failed to make a name");
}

static ASN1_OBJECT *find_type(const char *type)
{
    char upper[MAX_TYPE];
    ASN1_OBJECT *object = OBJ_txt2obj(type, 0);
    size_t i;

    for (i = 0; type[i] != '\0'; i++)
        upper[i] = (char)toupper((unsigned char)type[i]);
    upper[i] = '\0';
    return object != NULL ? object : OBJ_txt2obj(upper, 0);
}

/* TYPE= ; *at moves on behind the `=`. */
static ASN1_OBJECT *read_type(const char **at, struct error *error)
{
    char type[MAX_TYPE];
    size_t length;
    ASN1_OBJECT *object;

    *at += strspn(*at, " ");
    length = strcspn(*at, "=,+ ");
    if (length == 0 || length >= sizeof(type) || (*at)[length] != '=') {
        (void)fail(error, "each part must be TYPE=VALUE, as in CN=Eve,O=Acme");
        return NULL;
    }
    memcpy(type, *at, length);
    type[length] = '\0';
    *at += length + 1;
    object = find_type(type);
    if (object == NULL)
        (void)alloc_watch_refuse(error, ERROR_INPUT, "'%s' is not an attribute type", type);
    return object;
}

/* What stands behind a backslash: one of the special characters, or two hexadecimal digits. */
static bool read_escape(const char **at, unsigned char *byte, struct error *error)
{
    int high = text_hex_value((*at)[1]), low = high >= 0 ? text_hex_value((*at)[2]) : -1;

    if (low >= 0) {
        *byte = (unsigned char)(high * 16 + low);
        *at += 3;
        return true;
    }
    if ((*at)[1] == '\0' || strchr(" \"#+,;<=>\\", (*at)[1]) == NULL)
        return fail(
            error, "a backslash must be followed by two hexadecimal digits or one of \"#+,;<=>\\");
    *byte = (unsigned char)(*at)[1];
    *at += 2;
    return true;
}

/* VALUE up to a comma, a plus, or the end. */
static bool read_string(
    const char **at, unsigned char value[MAX_VALUE], size_t *length, struct error *error)
{
    size_t spaces = 0; /* at the end, not escaped */

    *length = 0;
    while (**at != '\0' && **at != ',' && **at != '+') {
        unsigned char byte = (unsigned char)**at;

        if (*length == MAX_VALUE)
            return fail(error, "a value is too long");
        if (strchr("\";<>", (char)byte) != NULL)
            return fail(error, "one of \" ; < > stands in a value without a backslash before it");
        spaces = byte == ' ' ? spaces + 1 : 0;
        if (byte == '\\') {
            if (!read_escape(at, &byte, error))
                return false;
        } else {
            (*at)++;
        }
        value[(*length)++] = byte;
    }
    *length -= spaces;
    if (*length == 0)
        return fail(error, "a value is missing");
    return utf8_is_well_formed(value, *length) || fail(error, "a value is not UTF-8");
}

/* #HEX: the value's DER (RFC 4514 section 2.4). */
static ASN1_TYPE *read_der(const char **at, struct error *error)
{
    unsigned char der[MAX_VALUE];
    const unsigned char *in = der;
    ASN1_TYPE *type;
    size_t length = 0;

    for (*at += 1; text_hex_value((*at)[0]) >= 0 && text_hex_value((*at)[1]) >= 0; *at += 2) {
        if (length == MAX_VALUE)
            break;
        der[length++] = (unsigned char)(text_hex_value((*at)[0]) * 16 + text_hex_value((*at)[1]));
    }
    *at += strspn(*at, " ");
    type = d2i_ASN1_TYPE(NULL, &in, (long)length);
    if (type != NULL && in == der + length && type->type != V_ASN1_BOOLEAN &&
        type->type != V_ASN1_NULL && type->type != V_ASN1_OBJECT)
        return type;
    ASN1_TYPE_free(type);
    (void)alloc_watch_refuse(
        error, ERROR_INPUT, "# must be followed by the DER of a value in hexadecimal");
    return NULL;
}

static X509_NAME_ENTRY *make_entry(const ASN1_OBJECT *object, int type, const unsigned char *bytes,
    size_t length, struct error *error)
{
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();

    if (entry == NULL || X509_NAME_ENTRY_set_object(entry, object) != 1 ||
        X509_NAME_ENTRY_set_data(entry, type, bytes, (int)length) != 1) {
        fail_library(error);
        X509_NAME_ENTRY_free(entry);
        return NULL;
    }
    return entry;
}

static X509_NAME_ENTRY *read_part(const char **at, struct error *error)
{
    unsigned char value[MAX_VALUE];
    size_t length = 0;
    X509_NAME_ENTRY *entry = NULL;
    ASN1_TYPE *type = NULL;
    ASN1_OBJECT *object = read_type(at, error);

    if (object == NULL)
        return NULL;
    *at += strspn(*at, " ");
    if (**at == '#') {
        type = read_der(at, error);
        if (type != NULL)
            entry = make_entry(object, type->type, type->value.asn1_string->data,
                (size_t)type->value.asn1_string->length, error);
    } else if (read_string(at, value, &length, error)) {
        entry = make_entry(object, V_ASN1_UTF8STRING, value, length, error);
    }
    ASN1_TYPE_free(type);
    ASN1_OBJECT_free(object);
    return entry;
}

/* libcrypto compares each NumericString as one of its type alone, though it looks like the same
 * digits in any other. */
static bool make_comparable(X509_NAME *name, int at)
{
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    char digits[MAX_VALUE];
    int length = ASN1_STRING_length(value);

    if (ASN1_STRING_type(value) != V_ASN1_NUMERICSTRING || length > MAX_VALUE)
        return true;
    memcpy(digits, ASN1_STRING_get0_data(value), (size_t)length);
    return X509_NAME_ENTRY_set_data(
               entry, V_ASN1_PRINTABLESTRING, (const unsigned char *)digits, length) == 1;
}

/* The code points of a UniversalString, in place. */
static void fold_text(unsigned char *text, int length)
{
    for (; length >= 4; text += 4, length -= 4) {
        unsigned long code = utf8_fold_code(
            (unsigned long)text[1] << 16 | (unsigned long)text[2] << 8 | (unsigned long)text[3]);

        text[1] = (unsigned char)(code >> 16);
        text[2] = (unsigned char)(code >> 8);
        text[3] = (unsigned char)code;
    }
}

/* What is no text stays. */
static bool fold_entry(X509_NAME *name, int at)
{
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
    unsigned char *utf8 = NULL, *data;
    ASN1_STRING *text = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    bool good = length >= 0 || !alloc_watch_explains_errors();

    if (length >= 0) {
        good = ASN1_mbstring_copy(&text, utf8, length, MBSTRING_UTF8, B_ASN1_UNIVERSALSTRING) > 0;
        if (good) {
            data = (unsigned char *)(uintptr_t)ASN1_STRING_get0_data(text);
            length = ASN1_STRING_length(text);
            fold_text(data, length);
            good = X509_NAME_ENTRY_set_data(entry, V_ASN1_UNIVERSALSTRING, data, length) == 1;
        }
    }
    ASN1_STRING_free(text);
    OPENSSL_free(utf8);
    return good;
}

/* Appends a part, and has libcrypto encode the name now: comparing must not change it. */
static bool append(X509_NAME *name, const X509_NAME_ENTRY *entry, bool joined, bool last)
{
    return X509_NAME_add_entry(name, entry, -1, joined ? -1 : 0) == 1 &&
           make_comparable(name, X509_NAME_entry_count(name) - 1) &&
           (!last || i2d_X509_NAME(name, NULL) > 0);
}

/* RFC 4514 section 2.1: the last RDN is written first. */
static X509_NAME *join(const struct parts *parts, struct error *error)
{
    X509_NAME *name = X509_NAME_new();
    size_t end = parts->count;
    bool good = name != NULL;

    while (good && end > 0) {
        size_t i, begin = end - 1;

        while (parts->joined[begin])
            begin--;
        for (i = begin; good && i < end; i++)
            good = append(name, parts->entries[i], i > begin, begin == 0 && i + 1 == end);
        end = begin;
    }
    if (good)
        return name;
    fail_library(error);
    X509_NAME_free(name);
    return NULL;
}

static bool read_parts(const char *text, struct parts *parts, struct error *error)
{
    bool joined = false;

    for (;;) {
        if (parts->count == MAX_PARTS)
            return fail(error, "a name of too many parts");
        parts->entries[parts->count] = read_part(&text, error);
        if (parts->entries[parts->count] == NULL)
            return false;
        parts->joined[parts->count++] = joined;
        if (*text == '\0')
            return true;
        if (*text != ',' && *text != '+')
            return fail(error, "a comma or a plus is missing between the parts");
        joined = *text++ == '+';
    }
}

X509_NAME *rules_dn_read(const char *text, struct error *error)
{
    struct parts parts = {.count = 0};
    X509_NAME *name = NULL;
    size_t i;

    if (read_parts(text, &parts, error))
        name = join(&parts, error);
    for (i = 0; i < parts.count; i++)
        X509_NAME_ENTRY_free(parts.entries[i]);
    return name;
}

bool rules_dn_is_comparable(const X509_NAME *name)
{
    int i;

    for (i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

        if (ASN1_STRING_type(X509_NAME_ENTRY_get_data(entry)) == V_ASN1_NUMERICSTRING)
            return false;
    }
    return true;
}

static X509_NAME *copy_name(const X509_NAME *name, bool fold, struct error *error)
{
    X509_NAME *copy = X509_NAME_new();
    int i, count = X509_NAME_entry_count(name), set = -1;
    bool good = copy != NULL;

    for (i = 0; good && i < count; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        bool joined = X509_NAME_ENTRY_set(entry) == set;

        set = X509_NAME_ENTRY_set(entry);
        good =
            append(copy, entry, joined, !fold && i + 1 == count) && (!fold || fold_entry(copy, i));
    }
    if (good && (!fold || i2d_X509_NAME(copy, NULL) > 0))
        return copy;
    fail_library(error);
    X509_NAME_free(copy);
    return NULL;
}

X509_NAME *rules_dn_copy(const X509_NAME *name, struct error *error)
{
    return copy_name(name, false, error);
}

X509_NAME *rules_dn_fold(const X509_NAME *name, struct error *error)
{
    return copy_name(name, true, error);
}

bool rules_dn_is_folded(const X509_NAME *name)
{
    int i, j;

    for (i = 0; i < X509_NAME_entry_count(name); i++) {
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
        const int type = ASN1_STRING_type(value);
        const unsigned char *bytes = ASN1_STRING_get0_data(value);

        if (type == V_ASN1_BMPSTRING || type == V_ASN1_UNIVERSALSTRING)
            return false;
        for (j = 0; j < ASN1_STRING_length(value); j++) {
            if (bytes[j] > 0x7F)
                return false;
        }
    }
    return true;
}

X509_NAME *rules_dn_of_entry(const X509_NAME_ENTRY *entry, struct error *error)
{
    X509_NAME *name = X509_NAME_new();

    if (name != NULL && append(name, entry, false, true))
        return name;
    fail_library(error);
    X509_NAME_free(name);
    return NULL;
}

X509_NAME *rules_dn_single(int nid, const char *utf8, struct error *error)
{
    X509_NAME_ENTRY *entry = make_entry(
        OBJ_nid2obj(nid), V_ASN1_UTF8STRING, (const unsigned char *)utf8, strlen(utf8), error);
    X509_NAME *name = entry != NULL ? rules_dn_of_entry(entry, error) : NULL;

    X509_NAME_ENTRY_free(entry);
    return name;
}
