/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "rules/rules_doubt.h"
#include "rules/rules_uri_path.h"
#include "rules/rules_values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

/* Where the host of a URI without slashes before it begins and ends: behind an @ as in mailto: and
 * xmpp:, or the scheme of sip: (RFC 3261 section 19.1.1). Without one both are where its path is.
 */
static void find_bare_host(const struct uri *uri, size_t *begin, size_t *end)
{
    const char *at = memchr(uri->form, '@', uri->path);

    *begin = uri->path;
    *end = uri->path;
    if (uri->host != uri->scheme || strncmp(uri->form, "urn:", 4) == 0)
        return;
    if (at != NULL)
        *begin = (size_t)(at - uri->form) + 1;
    else if (strncmp(uri->form, "sip:", 4) == 0 || strncmp(uri->form, "sips:", 5) == 0)
        *begin = uri->scheme;
    for (*end = *begin; *end < uri->path && strchr(":;?#", uri->form[*end]) == NULL;)
        ++*end;
}

/* Whether the case of its host, which does not count, is one of several, or it has a final dot. */
static bool has_odd_bare_host(const struct uri *uri)
{
    size_t begin, end;

    find_bare_host(uri, &begin, &end);
    if (begin < end && uri->form[end - 1] == '.')
        return true;
    for (; begin < end; begin++) {
        if (uri->form[begin] >= 'A' && uri->form[begin] <= 'Z')
            return true;
    }
    return false;
}

/* The escapes of a path are those of a URI that is not plain. */
static bool is_odd_uri(const struct uri *uri)
{
    return uri->scheme == 0 || !rules_uri_is_plain(uri->form, uri->path, uri->length) ||
           (uri->path < uri->length && has_odd_bare_host(uri)) ||
           memchr(uri->form, '%', uri->path) != NULL ||
           (uri->host != uri->scheme &&
               rules_host_is_odd(uri->form + uri->host, uri->path - uri->host));
}

/* An authority without the port that its scheme has anyway, and without a final dot (RFC 3986
 * section 6.2.3): the new length. */
static size_t trim_authority(const char *scheme, char *host, size_t length)
{
    static const char *const ports[][2] = {
        {"https:", ":443"}, {"http:", ":80"}, {"wss:", ":443"}, {"ws:", ":80"}, {"ftp:", ":21"}};
    char *colon = memrchr(host, ':', length), *dot = colon;
    size_t i;

    host[length] = '\0';
    while (colon != NULL && colon[1] == '0' && isdigit((unsigned char)colon[2]))
        memmove(colon + 1, colon + 2, strlen(colon + 1));
    for (i = 0; colon != NULL && i < sizeof(ports) / sizeof(ports[0]); i++) {
        if (strncmp(scheme, ports[i][0], strlen(ports[i][0])) == 0 &&
            strcmp(colon, ports[i][1]) == 0)
            *colon = '\0';
    }
    if (colon != NULL && colon[1] == '\0')
        *colon = '\0';
    if (colon == NULL || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        dot = host + length;
    if (dot > host && dot[-1] == '.')
        memmove(dot - 1, dot, strlen(dot) + 1);
    return strlen(host);
}

/* A URI in its plainest form: what stands between its scheme and its path decoded, in lower case
 * and trimmed, and its path settled. */
struct plain_uri {
    const struct uri *uri;
    struct bytes host, path;
};

static struct plain_uri make_plain(const struct uri *uri, char *host, char *path)
{
    const size_t length = uri->path - uri->scheme, rest = uri->length - uri->path;
    size_t decoded, settled;

    memcpy(host, uri->form + uri->scheme, length);
    decoded = rules_uri_decode(host, length);
    rules_form_lower(host, decoded, host);
    if (uri->host != uri->scheme)
        decoded = trim_authority(uri->form, host, decoded);
    memcpy(path, uri->form + uri->path, rest);
    settled = rules_uri_settle(path, rest);
    return (struct plain_uri){.uri = uri,
        .host = {.data = (unsigned char *)host, .length = decoded},
        .path = {.data = (unsigned char *)path, .length = settled}};
}

/* Whether this stands before the path, as it came, or decoded in any case. */
static bool has_host(const struct plain_uri *plain, const char *host, size_t length)
{
    const struct uri *uri = plain->uri;
    char lower[RULES_MAX_LINE + 1];
    size_t decoded;

    memcpy(lower, host, length);
    decoded = rules_uri_decode(lower, length);
    rules_form_lower(lower, decoded, lower);
    return memmem(uri->form + uri->scheme, uri->path - uri->scheme, host, length) != NULL ||
           memmem(plain->host.data, plain->host.length, lower, decoded) != NULL;
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
    rest = rules_uri_settle(path, rest);
    return its.scheme == plain->uri->scheme && memcmp(form, plain->uri->form, its.scheme) == 0 &&
           has_host(plain, form + its.host, its.path - its.host) && plain->path.length >= rest &&
           memcmp(plain->path.data, path, rest) == 0 &&
           (plain->path.length == rest ||
               (value->form != FORM_EXACT && plain->path.data[rest] == '/'));
}

/* An empty path is `/` (RFC 3986 section 6.2.3), and without slashes what is behind ? or # is no
 * part of the name (RFC 8141 section 3), the case of a host does not count, and neither does what
 * is behind it, to some. `form` is that of the URI, with room for one byte more. */
static void doubt_equal(struct rules_gatherer *gatherer, const struct uri *uri, char *form)
{
    size_t length = uri->scheme, begin = 0, end = 0;

    if (uri->host != uri->scheme) {
        if (uri->path < uri->length)
            return;
        length = uri->length;
        form[length++] = '/';
    } else {
        find_bare_host(uri, &begin, &end);
        rules_lower(form + begin, end - begin);
        while (length < uri->length && strchr("?#", form[length]) == NULL)
            length++;
    }
    gatherer->in_doubt = true;
    rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_EXACT, form, length);
    if (begin < end && end < length)
        rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_EXACT, form, end);
    if (begin < end && form[end - 1] == '.')
        rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_EXACT, form, end - 1);
    gatherer->in_doubt = false;
}

