/* SPDX-License-Identifier: ISC */
#include "rules/rules_doubt.h"
#include "base/text.h"
#include "rules/rules_resolve.h"
#include "rules/rules_values.h"
#include "rules/rules_words.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that are compared for one certificate at the most, and what each value counts beside them.
 */
#define MOST_WORK ((size_t)1 << 20)
#define VALUE_WORK 32

/* Once for each key: names may be many. */
void rules_doubt_all(struct rules_gatherer *gatherer, enum rules_key key)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, key);
    size_t i;

    if ((gatherer->all_doubted & KEY_BIT(key)) != 0)
        return;
    for (i = 0; i < values.count; i++)
        gatherer->doubted[values.at[i]->id] = true;
    gatherer->all_doubted |= KEY_BIT(key);
}

/* Whether so much may be compared; otherwise all values are doubtful. */
static bool may_compare(struct rules_gatherer *gatherer, struct rules_values values, size_t length)
{
    const size_t left = MOST_WORK - gatherer->doubt_work, each = length + VALUE_WORK;

    if (values.count == 0 || (gatherer->all_doubted & KEY_BIT(values.at[0]->key)) != 0)
        return false;
    if (values.count > left / each) {
        rules_doubt_all(gatherer, values.at[0]->key);
        return false;
    }
    gatherer->doubt_work += values.count * each;
    return true;
}

/* Whether there are letters beyond ASCII. */
static bool has_foreign_letter(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        if (((unsigned char)name[i] & 0x80) != 0)
            return true;
    }
    return false;
}

/* Whether the host of a mail address or DNS name has such, which an IA5String does not have; a UPN
 * may. */
static bool has_foreign_host(enum rules_key key, const char *name, size_t length)
{
    const char *at = key == KEY_EMAIL ? memchr(name, '@', length) : NULL;
    const size_t host = at != NULL ? (size_t)(at - name) : 0;

    return key != KEY_UPN && has_foreign_letter(name + host, length - host);
}

/* Characters that neither a label nor a local part without quotes has: of ASCII all but those of an
 * Atom (RFC 5321 section 4.1.2), and `*`; of others (RFC 6531 section 3.3) what cannot be seen. */
static bool is_odd_code(unsigned long code)
{
    if (code < 0x80)
        return code <= 0x20 || code == 0x7F || strchr("*@,;:\"<>()[]\\", (int)code) != NULL;
    return text_is_unsafe_code(code) || rules_is_odd_space(code);
}

static bool has_odd_character(const char *at, size_t length)
{
    while (length > 0) {
        unsigned long code = 0; /* stays when there is no character, and is odd */
        size_t size = text_utf8_decode((const unsigned char *)at, length, &code);

        if (is_odd_code(code))
            return true;
        at += size;
        length -= size;
    }
    return false;
}

static bool is_odd_host(const char *host, size_t length)
{
    return !text_has_labels(host, length) || has_odd_character(host, length);
}

bool rules_local_is_plain(const char *local, size_t length)
{
    return !is_odd_host(local, length);
}

/* A name that values are compared with, in lower case. */
struct doubtful {
    const char *lower;
    size_t length;
    bool foreign;     /* the host may be what a value writes as xn-- */
    const char *host; /* that each value of is meant; up to the end. NULL: none */
    bool is_part;     /* the host is missing: it may be any value in which it stands */
    const char *rest; /* of a DNS name, behind its last `*`. NULL: it has none */
};

/* Whether a mailbox, as a value has it in lower case, is of this host, or has none to be read. */
static bool is_of_host(
    const struct rules_value *value, const char *wanted, const struct doubtful *name)
{
    const char *at = memrchr(wanted, '@', value->bytes.length);
    const char *host = at != NULL ? at + 1 : wanted;
    const size_t length = value->bytes.length - (size_t)(host - wanted);

    return is_odd_host(host, length) || (name->lower + name->length == name->host + length &&
                                            memcmp(name->host, host, length) == 0);
}

/* Whether a value ends as a DNS name does behind its `*`, which stands for the rest. */
static bool is_covered(
    const struct rules_value *value, const char *wanted, const struct doubtful *name)
{
    const size_t length =
        name->rest != NULL ? (size_t)(name->lower + name->length - name->rest) : 0;

    return name->rest != NULL && value->bytes.length >= length &&
           memcmp(wanted + value->bytes.length - length, name->rest, length) == 0;
}

