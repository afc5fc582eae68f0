/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BASE64_H
#define PEERCERT_BASE64_H

#include <stddef.h>

/* Why a text is no base64. */
enum base64_result {
    BASE64_FINE,
    BASE64_BAD_CHARACTER, /* one that is not of the alphabet */
    BASE64_BAD_PADDING,   /* `=` too early, too often, too seldom, or followed by more */
    BASE64_TRAILING_BITS, /* the last character has bits set that belong to no byte */
    BASE64_CUT_OFF,       /* no multiple of four characters, without any padding */
};

enum base64_space { BASE64_NO_SPACE, BASE64_SKIP_SPACE };

/* Bytes that `length` characters decode to at the most. */
#define BASE64_DECODED_MAX(length) ((length) / 4 * 3 + 3)

/* Decodes base64 (RFC 4648 section 4) strictly, so that one text stands for one value: padding is
 * required and must fit, unused bits must be zero (section 3.5), nothing but the alphabet is
 * accepted (section 3.3), but with BASE64_SKIP_SPACE white space anywhere (RFC 7468 section 3).
 * Writes to `bytes`, which has room for BASE64_DECODED_MAX(length), and sets *count. On failure
 * what was written means nothing. The empty text is fine and has no bytes. */
enum base64_result base64_decode(
    const char *text, size_t length, enum base64_space space, unsigned char *bytes, size_t *count);

/* Words for a result, to follow "its base64": "has a character that ...". Never NULL. */
const char *base64_words(enum base64_result result);

#endif
