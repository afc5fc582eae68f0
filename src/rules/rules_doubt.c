/* SPDX-License-Identifier: ISC */
#include "rules/rules_doubt.h"
#include "base/text.h"
#include "base/utf8.h"
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

bool rules_doubt_may_compare(
    struct rules_gatherer *gatherer, struct rules_values values, size_t length)
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

/* Whether the host of a mailbox has such. One without a host may be a host. */
static bool has_foreign_host(const char *name, size_t length)
{
    const char *at = memchr(name, '@', length);
    const size_t host = at != NULL ? (size_t)(at - name) : 0;

    return has_foreign_letter(name + host, length - host);
}

/* Characters that a local part without quotes does not have: of ASCII all but those of an Atom (RFC
 * 5321 section 4.1.2), and `*`; of others (RFC 6531 section 3.3) what cannot be seen. */
static bool is_odd_code(unsigned long code)
{
    if (code < 0x80)
        return code <= 0x20 || code == 0x7F || strchr("*@,;:\"<>()[]\\", (int)code) != NULL;
    return utf8_is_unsafe(code) || rules_is_odd_space(code);
}

/* A label has no other punctuation, either (RFC 1123 section 2.1), but for `_`. */
static bool is_odd_in_host(unsigned long code)
{
    return is_odd_code(code) || (code < 0x80 && strchr("!#$%&'+/=?^`{|}~", (int)code) != NULL);
}

/* Whether there are bytes that are no printable character of ASCII. */
static bool has_unprintable_byte(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        if ((unsigned char)name[i] < 0x20 || (unsigned char)name[i] > 0x7E)
            return true;
    }
    return false;
}

/* Whether there are characters that IDNA maps to those of ASCII: the full-width ones, and the dots
 * of East Asia (RFC 3490 section 3.1). */
static bool has_wide_character(const char *at, size_t length)
{
    while (length > 0) {
        unsigned long code = 0;
        size_t size = utf8_decode((const unsigned char *)at, length, &code);

        if ((code >= 0xFF01 && code <= 0xFF5E) || code == 0x3002 || code == 0xFF61)
            return true;
        size = size > 0 ? size : 1;
        at += size;
        length -= size;
    }
    return false;
}

static bool has_odd_character(const char *at, size_t length, bool (*is_odd)(unsigned long))
{
    while (length > 0) {
        unsigned long code = 0; /* stays when there is no character, and is odd */
        size_t size = utf8_decode((const unsigned char *)at, length, &code);

        if (is_odd(code))
            return true;
        at += size;
        length -= size;
    }
    return false;
}

bool rules_host_is_odd(const char *host, size_t length)
{
    return !text_has_labels(host, length) || has_odd_character(host, length, is_odd_in_host);
}

bool rules_host_is_plain(const char *host, size_t length)
{
    return !rules_host_is_odd(host, length) && !has_wide_character(host, length);
}

bool rules_local_is_plain(const char *local, size_t length)
{
    return text_has_labels(local, length) && !has_odd_character(local, length, is_odd_code);
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

    return name->lower + name->length == name->host + length &&
           memcmp(name->host, host, length) == 0;
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
        .foreign = key == KEY_EMAIL && has_foreign_host(name, length),
        .is_part = key != KEY_DNS && memchr(name, '@', length) == NULL};
    const char *star;
    char *lower;
    size_t i;

    if (!rules_doubt_may_compare(gatherer, values, length))
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

/* All values that are alike, by what those of the key are sorted by first. */
static void doubt_alike(struct rules_gatherer *gatherer, const struct rules_value *wanted,
    int (*compare)(const struct rules_value *, const struct rules_value *))
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, wanted->key);
    size_t low = 0, high = values.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(values.at[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < values.count && compare(values.at[low], wanted) == 0; low++)
        gatherer->doubted[values.at[low]->id] = true;
}

/* RFC 5280 section 7.5 tells Eve@ from eve@; many mail servers and directories do not. */
static void doubt_case(struct rules_gatherer *gatherer, enum rules_key key, enum rules_form form,
    const char *name, size_t length)
{
    /* Only read from. */
    const struct rules_value wanted = {.key = key,
        .form = form,
        .bytes = {.data = (unsigned char *)(uintptr_t)name, .length = length}};

    doubt_alike(gatherer, &wanted, rules_compare_mailboxes);
}

void rules_doubt_case(struct rules_gatherer *gatherer, const struct rules_value *value)
{
    doubt_alike(gatherer, value, rules_compare_folded);
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

/* A host that has letters beyond ASCII is written as xn-- in certificates. Once for each of these:
 * names may be many, and whatever stands in such a host, the values are the same. */
static void doubt_encoded_host(
    struct rules_gatherer *gatherer, enum rules_key key, const char *host, size_t length)
{
    const struct rules_values values = rules_gatherer_values(gatherer->rules, key);
    size_t i;

    if (key != KEY_EMAIL || gatherer->encoded_doubted || !has_encoded_letter(host, length))
        return;
    gatherer->encoded_doubted = true;
    for (i = 0; i < values.count; i++) {
        const struct bytes *bytes = &values.at[i]->bytes;

        if (has_foreign_host((const char *)bytes->data, bytes->length))
            gatherer->doubted[values.at[i]->id] = true;
    }
}

/* A host of several @ is odd, and so is none. */
void rules_doubt_mailbox(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length)
{
    const char *at = memchr(name, '@', length);
    const size_t host = at != NULL ? (size_t)(at - name) + 1 : length;
    const bool is_wide =
        at != NULL ? has_wide_character(at, length - host + 1) : has_wide_character(name, length);
    const bool is_bare = at == NULL && !is_wide && rules_local_is_plain(name, length);

    doubt_case(gatherer, key, FORM_EXACT, name, length);
    if (at != NULL)
        doubt_case(gatherer, key, FORM_DOMAIN, name + host, length - host);
    doubt_encoded_host(gatherer, key, name + host, length - host);
    if (!is_bare && (is_wide || rules_host_is_odd(name + host, length - host)))
        rules_doubt_all(gatherer, key);
    else if (!is_bare && !rules_local_is_plain(name, host - 1))
        doubt_text(gatherer, key, name, length, host);
    else if (is_bare || (key == KEY_EMAIL && has_foreign_host(name, length)))
        doubt_text(gatherer, key, name, length, length);
}

void rules_doubt_address(struct rules_gatherer *gatherer, const char *name, size_t length)
{
    if (has_foreign_host(name, length))
        rules_doubt_all(gatherer, KEY_EMAIL);
    else
        rules_doubt_mailbox(gatherer, KEY_EMAIL, name, length);
}

void rules_doubt_dns(struct rules_gatherer *gatherer, const char *name, size_t length)
{
    if (has_unprintable_byte(name, length))
        rules_doubt_all(gatherer, KEY_DNS);
    else if (rules_host_is_odd(name, length))
        doubt_text(gatherer, KEY_DNS, name, length, length);
}
