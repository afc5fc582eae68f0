/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "forwarded/forwarded.h"
#include "forwarded/percent.h"

#include <openssl/crypto.h>
#include <string.h>

/* PEM with real line ends (Apache, lighttpd), with a tab behind each (nginx $ssl_client_cert) or
 * with spaces instead. */
static enum decoding decode_pem(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    (void)xfcc_hop;
    out->encoding = "PEM";
    return encoding_append_pem(out, value, 1, false);
}

/* nginx and ingress-nginx $ssl_client_escaped_cert, the leaf of AWS ALB: PEM, percent-encoded. */
static enum decoding decode_url_pem(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    (void)xfcc_hop;
    out->encoding = "URL-encoded PEM";
    return encoding_append_url_pem(out, value, 1);
}

/* AWS ALB in passthrough mode: the whole chain, leaf first, `+`, `=` and `/` left as they are. */
static enum decoding decode_url_pem_chain(
    struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    (void)xfcc_hop;
    out->encoding = "URL-encoded PEM chain";
    return encoding_append_url_pem(out, value, CERTIFICATES_MAX);
}

/* HAProxy `ssl_c_der,base64` and `,ub64enc`, Cloudflare, Caddy: base64 of one DER certificate. */
static enum decoding decode_base64_der(
    struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    (void)xfcc_hop;
    out->encoding = "base64 DER";
    return encoding_append_base64_der(out, value);
}

/* HAProxy `ssl_c_chain_der,base64`: base64 of DER certificates one after another. */
static enum decoding decode_base64_der_chain(
    struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    (void)xfcc_hop;
    out->encoding = "base64 DER chain";
    return encoding_append_base64_chain(out, value);
}

/* Moves behind characters of these kinds: lower-case letters and digits, and those listed; with
 * `upper` capitals too. */
static void skip_characters(struct cursor *at, bool upper, const char *others)
{
    for (; cursor_left(at) > 0; at->at++) {
        char one = *at->at;

        if (!(one >= 'a' && one <= 'z') && !(one >= '0' && one <= '9') &&
            !(upper && one >= 'A' && one <= 'Z') && (one == '\0' || strchr(others, one) == NULL))
            return;
    }
}

/* What stands behind the `=` of a parameter (RFC 8941 section 3.3): a string, a byte sequence, or
 * a number, token or boolean, which are not told apart. */
static bool skip_bare_item(struct cursor *at)
{
    const char *begins = at->at;

    if (cursor_skip(at, ":")) {
        (void)cursor_take_until(at, ":");
        return cursor_skip(at, ":");
    }
    if (!cursor_skip(at, "\"")) {
        skip_characters(at, true, "!#$%&'*+-.^_`|~:/?");
        return at->at > begins;
    }
    while (cursor_left(at) > 0) {
        if (cursor_skip(at, "\""))
            return true;
        if (!cursor_skip(at, "\\\\") && !cursor_skip(at, "\\\""))
            at->at++;
    }
    return false;
}

/* Parameters of an item (RFC 8941 section 3.1.2). RFC 9440 gives none a meaning: they are passed
 * over. false when they are not well-formed. */
static bool skip_parameters(struct cursor *at)
{
    while (cursor_skip(at, ";")) {
        const char *key;

        while (cursor_skip(at, " ")) {
        }
        key = at->at;
        skip_characters(at, false, "_-.*");
        if (at->at == key || (!(*key >= 'a' && *key <= 'z') && *key != '*') ||
            (cursor_skip(at, "=") && !skip_bare_item(at)))
            return false;
    }
    return true;
}

/* A byte sequence of RFC 8941 section 3.3.5: `:base64:`, and its parameters. Its padding may be
 * missing (section 4.2.7); unused bits are zero. */
static enum decoding read_byte_sequence(struct cursor *at, struct certificates *out)
{
    struct cursor base64;
    enum decoding result;