/* Whether a name may be meant by a value: its text stands there, or its host is the same. */
static bool may_be(const struct rules_value *value, const struct doubtful *name)
{
    char wanted[RULES_MAX_LINE + 1];

    rules_form_lower((const char *)value->bytes.data, value->bytes.length, wanted);
    return memmem(name->lower, name->length, wanted, value->bytes.length) != NULL ||
           (name->is_part &&
               memmem(wanted, value->bytes.length, name->lower, name->length) != NULL) ||
           (name->foreign && strstr(wanted, "xn--") != NULL) || is_covered(value, wanted, name) ||
           (name->host != NULL && is_of_host(value, wanted, name));
}

/* `host` is where the host begins whose values are all meant; `length`: none. */
static void doubt_text(struct rules_gatherer *gatherer, enum rules_key key, const char *name,
    size_t length, size_t host)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, key);
    struct doubtful doubtful = {.length = length,
        .foreign = has_foreign_host(key, name, length),
        .is_part = key != KEY_DNS && memchr(name, '@', length) == NULL};
    const char *star;
    char *lower;
    size_t i;

    if (!may_compare(gatherer, values, length))
        return;
    lower = malloc(length + 1);
    if (lower == NULL) {
        gatherer->out_of_memory = true;
        return;
    }
    rules_form_lower(name, length, lower);
    doubtful.lower = lower;
    doubtful.host = host < length ? lower + host : NULL;
    star = key == KEY_DNS ? memrchr(lower, '*', length) : NULL;
    doubtful.rest = star != NULL ? star + 1 : NULL;
    for (i = 0; i < values.count; i++) {
        if (may_be(values.at[i], &doubtful))
            gatherer->doubted[values.at[i]->id] = true;
    }
    free(lower);
}

/* RFC 5280 section 7.5 tells Eve@ from eve@; many mail servers and directories do not. */
static void doubt_case(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, key);
    /* Only read from. */
    const struct rules_value wanted = {.key = key,
        .form = FORM_EXACT,
        .bytes = {.data = (unsigned char *)(uintptr_t)name, .length = length}};
    size_t low = 0, high = values.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rules_compare_mailboxes(values.at[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < values.count && rules_compare_mailboxes(values.at[low], &wanted) == 0; low++)
        gatherer->doubted[values.at[low]->id] = true;
}

static bool has_encoded_letter(const char *host, size_t length)
{
    size_t i;

    for (i = 0; i + 4 <= length; i++) {
        if (strncasecmp(host + i, "xn--", 4) == 0)
            return true;
    }
    return false;
}

/* Letters beyond ASCII have cases, too, and a host that has them is written as xn-- in
 * certificates.
 */
static void doubt_letters(struct rules_gatherer *gatherer, enum rules_key key, const char *name,
    size_t length, size_t host)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, key);
    const bool encoded = key == KEY_EMAIL && has_encoded_letter(name + host, length - host);
    size_t i;

    if ((!encoded && !has_foreign_letter(name, length)) || !may_compare(gatherer, values, length))
        return;
    for (i = 0; i < values.count; i++) {
        const struct bytes *bytes = &values.at[i]->bytes;
        const size_t from = values.at[i]->form == FORM_DOMAIN ? host : 0;

        if (text_differs_in_case_alone(bytes->data, bytes->length, name + from, length - from) ||
            (encoded && has_foreign_host(key, (const char *)bytes->data, bytes->length)))
            gatherer->doubted[values.at[i]->id] = true;
    }
}

/* A host of several @ is odd, and so is none. */
static void doubt_mailbox(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length)
{
    const char *at = memchr(name, '@', length);
    const size_t host = at != NULL ? (size_t)(at - name) + 1 : length;
    const bool is_bare = at == NULL && rules_local_is_plain(name, length);

    doubt_case(gatherer, key, name, length);
    doubt_letters(gatherer, key, name, length, host);
    if (!is_bare && is_odd_host(name + host, length - host))
        rules_doubt_all(gatherer, key);
    else if (!is_bare && !rules_local_is_plain(name, host - 1))
        doubt_text(gatherer, key, name, length, host);
    else if (is_bare || has_foreign_host(key, name, length))
        doubt_text(gatherer, key, name, length, length);
}

void rules_doubt_name(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length)
{
    if (key != KEY_DNS)
        doubt_mailbox(gatherer, key, name, length);
    else if (has_foreign_host(key, name, length) || is_odd_host(name, length))
        doubt_text(gatherer, key, name, length, length);
}

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
           (uri->host != uri->scheme && is_odd_host(uri->form + uri->host, uri->path - uri->host));
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
    if (!is_odd_uri(&uri) || !may_compare(gatherer, values, length))
        goto out;
    plain = make_plain(&uri, host, path);
    for (i = 0; i < values.count; i++) {
        if (may_hold(values.at[i], &plain))
            gatherer->doubted[values.at[i]->id] = true;
    }

out:
    free(form);
    free(host);
    free(path);
}
