/* SPDX-License-Identifier: ISC */
#include "rules/rules_values.h"
#include "certificate/alloc_watch.h"
#include "rules/rules_dn.h"
#include "rules/rules_value.h"
#include "rules/rules_words.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a certificate's serial number at the most (libcrypto reads longer ones, nobody writes
 * them: RFC 5280 allows 20). */
#define SERIAL_MAX_DIGITS 128

int rules_key_nid(enum rules_key key)
{
    switch (key) {
    case KEY_CN:
        return NID_commonName;
    case KEY_O:
        return NID_organizationName;
    case KEY_OU:
        return NID_organizationalUnitName;
    case KEY_C:
        return NID_countryName;
    case KEY_UID:
        return NID_userId;
    case KEY_DC:
        return NID_domainComponent;
    default:
        return 0;
    }
}

bool rules_key_has_patterns(enum rules_key key)
{
    return key == KEY_EMAIL || key == KEY_UPN || key == KEY_DNS || key == KEY_URI;
}

static char lower(char letter)
{
    return (char)(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
}

void rules_lower(char *text, size_t length)
{
    for (; length > 0; text++, length--)
        *text = lower(*text);
}

void rules_form_lower(const char *name, size_t length, char *out)
{
    size_t i;

    for (i = 0; i < length; i++)
        out[i] = lower(name[i]);
    out[length] = '\0';
}

void rules_form_mailbox(const char *name, size_t length, char *out, size_t *at)
{
    const char *sign = memrchr(name, '@', length);

    *at = sign != NULL ? (size_t)(sign - name) : length;
    memcpy(out, name, *at);
    rules_form_lower(name + *at, length - *at, out + *at);
}

/* RFC 8141 section 3.1: the case of what stands between the first two colons of a URN does not
 * count either. */
static void lower_namespace(char *uri, size_t length)
{
    const char *colon = NULL;

    if (length > 4 && memcmp(uri, "urn:", 4) == 0)
        colon = memchr(uri + 4, ':', length - 4);
    if (colon != NULL)
        rules_lower(uri, (size_t)(colon - uri));
}

size_t rules_form_uri(const char *name, size_t length, char *out)
{
    const char *colon = memchr(name, ':', length);
    size_t scheme = colon != NULL ? (size_t)(colon - name) + 1 : 0, path = scheme;

    memcpy(out, name, length);
    out[length] = '\0';
    rules_form_lower(name, scheme, out);
    memcpy(out + scheme, name + scheme, length - scheme);
    if (length - scheme >= 2 && memcmp(name + scheme, "//", 2) == 0) {
        size_t host = scheme + 2, at;

        for (path = host; path < length && strchr("/?#", name[path]) == NULL;)
            path++;
        for (at = host; at < path; at++) {
            if (name[at] == '@')
                host = at + 1;
        }
        rules_lower(out + host, path - host);
        return path;
    }
    while (path < length && name[path] != '/')
        path++;
    lower_namespace(out, path);
    return path;
}

/* A segment of a URI that a pattern may have or stand for. */
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

bool rules_uri_is_plain(const char *uri, size_t path, size_t length)
{
    size_t at, next;

    for (at = path; at < length; at = next) {
        for (next = at + 1; next < length && uri[next] != '/';)
            next++;
        if (uri[at] != '/' || !is_plain_segment(uri + at + 1, next - at - 1))
            return false;
    }
    return true;
}

static bool read_mailbox(struct rules *rules, struct rules_value *value, struct error *error)
{
    char form[RULES_MAX_LINE + 1] = "";
    size_t at, length = strlen(value->word);
    const char *star = strchr(value->word, '*');

    rules_form_mailbox(value->word, length, form, &at);
    if (at == 0 || at + 1 >= length)
        return rules_value_refuse(error, "must be NAME@DOMAIN or *@DOMAIN");
    if (star == NULL)
        return rules_value_set(rules, value, form, error);
    if (star != value->word || at != 1 || strchr(star + 1, '*') != NULL)
        return rules_value_refuse(error, "`*` stands for the whole name before the @ alone");
    value->form = FORM_DOMAIN;
    return rules_value_set(rules, value, form + 2, error);
}

static bool is_domain(const char *name)
{
    size_t label = 0;

    for (; *name != '\0'; name++) {
        bool dot = *name == '.';

        if ((dot && label == 0) ||
            (!dot && strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", *name) == NULL))
            return false;
        label = dot ? 0 : label + 1;
    }
    return label > 0;
}

static bool read_dns(struct rules *rules, struct rules_value *value, struct error *error)
{
    char form[RULES_MAX_LINE + 1] = "";
    bool pattern = strncmp(value->word, "*.", 2) == 0;

    rules_form_lower(value->word, strlen(value->word), form);
    value->form = pattern ? FORM_DOMAIN : FORM_EXACT;
    if (!is_domain(pattern ? form + 2 : form))
        return rules_value_refuse(
            error, "must be a name such as a.acme.example, or *.acme.example for one label");
    return rules_value_set(rules, value, pattern ? form + 2 : form, error);
}

static bool read_uri(struct rules *rules, struct rules_value *value, struct error *error)
{
    char form[RULES_MAX_LINE + 1];
    size_t length = strlen(value->word), path = rules_form_uri(value->word, length, form);
    size_t stars = 0;

    if (strchr(form, ':') == NULL || form[0] == ':')
        return rules_value_refuse(error, "must be a whole URI, such as spiffe://acme.example/a");
    while (form[length - 1 - stars] == '*') /* ends at the colon at the latest */
        stars++;
    if (strchr(form, '*') == NULL)
        return rules_value_set(rules, value, form, error);
    if (stars == 0 || stars > 2 || memchr(form, '*', length - stars) != NULL || path == length ||
        form[length - stars - 1] != '/' || strpbrk(form, "?#") != NULL ||
        memmem(form, length, "///", 3) != NULL)
        return rules_value_refuse(
            error, "`*` stands for the last segment, `**` for all below, at the end alone");
    value->form = stars == 1 ? FORM_SEGMENT : FORM_BELOW;
    if (!rules_uri_is_plain(form, path, length - stars - 1))
        return rules_value_refuse(error,
            "with a `*` there are no segments that are empty, of dots, or with other than plain "
            "ASCII");
    form[length - stars - 1] = '\0';
    return rules_value_set(rules, value, form, error);
}

static bool has_bits_beyond_prefix(const struct network *network)
{
    size_t i;

    for (i = 0; i < network->length; i++) {
        unsigned kept = network->prefix > i * 8 ? network->prefix - (unsigned)i * 8 : 0;

        if ((network->address[i] & (kept >= 8 ? 0U : 0xFFU >> kept)) != 0)
            return true;
    }
    return false;
}

static bool read_network(struct rules_value *value, struct error *error)
{
    struct network *network = &value->network;
    const char *fault = network_read(value->word, network);

    value->form = FORM_NETWORK;
    if (fault != NULL)
        return rules_value_refuse(error, fault);
    /* The client's address is compared as IPv4 then. */
    if (value->key == KEY_FROM && network_is_mapped(network->address, network->length))
        return rules_value_refuse(error, "must be written as an IPv4 address, without ::ffff:");
    if (has_bits_beyond_prefix(network))
        return rules_value_refuse(error, "has bits set beyond its prefix");
    return true;
}

/* Hexadecimal digits, with or without colons between bytes, to lower case. */
static bool read_hex(const char *word, char *digits, size_t size)
{
    size_t length = 0;

    for (; *word != '\0'; word++) {
        if (*word == ':' && length > 0 && word[1] != '\0')
            continue;
        if (strspn(word, "0123456789abcdefABCDEF") == 0 || length + 1 >= size)
            return false;
        rules_form_lower(word, 1, &digits[length++]);
    }
    digits[length] = '\0';
    return length > 0;
}

static bool read_digest(struct rules *rules, struct rules_value *value, struct error *error)
{
    char digits[66];

    if (!read_hex(value->word, digits, sizeof(digits)) || strlen(digits) != 64)
        return rules_value_refuse(error, "must be SHA-256 in 64 hexadecimal digits");
    return rules_value_set(rules, value, digits, error);
}

static bool read_serial(struct rules *rules, struct rules_value *value, struct error *error)
{
    char digits[SERIAL_MAX_DIGITS + 3] = "-";
    bool negative = value->word[0] == '-';
    const char *first;

    if (!read_hex(value->word + (negative ? 1 : 0), digits + 1, sizeof(digits) - 1))
        return rules_value_refuse(error, "must be hexadecimal digits, as the report shows them");
    first = digits + 1 + strspn(digits + 1, "0");
    if (*first == '\0')
        return rules_value_set(rules, value, "0", error);
    digits[first - digits - 1] = '-';
    return rules_value_set(rules, value, negative ? first - 1 : first, error);
}

static bool read_policy(struct rules *rules, struct rules_value *value, struct error *error)
{
    char dotted[256];
    ASN1_OBJECT *object = OBJ_txt2obj(value->word, 1);
    int length = object != NULL ? OBJ_obj2txt(dotted, sizeof(dotted), object, 1) : -1;

    ASN1_OBJECT_free(object);
    if (length > 0 && strcmp(dotted, value->word) == 0)
        return rules_value_set(rules, value, value->word, error);
    return alloc_watch_refuse(error, ERROR_INPUT, "must be an OID in dotted form");
}

/* NULL has failed with the error. */
static bool keep_name(struct rules *rules, X509_NAME *name, struct error *error)
{
    if (name == NULL)
        return false;
    if (sk_X509_NAME_push(rules->names, name) > 0)
        return true;
    X509_NAME_free(name);
    error_set(error, ERROR_MEMORY, "out of memory");
    return false;
}

static bool take_name(
    struct rules *rules, struct rules_value *value, X509_NAME *name, struct error *error)
{
    if (!keep_name(rules, name, error))
        return false;
    value->name = name;
    value->folded = name;
    if (rules_dn_is_folded(name))
        return true;
    value->folded = rules_dn_fold(name, error);
    return keep_name(rules, value->folded, error);
}

bool rules_value_read(
    struct rules *rules, enum rules_key key, struct rules_value *value, struct error *error)
{
    switch (key) {
    case KEY_ISSUER:
    case KEY_GROUP:
    case KEY_LABEL:
        return rules_is_name(value->word) ||
               rules_value_refuse(error, "must be letters, digits, `-`, `_` and dots, up to 64");
    case KEY_DN:
        if (strchr(value->word, '*') != NULL)
            return rules_value_refuse(error, "takes no `*`; a literal one is written \\\\2a");
        return take_name(rules, value, rules_dn_read(value->word, error), error);
    case KEY_EMAIL:
    case KEY_UPN:
        return read_mailbox(rules, value, error);
    case KEY_URI:
        return read_uri(rules, value, error);
    case KEY_DNS:
        return read_dns(rules, value, error);
    case KEY_IP:
        return read_network(value, error);
    case KEY_SERIAL:
        return read_serial(rules, value, error);
    case KEY_SHA256:
    case KEY_SPKI:
        return read_digest(rules, value, error);
    case KEY_POLICY:
        return read_policy(rules, value, error);
    case KEY_FROM:
        return read_network(value, error);
    default:
        break;
    }
    if (key >= KEY_FIRST_WHEN)
        return rules_value_read_when(rules, key, value, error);
    if (strchr(value->word, '*') != NULL)
        return rules_value_refuse(error, "takes no `*`; it is compared as a whole");
    return take_name(rules, value, rules_dn_single(rules_key_nid(key), value->word, error), error);
}