    if (!cursor_skip(at, ":"))
        return encoding_refuse(
            out, "it is not a byte sequence between colons (RFC 9440 section 2)");
    base64 = cursor_take_until(at, ":");
    if (!cursor_skip(at, ":"))
        return encoding_refuse(out, "its byte sequence is cut off: the second colon is missing");
    result = encoding_append_base64(out, base64, BASE64_NO_SPACE);
    if (result == DECODING_FINE && !skip_parameters(at))
        return encoding_refuse(
            out, "the parameters behind its byte sequence are broken (RFC 8941 section 3.1.2)");
    return result;
}

/* RFC 9440 section 2.2, Client-Cert: one byte sequence. */
static enum decoding decode_rfc9440(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    enum decoding result;

    (void)xfcc_hop;
    out->encoding = "RFC 9440 byte sequence";
    cursor_skip_blank(&value);
    result = read_byte_sequence(&value, out);
    cursor_skip_blank(&value);
    if (result == DECODING_FINE && cursor_left(&value) > 0)
        return encoding_refuse(
            out, cursor_starts(&value, ",")
                     ? "more than one byte sequence came (RFC 9440 section 2.2)"
                     : "something follows its byte sequence (RFC 9440 section 2.2)");
    return result;
}

/* RFC 9440 section 2.3, Client-Cert-Chain: a list of byte sequences (RFC 8941 section 3.1). */
static enum decoding decode_rfc9440_chain(
    struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    enum decoding result;

    (void)xfcc_hop;
    out->encoding = "RFC 9440 list";
    do {
        cursor_skip_blank(&value);
        result = read_byte_sequence(&value, out);
        cursor_skip_blank(&value);
    } while (result == DECODING_FINE && cursor_skip(&value, ","));
    if (result == DECODING_FINE && cursor_left(&value) > 0)
        return encoding_refuse(
            out, "something other than a comma follows a byte sequence (RFC 9440)");
    return result;
}

/* Fronts put a blank behind the comma when they join two headers of one name (RFC 9110
 * section 5.3); Traefik puts none. */
static bool is_of_two_headers(struct cursor list)
{
    return cursor_contains(&list, ", ") || cursor_contains(&list, ",\t") ||
           cursor_contains(&list, " ,") || cursor_contains(&list, "\t,");
}

/* Traefik's pkg/middlewares/passtlsclientcert: PEM without armour and line ends, that is base64 of
 * DER, leaf first, joined by commas. Versions before 2.8 URL-encode it. */
static enum decoding decode_traefik(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    char *decoded = OPENSSL_malloc(cursor_left(&value) + 1);
    enum decoding result = DECODING_FINE;
    struct cursor at;
    size_t length = 0;

    (void)xfcc_hop;
    out->encoding = "Traefik base64 DER";
    if (decoded == NULL)
        return DECODING_FAILED;
    if (!percent_decode(value.at, cursor_left(&value), decoded, &length))
        result = encoding_refuse(out, "its URL-encoding is broken or cut off");
    at = cursor_over(decoded, length);
    if (result == DECODING_FINE && is_of_two_headers(at))
        result = encoding_refuse(out,
            "a blank stands beside a comma: a front joined two headers of this name, and a client "
            "may have written one");
    while (result == DECODING_FINE) {
        result = encoding_append_base64(out, cursor_take_until(&at, ","), BASE64_SKIP_SPACE);
        if (result == DECODING_FINE && !cursor_skip(&at, ","))
            break;
    }
    OPENSSL_free(decoded);
    return result;
}

/* base64 of DER or of PEM that was percent-encoded on top of it: its `+`, `/` and `=`. */
static enum decoding decode_url_base64(struct cursor value, struct certificates *out)
{
    size_t length = cursor_left(&value);
    char *decoded = OPENSSL_malloc(length);
    enum decoding result;

    if (decoded == NULL)
        return DECODING_FAILED;
    if (percent_decode(value.at, length, decoded, &length))
        result = encoding_append_base64_any(out, cursor_over(decoded, length));
    else
        result = encoding_refuse(out, "its base64 is cut off or broken");
    OPENSSL_clear_free(decoded, cursor_left(&value));
    if (result == DECODING_FINE)
        out->encoding = "URL-encoded base64";
    else if (strncmp(out->reason, "its base64", 10) == 0)
        (void)encoding_refuse(out, "it is neither PEM, URL-encoded PEM nor base64 of DER");
    return result;
}

