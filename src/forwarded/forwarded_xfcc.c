/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "forwarded/forwarded_xfcc_names.h"

#include <string.h>
#include <strings.h>

/* Envoy's X-Forwarded-Client-Cert, as "HTTP header manipulation" in Envoy's documentation and
 * source/common/http/conn_manager_utility.cc have it: elements separated by commas, in each
 * Key=Value separated by semicolons, keys in any case, values between double quotes when need be.
 * A double quote in a value is written as \". Nothing else is escaped there, so a backslash before
 * another character is itself: reading \\ as one backslash would let a subject end its quotes. */

/* What is of use in an element; borrows the header's value. */
struct element {
    struct cursor certificate; /* Cert: the leaf */
    struct cursor chain;       /* Chain: all certificates, leaf first */
    struct cursor all;         /* the element itself */
    bool has_certificate, has_chain;
    bool has_names; /* URI or DNS, as the client's certificate has them */
};

static bool is_key(const struct cursor *key, const char *name)
{
    return cursor_left(key) == strlen(name) && strncasecmp(key->at, name, strlen(name)) == 0;
}

static enum decoding read_pair(struct cursor *at, struct element *element, struct certificates *out)
{
    struct cursor key, value;

    cursor_skip_blank(at);
    key = cursor_take_until(at, "=;,\"");
    cursor_trim_end(&key);
    if (cursor_left(&key) == 0 || !cursor_skip(at, "="))
        return encoding_refuse(
            out, "an element of X-Forwarded-Client-Cert is not of the form Key=Value");
    cursor_skip_blank(at);
    if (!xfcc_read_value(at, &value))
        return encoding_refuse(
            out, "a value in X-Forwarded-Client-Cert is not quoted as it must be");
    if (is_key(&key, "Cert")) {
        if (element->has_certificate)
            return encoding_refuse(
                out, "Cert stands twice in an element of X-Forwarded-Client-Cert");
        element->has_certificate = true;
        element->certificate = value;
    } else if (is_key(&key, "Chain")) {
        if (element->has_chain)
            return encoding_refuse(
                out, "Chain stands twice in an element of X-Forwarded-Client-Cert");
        element->has_chain = true;
        element->chain = value;
    } else if (is_key(&key, "URI") || is_key(&key, "DNS")) {
        element->has_names = element->has_names || cursor_left(&value) > 0;
    }
    return DECODING_FINE;
}

static enum decoding read_element(
    struct cursor *at, struct element *element, struct certificates *out)
{
    *element = (struct element){.all = *at};
    do {
        enum decoding result = read_pair(at, element, out);

        if (result != DECODING_FINE)
            return result;
    } while (cursor_skip(at, ";"));
    element->all.end = at->at;
    return DECODING_FINE;
}

/* Whether what follows the element is another proxy's: see xfcc_names_check. */
static enum decoding check_names(const struct element *element, struct certificates *out)
{
    if (!element->has_names)
        return DECODING_FINE;
    if (!element->has_certificate && !element->has_chain)
        return encoding_refuse(out,
            "an element of X-Forwarded-Client-Cert has URIs or DNS names and no Cert to hold them "
            "against: the client may have written what follows it");
    return xfcc_names_check(
        element->all, element->has_chain ? element->chain : element->certificate, out);
}

/* Reads all elements, counts them and keeps the one at `wanted`. An empty element is refused: it
 * would make the count of proxies doubtful. */
static enum decoding read_elements(
    struct cursor at, size_t wanted, size_t *count, struct element *kept, struct certificates *out)
{
    *count = 0;
    do {
        struct element element;
        enum decoding result = read_element(&at, &element, out);

        if (result != DECODING_FINE)
            return result;
        if (*count == wanted)
            *kept = element;
        ++*count;
    } while (cursor_skip(&at, ","));
    return DECODING_FINE;
}

/* Of several elements, which are well-formed. */
static enum decoding check_all_names(struct cursor at, struct certificates *out)
{
    enum decoding result;

