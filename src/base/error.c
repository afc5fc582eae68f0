/* SPDX-License-Identifier: ISC */
#include "base/error.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Bytes that a message is formatted into before it is shortened. */
#define MESSAGE_MAX 8192
/* Bytes that stay of the beginning of a message that is too long. */
#define MESSAGE_HEAD 160

/* A question mark for each byte that may not be shown: a message is one line, whatever a file name
 * or a key in a file brings. */
static void make_safe(char *string)
{
    unsigned char *at = (unsigned char *)string;
    size_t length = strlen(string);

    while (length > 0) {
        unsigned long code = 0;
        size_t size = utf8_decode(at, length, &code);

        if (size == 0 || utf8_is_unsafe(code)) {
            size = size != 0 ? size : 1;
            memset(at, '?', size);
        }
        at += size;
        length -= size;
    }
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Copies the message; one that is too long loses its middle, so that a long path leaves room for
 * the reason behind it. No character is cut. */
static void copy_shortened(char *text, size_t size, const char *message)
{
    size_t length = strlen(message), head = MESSAGE_HEAD, tail;

    if (length < size) {
        memcpy(text, message, length + 1);
        return;
    }
    while (head > 0 && is_continuation(message[head]))
        head--;
    tail = length - (size - 1 - head - 3);
    while (is_continuation(message[tail]))
        tail++;
    (void)snprintf(text, size, "%.*s...%s", (int)head, message, message + tail);
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    if (error == NULL)
        return false;
    va_start(arguments, format);
    if (vsnprintf(message, sizeof(message), format, arguments) < 0)
        message[0] = '\0';
    va_end(arguments);
    make_safe(message);
    error->kind = kind;
    copy_shortened(error->text, sizeof(error->text), message);
    return false;
}

void error_print(const struct error *error)
{
    (void)fprintf(stderr, "peercert: %s\n", error->text);
}
