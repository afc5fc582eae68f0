/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_xfcc_names.h"
#include "forwarded/percent.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

bool xfcc_read_value(
    struct cursor *at, enum xfcc_escapes escapes, struct cursor *value, bool *is_ambiguous)
{
    if (!cursor_skip(at, "\"")) {
        *value = cursor_take_until(at, ",;");
        cursor_trim_end(value);
        return memchr(value->at, '"', cursor_left(value)) == NULL;
    }
    *value = *at;
    while (cursor_left(at) > 0) {
        size_t backslashes = 0;

        while (cursor_skip(at, "\\"))
            backslashes++;
        value->end = at->at;
        if (!cursor_skip(at, "\"")) {
            at->at += cursor_left(at) > 0 ? 1 : 0;
            continue;
        }
        if (backslashes % 2 == 0 && backslashes > 0)
            *is_ambiguous = true;
        if (backslashes % 2 == 1 || (backslashes > 0 && escapes == XFCC_QUOTES))
            continue;
        cursor_skip_blank(at);
        return cursor_left(at) == 0 || *at->at == ',' || *at->at == ';';
    }
    return false;
}

/* Whether a value, in which \" is a double quote, is this name. */
static bool is_name(struct cursor value, struct cursor name)
{
    while (cursor_left(&value) > 0 && cursor_left(&name) > 0) {
        (void)(cursor_starts(&value, "\\\"") && cursor_skip(&value, "\\"));
        if (*value.at != *name.at)
            return false;
        value.at++;
        name.at++;
    }
    return cursor_left(&value) == 0 && cursor_left(&name) == 0;
}

/* One of the pairs of an element. */
struct pair {
    int type; /* GEN_URI, GEN_DNS; -1 for any other key */
    struct cursor value;
};

/* Takes the next one of an element, which is well-formed; false at its end. */
static bool take_pair(struct cursor *element, enum xfcc_escapes escapes, struct pair *pair)
{
    struct cursor key = cursor_take_until(element, "=");
    bool is_ambiguous = false;

    cursor_skip_blank(&key);
    cursor_trim_end(&key);
    pair->type = -1;
    if (cursor_left(&key) == 3 && strncasecmp(key.at, "URI", 3) == 0)
        pair->type = GEN_URI;
    else if (cursor_left(&key) == 3 && strncasecmp(key.at, "DNS", 3) == 0)
        pair->type = GEN_DNS;
    if (!cursor_skip(element, "="))
        return false;
    cursor_skip_blank(element);
    if (!xfcc_read_value(element, escapes, &pair->value, &is_ambiguous))
        return false;
    (void)cursor_skip(element, ";");
    return true;
}

static struct cursor text_of(const GENERAL_NAME *name)
{
    return cursor_over(
        (const char *)ASN1_STRING_get0_data(name->d.ia5), (size_t)ASN1_STRING_length(name->d.ia5));
}

/* Whether the name is one of the values of its kind. Others are what the client likes: its subject
 * may read like its name. */
static bool stands_in(struct cursor element, enum xfcc_escapes escapes, const GENERAL_NAME *name)
{
    struct pair pair;

    while (take_pair(&element, escapes, &pair)) {
        if (pair.type == name->type && is_name(pair.value, text_of(name)))
            return true;
    }
    return false;
}

/* Whether a name has what separates values, or begins or ends one. */
static bool is_odd(const GENERAL_NAME *name)
{
    struct cursor rest;

    if (name->type != GEN_URI && name->type != GEN_DNS)
        return false;
    rest = text_of(name);
    (void)cursor_take_until(&rest, ",;\"");
    return cursor_left(&rest) > 0;
}

/* Whether each odd name stands in the element; there may be XFCC_MOST_ODD_NAMES, since the whole
 * element is read for each. */