    do {
        struct element element;

        result = read_element(&at, &element, out);
        if (result == DECODING_FINE)
            result = check_names(&element, out);
    } while (result == DECODING_FINE && cursor_skip(&at, ","));
    return result;
}

/* Cert and Chain of one element: the chain's first certificate must be the one of Cert. */
static enum decoding decode_element(const struct element *element, struct certificates *out)
{
    struct certificates leaf = {.encoding = NULL};
    enum decoding result = DECODING_FINE;

    if (!element->has_certificate && !element->has_chain)
        return encoding_refuse(out,
            "the element of X-Forwarded-Client-Cert that counts has neither Cert nor "
            "Chain: have the proxy forward it (set_current_client_cert_details)");
    if (!element->has_chain)
        return encoding_append_url_pem(out, element->certificate, 1);
    result = encoding_append_url_pem(out, element->chain, CERTIFICATES_MAX);
    if (result != DECODING_FINE || !element->has_certificate)
        return result;
    result = encoding_append_url_pem(&leaf, element->certificate, 1);
    if (result == DECODING_REFUSED)
        (void)encoding_refuse(out, "%s", leaf.reason);
    else if (result == DECODING_FINE && !bytes_equal(&leaf.items[0], &out->items[0]))
        result =
            encoding_refuse(out, "Cert and Chain of X-Forwarded-Client-Cert hold different leaves");
    certificates_free(&leaf);
    return result;
}

/* Cloud Foundry's routers write plain base64 of DER into this header. Nothing else is one when all
 * of it is base64 of one certificate: an element has a key before its first equals sign. False when
 * it is none. */
static bool decode_plain(struct cursor value, struct certificates *out, enum decoding *result)
{
    if (!cursor_starts(&value, "MI"))
        return false;
    out->encoding = "base64 DER";
    *result = encoding_append_base64(out, value, BASE64_SKIP_SPACE);
    if (*result != DECODING_REFUSED)
        return true;
    out->reason[0] = '\0';
    return false;
}

/* What other products write into a header of this name, by its beginning; NULL when it is none of
 * that. */
static const char *other_form(struct cursor value)
{
    static const struct {
        const char *start, *form;
    } rows[] = {{"-----BEGIN", "PEM"}, {"LS0tLS1C", "base64 of PEM"}, {"MI", "base64 of DER"}};
    size_t i;

    (void)cursor_skip(&value, "\"");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (cursor_starts(&value, rows[i].start))
            return rows[i].form;
    }
    return NULL;
}

static enum decoding decode_elements(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    struct element element = {.has_certificate = false};
    size_t count = 0;
    enum decoding result;

    result = read_elements(value, 0, &count, &element, out);
    out->encoding = "Envoy X-Forwarded-Client-Cert";
    if (result == DECODING_FINE && xfcc_hop == XFCC_ONE_ELEMENT) {
        if (count > 1)
            return encoding_refuse(out,
                "X-Forwarded-Client-Cert has %zu elements, and a client may have written one: if "
                "each proxy appends one, say which counts (--xfcc-hop)",
                count);
        xfcc_hop = 0;
    }
    if (result == DECODING_FINE && xfcc_hop >= count)
        return encoding_refuse(out,
            "X-Forwarded-Client-Cert has %zu elements, and the one %zu before the "
            "last counts (--xfcc-hop)",
            count, xfcc_hop);
    if (result == DECODING_FINE && count > 1)
        result = check_all_names(value, out);
    if (result == DECODING_FINE)
        result = read_elements(value, count - 1 - xfcc_hop, &count, &element, out);
    if (result == DECODING_FINE)
        result = decode_element(&element, out);
    return result;
}

enum decoding encoding_decode_xfcc(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    const char *form = other_form(value);
    enum decoding result;

    if (decode_plain(value, out, &result))
        return result;
    result = decode_elements(value, xfcc_hop, out);
    if (result == DECODING_REFUSED && form != NULL)
        return encoding_refuse(out,
            "it looks like %s and is no element of Envoy's X-Forwarded-Client-Cert: say how the "
            "front encodes it (--trust-header NAME:any, or NAME:base64-der)",
            form);
    return result;
}
