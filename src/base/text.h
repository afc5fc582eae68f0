/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TEXT_H
#define PEERCERT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A growing string with a limit. Zero it or use text_init; free it with text_free. The data is
 * always NUL-terminated once something was appended; NULL before. After a failure (memory, or the
 * limit would be passed) `failed` stays set and nothing more is appended, so that callers may check
 * once at the end. */
struct text {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* bytes at the most, without the NUL; 0 is TEXT_LIMIT */
    bool failed;
    bool is_lent; /* data is the caller's: it is copied when it has to grow */
};

/* Bytes that one text holds at the most, unless told otherwise. */
#define TEXT_LIMIT ((size_t)1024 * 1024)

/* Makes an empty text with this limit (0: TEXT_LIMIT). Allocates nothing. */
void text_init(struct text *text, size_t limit);

/* Makes an empty text with this limit that begins in a buffer of the caller's, of `size` bytes (1
 * at least), and allocates only what does not fit there. The buffer must outlive it; text_free as
 * for others. */
void text_begin(struct text *text, char *buffer, size_t size, size_t limit);

/* Frees the data and makes the text empty again. Accepts NULL. */
void text_free(struct text *text);

/* Empties the text and keeps its memory for reuse; clears `failed`. */
void text_clear(struct text *text);

/* The text so far as a string, "" when empty; borrowed until the next call on the same text. */
const char *text_string(const struct text *text);

/* Gives the string to the caller (free with free()) and makes the text empty. NULL when the text
 * had failed or memory runs out; an empty text gives an empty string. */
char *text_take(struct text *text);

/* Appends bytes as they are. */
void text_append(struct text *text, const void *bytes, size_t length);

/* Appends a NUL-terminated string as it is. Inline: the length of a literal is known then, and most
 * fit. */
static inline void text_append_string(struct text *text, const char *string)
{
    const size_t length = strlen(string);

    if (text->failed || length >= text->capacity - text->length) {
        text_append(text, string, length);
        return;
    }
    memcpy(text->data + text->length, string, length + 1);
    text->length += length;
}

/* Appends a number in decimal digits. */
void text_append_number(struct text *text, long long number);

/* The number that a string of decimal digits is; one beyond INT64_MAX is taken for that. -1 for
 * anything else, and for NULL. */
int64_t text_number(const char *digits);

/* Appends with a printf format. */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends untrusted bytes so that a terminal, a page and a log line can show them: well-formed
 * UTF-8 passes; what utf8_is_unsafe names, and bytes that are not well-formed UTF-8 (RFC 3629:
 * overlong, surrogates, above U+10FFFF) come as \XX per byte, two upper-case hexadecimal digits, as
 * RFC 2253 section 2.4 writes them. A backslash comes as two. Returns true when something was
 * replaced (the doubled backslash does not count). */
bool text_append_shown(struct text *text, const void *bytes, size_t length);

/* Appends bytes as hexadecimal digits, upper or lower case, with the separator between bytes unless
 * it is 0. */
void text_append_hex(
    struct text *text, const unsigned char *bytes, size_t length, bool upper, char separator);

/* What a hexadecimal digit of either case stands for; -1 when it is none. */
int text_hex_value(char digit);

/* Whether these are labels that are not empty, with dots between them (RFC 1034 section 3.5),
 * whatever characters they have. */
bool text_has_labels(const char *name, size_t length);

/* Writes bytes from outside to `out` (`size` bytes at the most with the NUL, 16 to 256), safe to
 * show, and cut between characters with ... at the end when they would not fit. Allocates nothing,
 * so that it cannot fail. */
void text_show_shortened(char *out, size_t size, const char *bytes, size_t length);

#endif
