/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "rules/rules_doubt.h"
#include "rules/rules_values.h"

#include <stdlib.h>
#include <string.h>

/* Decodes %XX in place; the new length. */
static size_t decode(char *text, size_t length)
{
    size_t in, out = 0;

    for (in = 0; in < length; in++) {
        int high = in + 2 < length && text[in] == '%' ? text_hex_value(text[in + 1]) : -1;
        int low = high >= 0 ? text_hex_value(text[in + 2]) : -1;

        text[out++] = (char)(low >= 0 ? high * 16 + low : text[in]);
        in += low >= 0 ? 2 : 0;
    }
    return out;
}

static bool is_slash(char character)
{
    return character == '/' || character == '\\';
}

/* Brings a path into its plainest form, in place: what is behind ? or # is cut off, escapes are
 * decoded, a backslash is a slash, empty segments and dots are resolved (RFC 3986 section 5.2.4).
 * The new length; it does not end in a slash. */
static size_t settle(char *path, size_t length)
{
    size_t at, end, out = 0, cut;

    for (cut = 0; cut < length && path[cut] != '?' && path[cut] != '#';)
        cut++;
    length = decode(path, cut);
    for (at = 0; at < length; at = end) {
        while (at < length && is_slash(path[at]))
            at++;
        for (end = at; end < length && !is_slash(path[end]);)
            end++;
        if (end - at == 2 && memcmp(path + at, "..", 2) == 0) {
            const char *slash = memrchr(path, '/', out);

            out = slash != NULL ? (size_t)(slash - path) : 0;
        } else if (end > at && (end - at != 1 || path[at] != '.')) {
            path[out++] = '/';
            memmove(path + out, path + at, end - at);
            out += end - at;
        }
    }
    return out;
}

/* A URI as rules_form_uri brings it into form: where its scheme ends, its host begins, and its path
 * does. Without slashes before the host that is where the scheme ends. */
struct uri {
    const char *form;
    size_t length, scheme, host, path;
};

static struct uri read_uri(const char *name, size_t length, char *form)
{
    struct uri uri = {.form = form, .length = length, .path = rules_form_uri(name, length, form)};
    const char *colon = memchr(form, ':', length);

    uri.scheme = colon != NULL ? (size_t)(colon - form) + 1 : 0;
    uri.host = uri.scheme;
    if (uri.path >= uri.scheme + 2 && memcmp(form + uri.scheme, "//", 2) == 0)
        uri.host += 2;
    return uri;
}

/* Whether a URI has what none has (RFC 3986 section 2): a program may leave it out, end there, or
 * take it for a slash. In a path behind a host a backslash is resolved; in every path other letters
 * than ASCII stand for themselves. */
static bool has_stray_character(const struct uri *uri)
{
    const size_t bare = uri->host == uri->scheme ? uri->length : uri->path;
    size_t i;

    for (i = 0; i < uri->length; i++) {
        const unsigned char byte = (unsigned char)uri->form[i];
        const int high = byte == '%' && i + 2 < uri->length ? text_hex_value(uri->form[i + 1]) : -1;
        const int low = high >= 0 ? text_hex_value(uri->form[i + 2]) : -1;

        if (byte <= 0x20 || byte == 0x7F || (i < bare && byte == '\\') ||
            (i < uri->path && byte > 0x7F))
            return true;
        if (low >= 0 && (high < 2 || (high == 7 && low == 0xF)))
            return true;
    }
    return false;
}

/* Browsers and their like find the host of such a URI behind any number of slashes, also of none
 * (URL Standard of WHATWG, "special scheme"). */
static bool has_odd_slashes(const struct uri *uri)
{
    static const char *const special[] = {"https:", "http:", "wss:", "ws:", "ftp:"};
    size_t i;

    for (i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (uri->scheme == strlen(special[i]) && memcmp(uri->form, special[i], uri->scheme) == 0)
            return strspn(uri->form + uri->scheme, "/") != 2;
    }
    return false;
}

