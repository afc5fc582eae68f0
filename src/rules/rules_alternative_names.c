/* SPDX-License-Identifier: ISC */
#include "rules/rules_alternative_names.h"
#include "rules/rules_doubt.h"
#include "rules/rules_values.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* *@DOMAIN: the name before the @ is plain. Returns whether it is. */
static bool look_up_mailbox(struct rules_gatherer *gatherer, enum rules_key key, const char *name,
    size_t length, char *form)
{
    bool plain;
    size_t at;

    rules_form_mailbox(name, length, form, &at);
    plain = rules_local_is_plain(form, at);
    rules_gatherer_look_up_bytes(gatherer, key, FORM_EXACT, form, length);
    if (at < length && plain)
        rules_gatherer_look_up_bytes(gatherer, key, FORM_DOMAIN, form + at + 1, length - at - 1);
    return plain;
}

/* *.DOMAIN: the label before it is as plain as the name in a mailbox. */
static void look_up_dns(
    struct rules_gatherer *gatherer, const char *name, size_t length, char *form)
{
    const char *dot;

    rules_form_lower(name, length, form);
    rules_gatherer_look_up_bytes(gatherer, KEY_DNS, FORM_EXACT, form, length);
    dot = memchr(form, '.', length);
    if (dot != NULL && rules_local_is_plain(form, (size_t)(dot - form)))
        rules_gatherer_look_up_bytes(
            gatherer, KEY_DNS, FORM_DOMAIN, dot + 1, length - (size_t)(dot + 1 - form));
}

static void look_up_uri(
    struct rules_gatherer *gatherer, const char *name, size_t length, char *form)
{
    size_t at, path = rules_form_uri(name, length, form);
    const char *last;

    rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_EXACT, form, length);
    if (memchr(form, '*', path) != NULL || !rules_uri_is_plain(form, path, length))
        return;
    /* No value is longer than a line. */
    for (at = path; at < length && at < RULES_MAX_LINE; at++) {
        if (form[at] != '/')
            continue;
        rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_BELOW, form, at);
    }
    last = memrchr(form + path, '/', length - path);
    if (last != NULL)
        rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_SEGMENT, form, (size_t)(last - form));
}

/* Where the networks of this one's length and prefix end. */
static size_t end_of_run(const struct rules_values *values, size_t at)
{
    const struct network *network = &values->at[at]->network;
    size_t high = values->count;

    while (at < high) {
        size_t middle = at + (high - at) / 2;
        const struct network *its = &values->at[middle]->network;

        if (its->length == network->length && its->prefix == network->prefix)
            at = middle + 1;
        else
            high = middle;
    }
    return at;
}

/* The network of this length and prefix that an address is in. */
static struct network network_of(const unsigned char *address, size_t length, unsigned int prefix)
{
    struct network network = {.length = length, .prefix = prefix};
    size_t i;

    for (i = 0; i < length; i++) {
        unsigned kept = prefix > i * 8 ? prefix - (unsigned)i * 8 : 0;

        network.address[i] = (unsigned char)(address[i] & (kept >= 8 ? 0xFFU : ~(0xFFU >> kept)));
    }
    return network;
}

/* An address is looked up once for each length of prefix that there is. */
static void look_up_networks(
    struct rules_gatherer *gatherer, const unsigned char *address, size_t length)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, KEY_IP);
    size_t at;

    for (at = 0; at < values.count; at = end_of_run(&values, at)) {
        const struct network *network = &values.at[at]->network;
        const struct rules_value value = {.key = KEY_IP,
            .form = FORM_NETWORK,
            .network = network_of(address, length, network->prefix)};

        if (network->length == length)
            rules_gatherer_look_up(gatherer, &value);
    }
}

/* An address of IPv4 in the form of IPv6, or the other way round, is the same one to many. */
static void doubt_other_form(
    struct rules_gatherer *gatherer, const unsigned char *address, size_t length)
{
    unsigned char mapped[16] = {[10] = 0xFF, [11] = 0xFF};

    gatherer->in_doubt = true;
    if (length == 4) {
        memcpy(mapped + 12, address, 4);
        look_up_networks(gatherer, mapped, sizeof(mapped));
    } else if (network_embeds_ipv4(address, length)) {
        look_up_networks(gatherer, address + 12, 4);
    }
    gatherer->in_doubt = false;
}

static enum error_kind read_ip(struct rules_gatherer *gatherer, const ASN1_OCTET_STRING *address)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(address);
    size_t length = (size_t)ASN1_STRING_length(address);
    char shown[INET6_ADDRSTRLEN] = "";

    if ((length != 4 && length != 16) ||
        inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, shown, sizeof(shown)) == NULL) {
        rules_doubt_all(gatherer, KEY_IP);
        return rules_gatherer_keep(gatherer, KEY_IP, "", 0, true);
    }
    look_up_networks(gatherer, bytes, length);
    doubt_other_form(gatherer, bytes, length);
    return rules_gatherer_keep(gatherer, KEY_IP, shown, strlen(shown), false);
}

