/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "forwarded/forwarded_encodings.h"
#include "forwarded/forwarded_xfcc_names.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

/* Envoy's X-Forwarded-Client-Cert, as "HTTP header manipulation" in Envoy's documentation and
 * source/common/http/conn_manager_utility.cc have it: elements separated by commas, in each
 * Key=Value separated by semicolons, keys in any case, values between double quotes when need be.
 * A double quote in a value is written as \". Envoy's subjects are those of RFC 2253, so that each
 * backslash stands there twice; other proxies write it once. A value with \\" has two readings
 * therefore, and what a client wrote as its subject may be read as Cert in one of them. Envoy
 * writes By, Hash, Cert and Chain before all that comes from the client, and a Cert that is not
 * there counts only when the Hash fits it. */

/* What is of use in an element; borrows the header's value. */
struct element {
    struct cursor certificate; /* Cert: the leaf */
    struct cursor chain;       /* Chain: all certificates, leaf first */
    struct cursor all;         /* the element itself */
    bool has_certificate, has_chain;
    struct cursor hash; /* Hash: SHA-256 of the leaf in hexadecimal; at is NULL without */
    bool has_names;     /* URI or DNS, as the client's certificate has them */
    bool is_bare;       /* another value of the client's is not quoted: it may have been cut */
    bool is_clients;    /* what follows may be what the client wrote */
    bool is_late;       /* Cert or Chain is among that */
};

static bool is_key(const struct cursor *key, const char *name)
{
    return cursor_left(key) == strlen(name) && strncasecmp(key->at, name, strlen(name)) == 0;
}

/* Another form of Hash than Envoy's tells nothing, nor does one that the client may have written.
 */
static void take_hash(struct element *element, struct cursor value)
{
    size_t i;

    if (element->hash.at != NULL || element->is_clients ||
        cursor_left(&value) != 2 * XFCC_HASH_LENGTH)
        return;
    for (i = 0; i < cursor_left(&value); i++) {
        if (text_hex_value(value.at[i]) < 0)
            return;
    }
    element->hash = value;
}

static enum decoding read_pair(
    struct cursor *at, enum xfcc_escapes escapes, struct element *element, struct certificates *out)
{
    struct cursor key, value;
    bool is_quoted, is_ambiguous = false;

    cursor_skip_blank(at);
    key = cursor_take_until(at, "=;,\"");
    cursor_trim_end(&key);
    if (cursor_left(&key) == 0 || !cursor_skip(at, "="))
        return encoding_refuse(
            out, "an element of X-Forwarded-Client-Cert is not of the form Key=Value");
    cursor_skip_blank(at);
    is_quoted = cursor_starts(at, "\"");
    if (!xfcc_read_value(at, escapes, &value, &is_ambiguous))
        return encoding_refuse(
            out, "a value in X-Forwarded-Client-Cert is not quoted as it must be");
    if (is_key(&key, "Cert")) {
        if (element->has_certificate)
            return encoding_refuse(
                out, "Cert stands twice in an element of X-Forwarded-Client-Cert");
        element->has_certificate = true;
        element->certificate = value;
        element->is_late = element->is_late || element->is_clients;
    } else if (is_key(&key, "Chain")) {
        if (element->has_chain)
            return encoding_refuse(
                out, "Chain stands twice in an element of X-Forwarded-Client-Cert");
        element->has_chain = true;
        element->chain = value;
        element->is_late = element->is_late || element->is_clients;
    } else if (is_key(&key, "URI") || is_key(&key, "DNS")) {
        /* Without a value, too: a client's name may begin with what separates values. */
        element->has_names = true;
    } else if (is_key(&key, "Hash")) {
        take_hash(element, value);
    } else if (!is_key(&key, "By") && !is_quoted) {
        element->is_clients = true;
        element->is_bare = element->is_bare || cursor_left(&value) > 0;
    }
    element->is_clients = element->is_clients || element->has_names || is_ambiguous;
    return DECODING_FINE;
}

static enum decoding read_element(
    struct cursor *at, enum xfcc_escapes escapes, struct element *element, struct certificates *out)
{
    *element = (struct element){.all = *at};
    do {
        enum decoding result = read_pair(at, escapes, element, out);

        if (result != DECODING_FINE)
            return result;
    } while (cursor_skip(at, ";"));
    element->all.end = at->at;
    return DECODING_FINE;
}

/* Whether what follows the element is another proxy's: see xfcc_names_check. */
static enum decoding check_names(
    const struct element *element, enum xfcc_escapes escapes, struct certificates *out)
{
    if (element->is_bare)
        return encoding_refuse(out,
            "a value in X-Forwarded-Client-Cert that the client may have written is not quoted, "
            "and so may be cut where a comma is in it");
    if (!element->has_names)
        return DECODING_FINE;
    if (element->is_late)
        return encoding_refuse(out,
            "Cert or Chain of X-Forwarded-Client-Cert stands behind names of the client, who may "
            "have written it: have the proxy write it before them");
    if (!element->has_certificate && !element->has_chain)
        return encoding_refuse(out,
            "an element of X-Forwarded-Client-Cert has URIs or DNS names and no Cert to hold them "
            "against: have each proxy forward it (set_current_client_cert_details: cert: true)");
    return xfcc_names_check(
        element->all, escapes, element->has_chain ? element->chain : element->certificate, out);
}

/* Reads all elements, counts them and keeps the one at `wanted`. An empty element is refused: it
 * would make the count of proxies doubtful. */