static bool have_odd_names(
    struct cursor element, enum xfcc_escapes escapes, const GENERAL_NAMES *names)
{
    int i, count = 0;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (is_odd(name) && (++count > XFCC_MOST_ODD_NAMES || !stands_in(element, escapes, name)))
            return false;
    }
    return true;
}

/* Whether a value is this name once its percent-encoding is undone. */
static bool is_encoded_name(struct cursor value, struct cursor name)
{
    for (; cursor_left(&value) > 0 && cursor_left(&name) > 0; name.at++) {
        size_t length = *value.at == '%' && cursor_left(&value) > 2 ? 3 : 1, count;
        char byte;

        if (!percent_decode(value.at, length, &byte, &count) || byte != *name.at)
            return false;
        value.at += length;
    }
    return cursor_left(&value) == 0 && cursor_left(&name) == 0;
}

/* The next name of a type from *at on; NULL when there is none. */
static const GENERAL_NAME *next_name(const GENERAL_NAMES *names, int type, int *at)
{
    while (*at < sk_GENERAL_NAME_num(names)) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, (*at)++);

        if (name->type == type)
            return name;
    }
    return NULL;
}

static bool has_names(const GENERAL_NAMES *names, int type)
{
    int at = 0;

    return next_name(names, type, &at) != NULL;
}

/* Whether the values of URI and DNS are the names, all of them and in their order, as they are or
 * percent-encoded. Then none of them was cut: written as it is, a name with a comma or semicolon
 * leaves a value that is shorter than it, in either form, and what follows never makes up for that
 * since the value in its place is the wrong one. */
static bool are_all(struct cursor element, enum xfcc_escapes escapes, const GENERAL_NAMES *names)
{
    const bool has_uris = has_names(names, GEN_URI), has_dns = has_names(names, GEN_DNS);
    int uri = 0, dns = 0;
    struct pair pair;

    while (take_pair(&element, escapes, &pair)) {
        const GENERAL_NAME *name;

        if (pair.type < 0)
            continue;
        /* Envoy writes URI without a value where there is none. */
        if (cursor_left(&pair.value) == 0 && !(pair.type == GEN_URI ? has_uris : has_dns))
            continue;
        name = next_name(names, pair.type, pair.type == GEN_URI ? &uri : &dns);
        if (name == NULL ||
            (!is_name(pair.value, text_of(name)) && !is_encoded_name(pair.value, text_of(name))))
            return false;
    }
    return cursor_left(&element) == 0 && next_name(names, GEN_URI, &uri) == NULL &&
           next_name(names, GEN_DNS, &dns) == NULL;
}

static bool all_fit(struct cursor element, enum xfcc_escapes escapes, const X509 *certificate)
{
    int critical = -1; /* stays when it has no names; others cannot be read */
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
    bool fit = (names != NULL || critical == -1) &&
               (are_all(element, escapes, names) || have_odd_names(element, escapes, names));

    GENERAL_NAMES_free(names);
    return fit;
}

enum decoding xfcc_names_check(struct cursor names, enum xfcc_escapes escapes,
    struct cursor certificates, struct certificates *out)
{
    struct certificates its = {.encoding = NULL};
    struct error error = {.kind = ERROR_NONE};
    enum decoding result = encoding_append_url_pem(&its, certificates, CERTIFICATES_MAX);
    X509 *leaf = NULL;
    bool fit;

    if (result == DECODING_FAILED)
        return result;
    if (result == DECODING_FINE)
        leaf = certificate_decode(its.items[0].data, its.items[0].length, &error);
    fit = leaf != NULL && all_fit(names, escapes, leaf);
    X509_free(leaf);
    certificates_free(&its);
    if (error.kind != ERROR_NONE && error.kind != ERROR_INPUT)
        return DECODING_FAILED;
    return fit ? DECODING_FINE
               : encoding_refuse(out,
                     "an element of X-Forwarded-Client-Cert does not have the URIs and DNS "
                     "names of its certificate: the client may have written what follows it");
}