static void doubt_mailbox(struct rules_gatherer *gatherer, enum rules_key key, const char *name,
    size_t length, bool is_address)
{
    if (is_address)
        rules_doubt_address(gatherer, name, length);
    else
        rules_doubt_mailbox(gatherer, key, name, length);
}

static enum error_kind read_string(
    struct rules_gatherer *gatherer, enum rules_key key, const ASN1_STRING *string)
{
    const char *name = (const char *)ASN1_STRING_get0_data(string);
    size_t length = (size_t)ASN1_STRING_length(string);
    char *form = malloc(length + 1);
    bool plain = true; /* else it is no user name */
    enum error_kind failure;

    if (form == NULL)
        return ERROR_MEMORY;
    if (key == KEY_URI) {
        look_up_uri(gatherer, name, length, form);
        rules_doubt_uri(gatherer, name, length);
    } else if (key == KEY_DNS) {
        look_up_dns(gatherer, name, length, form);
        rules_doubt_dns(gatherer, name, length);
    } else {
        plain = look_up_mailbox(gatherer, key, name, length, form);
        doubt_mailbox(gatherer, key, name, length, key == KEY_EMAIL);
    }
    failure = rules_gatherer_keep(gatherer, key, name, length, !plain);
    free(form);
    return failure;
}

/* A mailbox for deny lines alone; NULL, or what is no text, may be any. */
static enum error_kind read_doubtful(struct rules_gatherer *gatherer, enum rules_key key,
    const ASN1_STRING *mailbox, bool is_address)
{
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, mailbox);
    enum error_kind failure = ERROR_MEMORY;
    char *form;

    /* Failed allocations of libcrypto are asked for at the end. */
    if (length < 0) {
        rules_doubt_all(gatherer, key);
        return ERROR_NONE;
    }
    form = malloc((size_t)length + 1);
    if (form != NULL) {
        gatherer->in_doubt = true;
        (void)look_up_mailbox(gatherer, key, (const char *)utf8, (size_t)length, form);
        gatherer->in_doubt = false;
        doubt_mailbox(gatherer, key, (const char *)utf8, (size_t)length, is_address);
        failure = ERROR_NONE;
    }
    free(form);
    OPENSSL_free(utf8);
    return failure;
}

enum error_kind rules_alternative_names_doubt(
    struct rules_gatherer *gatherer, const ASN1_STRING *address)
{
    return read_doubtful(gatherer, KEY_EMAIL, address, true);
}

/* What a value holds that may be a string; NULL for all else. */
static const ASN1_STRING *string_of(const ASN1_TYPE *value)
{
    return value->type == V_ASN1_BOOLEAN || value->type == V_ASN1_OBJECT ? NULL
                                                                         : value->value.asn1_string;
}

/* A UPN is a UTF8String, and a mail address of letters beyond ASCII is no email= (RFC 9598): what
 * other names hold is one for deny lines alone. */
static enum error_kind read_other_name(struct rules_gatherer *gatherer, const OTHERNAME *name)
{
    const int nid = OBJ_obj2nid(name->type_id);

    if (nid == NID_ms_upn && rules_gatherer_wants(gatherer, KEY_UPN))
        return name->value->type == V_ASN1_UTF8STRING
                   ? read_string(gatherer, KEY_UPN, name->value->value.utf8string)
                   : read_doubtful(gatherer, KEY_UPN, string_of(name->value), false);
    if (nid == NID_id_on_SmtpUTF8Mailbox && rules_gatherer_wants(gatherer, KEY_EMAIL))
        return read_doubtful(gatherer, KEY_EMAIL, string_of(name->value), false);
    return ERROR_NONE;
}

static enum error_kind read_general_name(struct rules_gatherer *gatherer, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_EMAIL:
        return rules_gatherer_wants(gatherer, KEY_EMAIL)
                   ? read_string(gatherer, KEY_EMAIL, name->d.ia5)
                   : ERROR_NONE;
    case GEN_DNS:
        return rules_gatherer_wants(gatherer, KEY_DNS) ? read_string(gatherer, KEY_DNS, name->d.ia5)
                                                       : ERROR_NONE;
    case GEN_URI:
        return rules_gatherer_wants(gatherer, KEY_URI) ? read_string(gatherer, KEY_URI, name->d.ia5)
                                                       : ERROR_NONE;
    case GEN_IPADD:
        return rules_gatherer_wants(gatherer, KEY_IP) ? read_ip(gatherer, name->d.iPAddress)
                                                      : ERROR_NONE;
    case GEN_OTHERNAME:
        return read_other_name(gatherer, name->d.otherName);
    default:
        return ERROR_NONE;
    }
}

enum error_kind rules_alternative_names_read(
    struct rules_gatherer *gatherer, const GENERAL_NAMES *names)
{
    enum error_kind failure = ERROR_NONE;
    int i;

    for (i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && failure == ERROR_NONE; i++)
        failure = read_general_name(gatherer, sk_GENERAL_NAME_value(names, i));
    return failure;
}