static enum decoding read_elements(struct cursor at, enum xfcc_escapes escapes, size_t wanted,
    size_t *count, struct element *kept, struct certificates *out)
{
    *count = 0;
    do {
        struct element element;
        enum decoding result = read_element(&at, escapes, &element, out);

        if (result != DECODING_FINE)
            return result;
        if (*count == wanted)
            *kept = element;
        ++*count;
    } while (cursor_skip(&at, ","));
    return DECODING_FINE;
}

/* Of several elements, which are well-formed. Each that has names costs the decoding of its
 * certificate, so there is a bound; nobody has as many proxies. */
static enum decoding check_all_names(
    struct cursor at, enum xfcc_escapes escapes, struct certificates *out)
{
    enum decoding result;
    size_t count = 0;

    do {
        struct element element;

        result = read_element(&at, escapes, &element, out);
        if (result == DECODING_FINE && element.has_names && ++count > XFCC_MOST_NAMED)
            return encoding_refuse(out,
                "more than %d elements of X-Forwarded-Client-Cert have URIs or DNS names",
                XFCC_MOST_NAMED);
        if (result == DECODING_FINE)
            result = check_names(&element, escapes, out);
    } while (result == DECODING_FINE && cursor_skip(&at, ","));
    return result;
}

/* Whether a Cert that the client may have written is the one that the proxy saw. */
static enum decoding check_hash(const struct element *element, struct certificates *out)
{
    unsigned char hash[XFCC_HASH_LENGTH];
    size_t i;

    if (element->hash.at == NULL)
        return encoding_refuse(out,
            "Cert of X-Forwarded-Client-Cert stands behind names of the client, who may have "
            "written it: have the proxy write it before them, or its Hash");
    if (EVP_Digest(out->items[0].data, out->items[0].length, hash, NULL, EVP_sha256(), NULL) != 1)
        return DECODING_FAILED;
    for (i = 0; i < sizeof(hash); i++) {
        const char *digits = element->hash.at + 2 * i;

        if (text_hex_value(digits[0]) * 16 + text_hex_value(digits[1]) != hash[i])
            return encoding_refuse(out,
                "Hash of X-Forwarded-Client-Cert is not the SHA-256 of Cert, which the client may "
                "have written: have the proxy forward it (set_current_client_cert_details: cert: "
                "true)");
    }
    return DECODING_FINE;
}

/* The certificates of an element: those of Chain, whose first must be the one of Cert. */
static enum decoding append_certificates(const struct element *element, struct certificates *out)
{
    struct certificates leaf = {.encoding = NULL};
    enum decoding result;

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

static enum decoding decode_element(const struct element *element, struct certificates *out)
{
    enum decoding result;

    if (!element->has_certificate && !element->has_chain)
        return encoding_refuse(out,
            "the element of X-Forwarded-Client-Cert that counts has neither Cert nor Chain: have "
            "the proxy forward it (set_current_client_cert_details: cert: true)");
    result = append_certificates(element, out);
    return result == DECODING_FINE && element->is_late ? check_hash(element, out) : result;
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

/* Decodes the value in one of its readings; `count` becomes the number of its elements. */
static enum decoding decode_reading(struct cursor value, enum xfcc_escapes escapes, size_t xfcc_hop,
    size_t *count, struct certificates *out)
{
    struct element element = {.has_certificate = false};
    enum decoding result = read_elements(value, escapes, 0, count, &element, out);

    if (result == DECODING_FINE && xfcc_hop == XFCC_ONE_ELEMENT) {
        if (*count > 1)
            return encoding_refuse(out,
                "X-Forwarded-Client-Cert has %zu elements, and a client may have written one: if "
                "each proxy appends one, say which counts (--xfcc-hop)",
                *count);
        xfcc_hop = 0;
    }
    if (result == DECODING_FINE && xfcc_hop >= *count)
        return encoding_refuse(out,
            "X-Forwarded-Client-Cert has %zu elements, and the one %zu before the "
            "last counts (--xfcc-hop)",
            *count, xfcc_hop);
    if (result == DECODING_FINE && *count > 1)
        result = check_all_names(value, escapes, out);
    if (result == DECODING_FINE)
        result = read_elements(value, escapes, *count - 1 - xfcc_hop, count, &element, out);
    return result == DECODING_FINE ? decode_element(&element, out) : result;
}

/* A subject that ends with a backslash can only be read as Envoy writes it. Where the value has
 * several elements, and so may have others in the other reading, that is not enough. */
static enum decoding decode_elements(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    struct certificates envoys = {.encoding = NULL};
    size_t count = 0, envoys_count = 0;
    enum decoding result = decode_reading(value, XFCC_QUOTES, xfcc_hop, &count, out), second;

    out->encoding = "Envoy X-Forwarded-Client-Cert";
    if (result == DECODING_FAILED || !cursor_contains(&value, "\\\\\""))
        return result;
    second = decode_reading(value, XFCC_BACKSLASHES, xfcc_hop, &envoys_count, &envoys);
    if (second == DECODING_FAILED) {
        result = second;
    } else if (result != DECODING_FINE && second == DECODING_FINE && envoys_count == 1) {
        envoys.encoding = out->encoding;
        certificates_free(out);
        *out = envoys;
        return second;
    } else if (result == DECODING_FINE &&
               (second == DECODING_FINE ? !bytes_equal(&out->items[0], &envoys.items[0])
                                        : count > 1)) {
        result = encoding_refuse(out,
            "a backslash before a double quote in X-Forwarded-Client-Cert can be read in two ways");
    }
    certificates_free(&envoys);
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
