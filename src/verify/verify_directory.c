/* SPDX-License-Identifier: ISC */
#include "verify/verify_directory.h"

#include <openssl/crypto.h>
#include <stddef.h>

/* The value of an attribute in UTF-8 or a character set of single bytes, without outer spaces. */
struct value {
    const unsigned char *bytes;
    long length;
    unsigned char *owned; /* NULL: borrowed */
};

static bool get_value(const X509_NAME_ENTRY *entry, struct value *value)
{
    const ASN1_STRING *string = X509_NAME_ENTRY_get_data(entry);
    int type = ASN1_STRING_type(string);

    *value = (struct value){ASN1_STRING_get0_data(string), ASN1_STRING_length(string), NULL};
    if (type == V_ASN1_BMPSTRING || type == V_ASN1_UNIVERSALSTRING) {
        value->length = ASN1_STRING_to_UTF8(&value->owned, string);
        value->bytes = value->owned;
    }
    for (; value->length > 0 && value->bytes[0] == ' '; value->bytes++)
        value->length--;
    while (value->length > 0 && value->bytes[value->length - 1] == ' ')
        value->length--;
    return value->length >= 0;
}

/* Outside of the value, too. */
static bool is_plain(const struct value *value, long at)
{
    return at < 0 || at >= value->length || (value->bytes[at] >= 0x20 && value->bytes[at] < 0x7F);
}

enum { END = -1, ANYTHING = -2 };

static int lower(unsigned char character)
{
    return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
}

/* The next character forwards (step 1) or backwards (-1): several spaces are one. */
static int take(const struct value *value, long *at, long step)
{
    long first = *at;

    if (first < 0 || first >= value->length)
        return END;
    *at += step;
    /* Spaces are never first or last. */
    while (value->bytes[first] == ' ' && value->bytes[*at] == ' ')
        *at += step;
    /* What stands before it is plain: otherwise nothing would be read any more. */
    return is_plain(value, first) && is_plain(value, *at) ? lower(value->bytes[first]) : ANYTHING;
}

/* Whether both surely differ, or surely are the same, as far as they can be read from one end. */
enum likeness { SAME, OTHER, OPEN };

static enum likeness compare_from(
    const struct value *one, const struct value *other, long step, long at, long its)
{
    for (;;) {
        int a = take(one, &at, step), b = take(other, &its, step);

        if (a == ANYTHING || b == ANYTHING)
            return OPEN;
        if (a != b)
            return OTHER;
        if (a == END)
            return SAME;
    }
}

static bool may_be_same(const X509_NAME_ENTRY *one, const X509_NAME_ENTRY *other)
{
    struct value a = {NULL, 0, NULL}, b = {NULL, 0, NULL};
    bool may = true;

    if (OBJ_cmp(X509_NAME_ENTRY_get_object(one), X509_NAME_ENTRY_get_object(other)) != 0)
        return false;
    if (get_value(one, &a) && get_value(other, &b))
        may = compare_from(&a, &b, 1, 0, 0) != OTHER &&
              compare_from(&a, &b, -1, a.length - 1, b.length - 1) != OTHER;
    OPENSSL_free(a.owned);
    OPENSSL_free(b.owned);
    return may;
}

/* The entries of one relative distinguished name: from `at` to before what is returned. */
static int end_of_rdn(const X509_NAME *name, int at)
{
    int set = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, at)), end = at + 1;

    while (end < X509_NAME_entry_count(name) &&
           X509_NAME_ENTRY_set(X509_NAME_get_entry(name, end)) == set)
        end++;
    return end;
}

static bool may_have(const X509_NAME *name, int from, int to, const X509_NAME_ENTRY *wanted)
{
    int i;

    for (i = from; i < to; i++) {
        if (may_be_same(wanted, X509_NAME_get_entry(name, i)))
            return true;
    }
    return false;
}

bool directory_may_hold(const X509_NAME *base, const X509_NAME *name)
{
    int at = 0, its = 0, end, its_end;

    while (at < X509_NAME_entry_count(base)) {
        if (its >= X509_NAME_entry_count(name))
            return false;
        end = end_of_rdn(base, at);
        its_end = end_of_rdn(name, its);
        if (end - at != its_end - its)
            return false;
        for (; at < end; at++) {
            if (!may_have(name, its, its_end, X509_NAME_get_entry(base, at)))
                return false;
        }
        its = its_end;
    }
    return true;
}