/* RFC 3986 section 2.3. */
#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
/* What a path has beside (section 3.3). A `*` in a rule would be a pattern's. */
#define PLAIN UNRESERVED "!$&'()+,;=:@"

/* Decodes which of these may stand in a URI without being encoded, in place: the new length. */
static size_t decode_needless(char *text, size_t length, const char *plain)
{
    size_t in, out = 0;

    for (in = 0; in < length; in++) {
        char code[4] = {0};

        memcpy(code, text + in, length - in < 3 ? length - in : 3);
        if (rules_uri_decode(code, 3) == 1 && strchr(plain, code[0]) != NULL)
            in += 2;
        else
            code[0] = text[in];
        text[out++] = code[0];
    }
    return out;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    const size_t its = strlen(end);

    return length >= its && memcmp(text + length - its, end, its) == 0;
}

/* Appends a path without escapes that it does not need, resolved; the length with it. */
static size_t append_plain_path(char *plain, size_t length, const char *path, size_t rest)
{
    const size_t own = rules_uri_path_length(path, rest);
    size_t decoded, resolved;
    char *to = plain + length;
    bool is_folder;

    memcpy(to, path, own);
    decoded = decode_needless(to, own, PLAIN);
    is_folder = ends_with(to, decoded, "/") || ends_with(to, decoded, "\\") ||
                ends_with(to, decoded, "/.") || ends_with(to, decoded, "/..");
    resolved = rules_uri_resolve(to, decoded);
    if (is_folder)
        to[resolved++] = '/';
    memcpy(to + resolved, path + own, rest - own);
    return length + resolved + rest - own;
}

/* Writes one that has such a form. */
static void write_plain(const struct uri *uri, char *plain)
{
    char decoded[RULES_MAX_LINE + 1];
    size_t length = uri->host, begin, end;
    struct uri its;

    memcpy(plain, uri->form, uri->path);
    if (uri->host != uri->scheme) {
        memcpy(decoded, uri->form, uri->path);
        length += decode_needless(decoded + uri->host, uri->path - uri->host, PLAIN);
        (void)rules_form_uri(decoded, length, plain);
        length = uri->host + trim_authority(uri->form, plain + uri->host, length - uri->host);
    } else {
        length += decode_needless(plain + length, uri->path - length, UNRESERVED);
        plain[length] = '\0';
        its = (struct uri){plain, length, uri->scheme, uri->scheme, length};
        find_bare_host(&its, &begin, &end);
        rules_lower(plain + begin, end - begin);
        if (begin < end && plain[end - 1] == '.') {
            memmove(plain + end - 1, plain + end, length - end);
            length--;
        }
    }
    length = append_plain_path(plain, length, uri->form + uri->path, uri->length - uri->path);
    plain[length] = '\0';
}

bool rules_uri_make_plain(const struct rules_value *value, char *plain)
{
    char form[RULES_MAX_LINE + 1];
    const struct uri uri = read_uri((const char *)value->bytes.data, value->bytes.length, form);

    if (has_stray_character(&uri) || has_odd_slashes(&uri))
        return false;
    write_plain(&uri, plain);
    return true;
}

/* A line is refused with the plain form of its URI, and promised that it holds for both: also when
 * the URI has a query, or what is no slash to the line is one when all is decoded. */
static void doubt_plain(struct rules_gatherer *gatherer, const struct uri *uri)
{
    char plain[RULES_MAX_LINE + 1];

    write_plain(uri, plain);
    gatherer->in_doubt = true;
    rules_gatherer_look_up_bytes(gatherer, KEY_URI, FORM_EXACT, plain, strlen(plain));
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
    if (length > RULES_MAX_LINE) {
        /* No value is as long; what it may be when all is resolved is not looked at. */
        if (is_odd_uri(&uri))
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
    doubt_plain(gatherer, &uri);
    doubt_equal(gatherer, &uri, form); /* changes it */

out:
    free(form);
    free(host);
    free(path);
}