/* SSL_CLIENT_CERT as the fronts write it: which encoding it is can be told from the first
 * characters, and a percent sign is in URL-encoded text alone. */
static enum decoding decode_any(struct cursor value, size_t xfcc_hop, struct certificates *out)
{
    (void)xfcc_hop;
    cursor_skip_space(&value);
    if (cursor_starts(&value, "-----BEGIN%") || cursor_starts(&value, "-----BEGIN+") ||
        cursor_starts(&value, "%2D") || cursor_starts(&value, "%2d"))
        return decode_url_pem(value, xfcc_hop, out);
    if (cursor_starts(&value, "-"))
        return decode_pem(value, xfcc_hop, out);
    if (cursor_starts(&value, ":")) /* Google's load balancers, in headers of any name */
        return decode_rfc9440(value, xfcc_hop, out);
    if (cursor_contains(&value, "-----BEGIN"))
        return encoding_refuse(out, "data stands before the BEGIN line of the PEM");
    if (cursor_starts(&value, "0\x82") || cursor_starts(&value, "0\x83"))
        return encoding_refuse(out,
            "it looks like bare DER, which variables cannot carry: have the front "
            "encode it in base64");
    return cursor_contains(&value, "%") ? decode_url_base64(value, out)
                                        : encoding_append_base64_any(out, value);
}

/* One list: the words of --trust-header, the messages and the tests use it. */
static const struct encoding encodings[] = {
    {"any", false, decode_any},
    {"pem", false, decode_pem},
    {"url-pem", false, decode_url_pem},
    {"url-pem-chain", false, decode_url_pem_chain},
    {"base64-der", false, decode_base64_der},
    {"base64-der-chain", false, decode_base64_der_chain},
    {"rfc9440", false, decode_rfc9440},
    {"rfc9440-chain", true, decode_rfc9440_chain},
    {"xfcc", true, encoding_decode_xfcc},
    {"traefik", false, decode_traefik},
};

const struct encoding *encoding_find(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        if (strlen(encodings[i].name) == length && memcmp(encodings[i].name, name, length) == 0)
            return &encodings[i];
    }
    return NULL;
}

const struct encoding *encoding_at(size_t index)
{
    return index < sizeof(encodings) / sizeof(encodings[0]) ? &encodings[index] : NULL;
}

/* PEM armour of a private key anywhere, whatever else is wrong. */
static bool tells_of_private_key(const struct cursor *value)
{
    return cursor_contains(value, "PRIVATE KEY-----") ||
           cursor_contains(value, "PRIVATE%20KEY-----") ||
           cursor_contains(value, "PRIVATE+KEY-----");
}

enum decoding encoding_decode(const struct encoding *encoding, const char *value, size_t length,
    size_t xfcc_hop, struct certificates *out)
{
    struct cursor cursor = cursor_over(value, length);
    const char *hint = NULL;
    enum decoding result;

    *out = (struct certificates){.encoding = NULL};
    if (length > FORWARDED_MAX_VALUE)
        return encoding_refuse(
            out, "it is %zu bytes long, more than the limit of %zu", length, FORWARDED_MAX_VALUE);
    cursor_skip_space(&cursor);
    if (encoding_is_nothing(value, length))
        return DECODING_BLANK;
    result = encoding->decode(cursor, xfcc_hop, out);
    if (result == DECODING_REFUSED)
        hint = encoding_hint(encoding, cursor);
    if (hint != NULL)
        (void)encoding_refuse(out, "%s", hint);
    if (result == DECODING_REFUSED && tells_of_private_key(&cursor))
        (void)encoding_refuse(out, "%s", encoding_private_key_words);
    if (result != DECODING_FINE)
        certificates_free(out);
    return result;
}
