/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ERROR_H
#define PEERCERT_ERROR_H

#include <stdbool.h>

/* Running out of memory, a failure of libcrypto and bad input never share a value: only the last
 * one may be told as somebody's fault. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_USAGE,   /* an option, variable or configuration key; exit code 2 */
    ERROR_INPUT,   /* what was read cannot be what it claims to be */
    ERROR_FILE,    /* a file cannot be opened or read */
    ERROR_MEMORY,  /* out of memory: says nothing about the input */
    ERROR_LIBRARY, /* libcrypto or the system failed: says nothing about the input */
};

/* An error in words for the operator; the text names its source (file:line, variable, RFC section).
 * Lives where the caller puts it, owns nothing. */
struct error {
    enum error_kind kind;
    char text[512];
};

/* Sets kind and text (printf format). A text that is too long loses its middle, not the reason at
 * its end. Bytes that may not be shown (utf8_is_unsafe, broken UTF-8) come as question marks;
 * what an attacker may have written should have been escaped by the caller (text_append_shown). The
 * arguments may lie in *error. Accepts error == NULL. Always false, for `return error_set(...)`. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints "peercert: " and the text, which error_set made safe to show, on stderr. */
void error_print(const struct error *error);

#endif
