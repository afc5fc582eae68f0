/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most texts end below it, and so are allocated once. */
#define FIRST_CAPACITY ((size_t)512)

void text_init(struct text *text, size_t limit)
{
    *text = (struct text){.limit = limit};
}

void text_begin(struct text *text, char *buffer, size_t size, size_t limit)
{
    *text = (struct text){.data = buffer,
        .capacity = limit != 0 && limit < size ? limit + 1 : size,
        .limit = limit,
        .is_lent = true};
    buffer[0] = '\0';
}

void text_free(struct text *text)
{
    if (text == NULL)
        return;
    if (!text->is_lent)
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

    if (more > limit || text->length > limit - more)
        return false;
    wanted = text->length + more + 1;
    capacity = text->capacity != 0 ? text->capacity * 2 : FIRST_CAPACITY;
    if (capacity < wanted)
        capacity = wanted;
    /* What fits keeps the limit. */
    if (capacity - 1 > limit)
        capacity = limit + 1;
    data = realloc(text->is_lent ? NULL : text->data, capacity);
    if (data == NULL)
        return false;
    if (text->is_lent)
        memcpy(data, text->data, text->length + 1);
    text->is_lent = false;
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
        size = utf8_decode(at, length, &code);
        if (size == 1 && code == '\\') {
            text_append(text, "\\\\", 2);
        } else if (size != 0 && !utf8_is_unsafe(code)) {
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
    char buffer[MAX_SHOWN + MAX_CHARACTER];
    struct text text;
    size_t i = 0, boundary = 0;

    text_begin(&text, buffer, sizeof(buffer), sizeof(buffer) - 1);
    while (i < length && text.length < size) {
        unsigned long code = 0;
        size_t step = utf8_decode((const unsigned char *)bytes + i, length - i, &code);

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
    text_free(&text);
}
