/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

/* Most texts end below it, and so are allocated once. */
#define FIRST_CAPACITY ((size_t)512)

/* The longest character of UTF-8. */
#define MAX_UTF8 4

void text_init(struct text *text, size_t limit)
{
    *text = (struct text){.limit = limit};
}

void text_free(struct text *text)
{
    if (text == NULL)
        return;
    free(text->data);
    *text = (struct text){.limit = text->limit};
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data != NULL)
        text->data[0] = '\0';
}

const char *text_string(const struct text *text)
{
    return text->data != NULL ? text->data : "";
}

/* Makes room for `more` bytes and the NUL, which do not fit. */
static bool grow(struct text *text, size_t more)
{
    size_t limit = text->limit != 0 ? text->limit : TEXT_LIMIT;
    size_t wanted, capacity;
    char *data;

    if (text->is_lent || more > limit || text->length > limit - more)
        return false;
    wanted = text->length + more + 1;
    capacity = text->capacity != 0 ? text->capacity * 2 : FIRST_CAPACITY;
    if (capacity < wanted)
        capacity = wanted;
    /* What fits keeps the limit. */
    if (capacity - 1 > limit)
        capacity = limit + 1;
    data = realloc(text->data, capacity);
    if (data == NULL)
        return false;
    text->data = data;
    text->capacity = capacity;
    return true;
}

/* The same where they may fit. A text that has failed once takes no more. */
static inline bool text_reserve(struct text *text, size_t more)
{
    if (!text->failed && more >= text->capacity - text->length)
        text->failed = !grow(text, more);
    return !text->failed;
}

/* A copy of the right size: what is taken is often kept, and shrinking takes longer. */
char *text_take(struct text *text)
{
    char *data = text->failed ? NULL : malloc(text->length + 1);

    if (data != NULL) {
        memcpy(data, text_string(text), text->length);
        data[text->length] = '\0';
    }
    text_free(text);
    return data;
}

void text_append(struct text *text, const void *bytes, size_t length)
{
    if (!text_reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

int64_t text_number(const char *digits)
{
    if (digits == NULL || digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return -1;
    return strtoll(digits, NULL, 10);
}

bool text_has_labels(const char *name, size_t length)
{
    size_t i, label = 0;

    for (i = 0; i < length; i++) {
        if (name[i] == '.' && label == 0)
            return false;
        label = name[i] == '.' ? 0 : label + 1;
    }
    return label > 0;
}

void text_append_number(struct text *text, long long number)
{
    char digits[sizeof("-9223372036854775808")];
    char *at = digits + sizeof(digits);
    unsigned long long left =
        number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;

    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        *--at = '-';
    text_append(text, at, (size_t)(digits + sizeof(digits) - at));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    size_t room;
    int length;

    if (!text_reserve(text, 0))
        return;
    room = text->capacity - text->length;
    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(text->data + text->length, room, format, arguments);
    if (length < 0)
        text->failed = true;
    if (text_reserve(text, length > 0 ? (size_t)length : 0)) {
        if ((size_t)length >= room)
            (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    text->data[text->length] = '\0';
    va_end(again);
    va_end(arguments);
}

size_t text_utf8_decode(const unsigned char *bytes, size_t length, unsigned long *code)
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

bool text_is_utf8(const unsigned char *bytes, size_t length)
{
    unsigned long code = 0;
    size_t size = 1;

    for (; length > 0 && size > 0; length -= size) {
        size = text_utf8_decode(bytes, length, &code);
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

unsigned long text_fold_code(unsigned long code)
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
    size_t size = text_utf8_decode(*at, *length, &code);

    code = size > 0 ? text_fold_code(code) : 0x110000 + (unsigned long)**at;
    size = size > 0 ? size : 1;
    *at += size;
    *length -= size;
    return code;
}

int text_compare_case(const void *one, size_t length, const void *other, size_t other_length)
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

size_t text_well_formed(const char *string, size_t most)
{
    size_t length = strnlen(string, most <= SIZE_MAX - MAX_UTF8 ? most + MAX_UTF8 : most), at = 0;

    while (at < length) {
        unsigned long code = 0;
        size_t size = 1;

        if ((unsigned char)string[at] >= 0x80)
            size = text_utf8_decode((const unsigned char *)string + at, length - at, &code);
        if (size == 0 || at + size > most)
            break;
        at += size;
    }
    return at;
}

bool text_is_unsafe_code(unsigned long code)
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

/* The bytes at the start that are shown as they are and need no look at more than one. */
static size_t plain_length(const unsigned char *bytes, size_t length)
{
    size_t plain = 0;

    while (plain < length && bytes[plain] >= ' ' && bytes[plain] <= '~' && bytes[plain] != '\\')
        plain++;
    return plain;
}

bool text_append_shown(struct text *text, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *at = bytes;
    bool replaced = false;

    while (length > 0) {
        unsigned long code = 0;
        size_t size = plain_length(at, length);

        if (size > 0) {
            text_append(text, at, size);
            at += size;
            length -= size;
            continue;
        }
        size = text_utf8_decode(at, length, &code);
        if (size == 1 && code == '\\') {
            text_append(text, "\\\\", 2);
        } else if (size != 0 && !text_is_unsafe_code(code)) {
            text_append(text, at, size);
        } else {
            size_t i;

            size = size != 0 ? size : 1;
            for (i = 0; i < size; i++) {
                const char escape[3] = {'\\', digits[at[i] >> 4], digits[at[i] & 0x0F]};

                text_append(text, escape, sizeof(escape));
            }
            replaced = true;
        }
        at += size;
        length -= size;
    }
    return replaced;
}

int text_hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

void text_append_hex(
    struct text *text, const unsigned char *bytes, size_t length, bool upper, char separator)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t between = separator != '\0' ? 1 : 0, i;
    char *at;

    if (length == 0 || !text_reserve(text, 2 * length + between * (length - 1)))
        return;
    at = text->data + text->length;
    for (i = 0; i < length; i++) {
        if (i > 0 && separator != '\0')
            *at++ = separator;
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 0x0F];
    }
    *at = '\0';
    text->length = (size_t)(at - text->data);
}

#define MAX_SHOWN 256
/* The longest that one character is shown as: four bytes as \XX. */
#define MAX_CHARACTER 12

void text_show_shortened(char *out, size_t size, const char *bytes, size_t length)
{
    char buffer[MAX_SHOWN + MAX_CHARACTER] = "";
    struct text text = {
        .data = buffer, .capacity = sizeof(buffer), .limit = sizeof(buffer) - 1, .is_lent = true};
    size_t i = 0, boundary = 0;

    while (i < length && text.length < size) {
        unsigned long code = 0;
        size_t step = text_utf8_decode((const unsigned char *)bytes + i, length - i, &code);

        if (text.length + sizeof("...") <= size)
            boundary = text.length;
        step = step != 0 ? step : 1;
        (void)text_append_shown(&text, bytes + i, step);
        i += step;
    }
    if (text.length < size)
        (void)snprintf(out, size, "%s", buffer);
    else
        (void)snprintf(out, size, "%.*s...", (int)boundary, buffer);
}
