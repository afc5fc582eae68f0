/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "forwarded/forwarded_encodings.h"

#include <openssl/crypto.h>
#include <string.h>

/* What fronts write where there is no certificate: Apache's %{...}s, a log's dash, an empty quoted
 * value. */
static const char *const nothing_words[] = {"(null)", "-", "\"\"", "\"-\"", "''"};

/* PEM armour around nothing, as HAProxy writes it from a template; also URL-encoded. */
static bool is_empty_armour(struct cursor at)
{
    if (!cursor_skip(&at, "-----BEGIN"))
        return false;
    if (!cursor_skip(&at, " ") && !cursor_skip(&at, "%20") && !cursor_skip(&at, "+"))
        return false;
    if (!cursor_skip(&at, "CERTIFICATE-----"))
        return false;
    do {
        cursor_skip_space(&at);
    } while (cursor_skip(&at, "%0A") || cursor_skip(&at, "%0D") || cursor_skip(&at, "%0a") ||
             cursor_skip(&at, "%0d") || cursor_skip(&at, "%20") || cursor_skip(&at, "\\n"));
    return cursor_starts(&at, "-----END") && cursor_left(&at) < 40 &&
           memchr(at.at, 'B', cursor_left(&at)) == NULL;
}

bool encoding_is_nothing(const char *value, size_t length)
{
    struct cursor at = cursor_over(value, length);
    size_t i;

    cursor_skip_space(&at);
    while (cursor_left(&at) > 0 && cursor_is_space(at.end[-1]))
        at.end--;
    if (cursor_left(&at) == 0)
        return true;
    for (i = 0; i < sizeof(nothing_words) / sizeof(nothing_words[0]); i++) {
        if (strlen(nothing_words[i]) == cursor_left(&at) && cursor_starts(&at, nothing_words[i]))
            return true;
    }
    return is_empty_armour(at);
}

/* DER in hexadecimal, as HAProxy's `hex` and `openssl x509 -fingerprint` write bytes: a SEQUENCE
 * with a length of two bytes, digits alone, or with colons or blanks between them. */
static bool is_hex(struct cursor at)
{
    size_t digits = 0;

    if (!cursor_starts(&at, "3082") && !cursor_starts(&at, "30:82") &&
        !cursor_starts(&at, "30 82") && !cursor_starts(&at, "0x3082"))
        return false;
    for (; cursor_left(&at) > 0; at.at++) {
        if (text_hex_value(*at.at) >= 0 || *at.at == 'x')
            digits++;
        else if (*at.at != ':' && !cursor_is_space(*at.at))
            return false;
    }
    return digits > 8;
}

/* A blank of an armour line. */
static bool is_of_armour(const struct cursor *value, size_t i)
{
    return (i >= 5 && memcmp(value->at + i - 5, "BEGIN", 5) == 0) ||
           (i >= 3 && memcmp(value->at + i - 3, "END", 3) == 0);
}

/* Whether a certificate comes out when each blank is a plus again. False when out of memory: then
 * there is no hint. */
static bool lacks_pluses(const struct encoding *encoding, struct cursor value)
{
    struct certificates trial = {.encoding = NULL};
    size_t length = cursor_left(&value), i, blanks = 0;
    bool fine;
    char *copy = OPENSSL_malloc(length);

    if (copy == NULL)
        return false;
    for (i = 0; i < length; i++) {
        bool replace = value.at[i] == ' ' && !is_of_armour(&value, i);

        copy[i] = (char)(replace ? '+' : value.at[i]);
        blanks += replace ? 1 : 0;
    }
    fine = blanks > 0 &&
           encoding->decode(cursor_over(copy, length), XFCC_ONE_ELEMENT, &trial) == DECODING_FINE;
    certificates_free(&trial);
    OPENSSL_free(copy);
    return fine;
}

const char *encoding_hint(const struct encoding *encoding, struct cursor value)
{
    if (cursor_starts(&value, "\xEF\xBB\xBF"))
        return "a byte order mark stands before it: have the front leave that out";
    if (cursor_contains(&value, "\\n") || cursor_contains(&value, "\\r"))
        return "its line ends are written as the two characters \\ and n: have the front write "
               "real line ends, or base64 of DER";
    if (cursor_contains(&value, "-----BEGIN%25") || cursor_contains(&value, "%252D%252D"))
        return "it is URL-encoded twice: have one front server alone encode it";
    if (is_hex(value))
        return "it is hexadecimal: have the front encode the certificate in base64 or PEM";
    if (lacks_pluses(encoding, value))
        return "each plus in it has become a space: it was decoded as form data on its way, so "
               "have the front URL-encode the plus (%2B) or not decode it";
    return NULL;
}