/* The escapes of a path are those of a URI that is not plain. */
static bool is_odd_uri(const struct uri *uri)
{
    return uri->scheme == 0 || !rules_uri_is_plain(uri->form, uri->path, uri->length) ||
           memchr(uri->form, '%', uri->path) != NULL ||
           (uri->host != uri->scheme &&
               rules_host_is_odd(uri->form + uri->host, uri->path - uri->host));
}

/* A URI in its plainest form: what stands between its scheme and its path decoded and in lower
 * case, and its path settled. */
struct plain_uri {
    const struct uri *uri;
    struct bytes host, path;
};

static struct plain_uri make_plain(const struct uri *uri, char *host, char *path)
{
    const size_t length = uri->path - uri->scheme, rest = uri->length - uri->path;
    size_t decoded, settled;

    memcpy(host, uri->form + uri->scheme, length);
    decoded = decode(host, length);
    rules_form_lower(host, decoded, host);
    memcpy(path, uri->form + uri->path, rest);
    settled = settle(path, rest);
    return (struct plain_uri){.uri = uri,
        .host = {.data = (unsigned char *)host, .length = decoded},
        .path = {.data = (unsigned char *)path, .length = settled}};
}

/* Whether this stands before the path, as it came or decoded. */
static bool has_host(const struct plain_uri *plain, const char *host, size_t length)
{
    const struct uri *uri = plain->uri;

    return memmem(uri->form + uri->scheme, uri->path - uri->scheme, host, length) != NULL ||
           memmem(plain->host.data, plain->host.length, host, length) != NULL;
}

/* Whether a value is of the URI's scheme, its host stands in the URI's, and its path, settled, is
 * the URI's; that of a pattern may be above it. A value with a query is compared as it is alone. */
static bool may_hold(const struct rules_value *value, const struct plain_uri *plain)
{
    char form[RULES_MAX_LINE + 1], path[RULES_MAX_LINE + 1];
    const struct uri its = read_uri((const char *)value->bytes.data, value->bytes.length, form);
    size_t rest = its.length - its.path;

    memcpy(path, form + its.path, rest + 1);
    if (strpbrk(path, "?#") != NULL)
        return false;
    rest = settle(path, rest);
    return its.scheme == plain->uri->scheme && memcmp(form, plain->uri->form, its.scheme) == 0 &&
           has_host(plain, form + its.host, its.path - its.host) && plain->path.length >= rest &&
           memcmp(plain->path.data, path, rest) == 0 &&
           (plain->path.length == rest ||
               (value->form != FORM_EXACT && plain->path.data[rest] == '/'));
}

/* An empty path is `/` (RFC 3986 section 6.2.3), and without a host what is behind ? or # is no
 * part of the name (RFC 8141 section 3). `form` is that of the URI, with room for one byte more. */
static void doubt_equal(struct rules_gatherer *gatherer, const struct uri *uri, char *form)
{
    size_t length = uri->scheme;

    if (uri->host != uri->scheme) {
        if (uri->path < uri->length)
            return;
        length = uri->length;
        form[length++] = '/';
    } else {
        while (length < uri->length && strchr("?#", form[length]) == NULL)
            length++;
    }
    gatherer->in_doubt = true;
    rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_EXACT, form, length);
    gatherer->in_doubt = false;
}

void rules_doubt_uri(struct rules_gatherer *gatherer, const char *name, size_t length)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, KEY_URI);
    char *form = malloc(length + 1), *host = malloc(length + 1), *path = malloc(length + 1);
    struct plain_uri plain;
    struct uri uri;
    size_t i;

    if (form == NULL || host == NULL || path == NULL) {
        gatherer->out_of_memory = true;
        goto out;
    }
    uri = read_uri(name, length, form);
    if (has_stray_character(&uri) || has_odd_slashes(&uri)) {
        rules_doubt_all(gatherer, KEY_URI);
        goto out;
    }
    if (is_odd_uri(&uri) && rules_doubt_may_compare(gatherer, values, length)) {
        plain = make_plain(&uri, host, path);
        for (i = 0; i < values.count; i++) {
            if (may_hold(values.at[i], &plain))
                gatherer->doubted[values.at[i]->id] = true;
        }
    }
    doubt_equal(gatherer, &uri, form);

out:
    free(form);
    free(host);
    free(path);
}
