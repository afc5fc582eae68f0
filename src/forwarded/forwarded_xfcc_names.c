/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_xfcc_names.h"

#include <openssl/x509v3.h>
#include <string.h>

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

/* Whether the name is one of the values of an element, which is well-formed. */
static bool stands_in(struct cursor element, enum xfcc_escapes escapes, struct cursor name)
{
    struct cursor value;
    bool is_ambiguous = false;

    while (cursor_left(&element) > 0) {
        (void)cursor_take_until(&element, "=");
        (void)cursor_skip(&element, "=");
        cursor_skip_blank(&element);
        if (!xfcc_read_value(&element, escapes, &value, &is_ambiguous))
            return false;
        if (is_name(value, name))
            return true;
        (void)cursor_skip(&element, ";");
    }
    return false;
}

static bool fits(struct cursor element, enum xfcc_escapes escapes, const GENERAL_NAME *name)
{
    struct cursor text, rest;

    if (name->type != GEN_URI && name->type != GEN_DNS)
        return true;
    rest = text = cursor_over(
        (const char *)ASN1_STRING_get0_data(name->d.ia5), (size_t)ASN1_STRING_length(name->d.ia5));
    (void)cursor_take_until(&rest, ",;\"");
    return cursor_left(&rest) == 0 || stands_in(element, escapes, text);
}

static bool all_fit(struct cursor element, enum xfcc_escapes escapes, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool fit = true;
    int i;

    for (i = 0; fit && i < sk_GENERAL_NAME_num(names); i++)
        fit = fits(element, escapes, sk_GENERAL_NAME_value(names, i));
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
