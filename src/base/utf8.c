/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

/* The longest character of UTF-8. */
#define MAX_UTF8 4

size_t utf8_decode(const unsigned char *bytes, size_t length, unsigned long *code)
{
    /* Least code point of each length: what is below is an overlong form (RFC 3629 section 3). */
    static const unsigned long least[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned long value;
    size_t size, i;

    if (length == 0)
        return 0;
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    if ((bytes[0] & 0xE0) == 0xC0) {
        size = 2;
        value = bytes[0] & 0x1FU;
    } else if ((bytes[0] & 0xF0) == 0xE0) {
        size = 3;
        value = bytes[0] & 0x0FU;
    } else if ((bytes[0] & 0xF8) == 0xF0) {
        size = 4;
        value = bytes[0] & 0x07U;
    } else {
        return 0;
    }
    if (size > length)
        return 0;
    for (i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        value = (value << 6) | (bytes[i] & 0x3FU);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return size;
}

bool utf8_is_well_formed(const unsigned char *bytes, size_t length)
{
    unsigned long code = 0;
    size_t size = 1;

    for (; length > 0 && size > 0; length -= size) {
        size = utf8_decode(bytes, length, &code);
        bytes += size;
    }
    return size > 0;
}

static locale_t unicode;
static pthread_once_t unicode_asked = PTHREAD_ONCE_INIT;

static void ask_for_unicode(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

unsigned long utf8_fold_code(unsigned long code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    (void)pthread_once(&unicode_asked, ask_for_unicode);
    if (unicode == (locale_t)0)
        return 0x80;
    /* Upwards first: there are several small letters of one great one. */
    return (unsigned long)towlower_l(towupper_l((wint_t)code, unicode), unicode);
}

/* Takes one character, folded, from the front of a string; a byte that begins none is a character
 * of its own. */
static unsigned long take_folded(const unsigned char **at, size_t *length)
{
    unsigned long code = 0;
    size_t size = utf8_decode(*at, *length, &code);

    code = size > 0 ? utf8_fold_code(code) : 0x110000 + (unsigned long)**at;
    size = size > 0 ? size : 1;
    *at += size;
    *length -= size;
    return code;
}

int utf8_compare_case(const void *one, size_t length, const void *other, size_t other_length)
{
    const unsigned char *at = one, *its = other;

    while (length > 0 && other_length > 0) {
        unsigned long code = take_folded(&at, &length);
        unsigned long its_code = take_folded(&its, &other_length);

        if (code != its_code)
            return code < its_code ? -1 : 1;
    }
    return (length > 0) - (other_length > 0);
}

size_t utf8_whole_length(const char *string, size_t most)
{
    size_t length = strnlen(string, most <= SIZE_MAX - MAX_UTF8 ? most + MAX_UTF8 : most), at = 0;

    while (at < length) {
        unsigned long code = 0;
        size_t size;

        while (at < length && at < most && (unsigned char)string[at] < 0x80)
            at++;
        size = utf8_decode((const unsigned char *)string + at, length - at, &code);
        if (size == 0 || at + size > most)
            break;
        at += size;
    }
    return at;
}

bool utf8_is_unsafe(unsigned long code)
{
    static const struct {
        unsigned long first, last;
    } unsafe[] = {
        {0x0000, 0x001F},   /* C0 */
        {0x007F, 0x009F},   /* DEL, C1 */
        {0x00AD, 0x00AD},   /* soft hyphen */
        {0x034F, 0x034F},   /* combining grapheme joiner */
        {0x0600, 0x0605},   /* Arabic number signs */
        {0x061C, 0x061C},   /* Arabic letter mark */
        {0x06DD, 0x06DD},   /* Arabic end of ayah */
        {0x070F, 0x070F},   /* Syriac abbreviation mark */
        {0x0890, 0x0891},   /* Arabic pound and piastre marks */
        {0x08E2, 0x08E2},   /* Arabic disputed end of ayah */
        {0x115F, 0x1160},   /* Hangul fillers */
        {0x17B4, 0x17B5},   /* invisible Khmer vowels */
        {0x1806, 0x1806},   /* Mongolian soft hyphen */
        {0x180B, 0x180F},   /* Mongolian selectors and separator */
        {0x200B, 0x200F},   /* zero width, LRM, RLM */
        {0x2028, 0x202E},   /* line and paragraph separators, embeddings and overrides */
        {0x2060, 0x206F},   /* invisible operators, isolates, deprecated formats */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xD800, 0xDFFF},   /* surrogates */
        {0xFDD0, 0xFDEF},   /* noncharacters */
        {0xFE00, 0xFE0F},   /* variation selectors */
        {0xFEFF, 0xFEFF},   /* byte order mark */
        {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
        {0xFFF0, 0xFFFC},   /* interlinear annotation, object replacement */
        {0x110BD, 0x110BD}, /* Kaithi number sign */
        {0x110CD, 0x110CD}, /* Kaithi number sign above */
        {0x13430, 0x1343F}, /* Egyptian hieroglyph format */
        {0x1BCA0, 0x1BCA3}, /* shorthand format */
        {0x1D173, 0x1D17A}, /* musical format */
        {0xE0000, 0xE0FFF}, /* tags, variation selectors */
    };
    size_t i;

    for (i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]) && code >= unsafe[i].first; i++) {
        if (code <= unsafe[i].last)
            return true;
    }
    return (code & 0xFFFE) == 0xFFFE;
}
