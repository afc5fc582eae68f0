/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_SHOWN_H
#define PEERCERT_SHOWN_H

#include "base/text.h"
#include "certificate/identity.h"
#include <openssl/asn1.h>

/* A string that is shown, built character by character so that one which would pass
 * IDENTITY_MAX_NAME_BYTES is cut between two characters and ends in "...". Zero it; shown_take
 * or text_free(&shown.text) frees it. */
struct shown {
    struct text text;
    size_t boundary; /* where it may be cut and still have room for the dots */
    bool cut;
    bool replaced; /* something may not be shown as it is, or is not well-formed for its type */
};

/* Gives the string to the caller (free with free()), NULL when memory runs out. */
char *shown_take(struct shown *shown);

/* Appends one of our own words as it is; 64 bytes at the most. */
void shown_word(struct shown *shown, const char *word);

/* False when nothing more is appended: it was cut, or memory ran out. */
bool shown_is_open(struct shown *shown);

/* Appends the letters and digits of ASCII that the bytes begin with, which are shown as they are
 * everywhere, in one step. Returns how many; less than there are when something is to be cut. To be
 * called while it is open. */
size_t shown_plain(struct shown *shown, const unsigned char *bytes, size_t length);

/* Appends one character of UTF-8 as text_append_shown does, after a backslash if asked for. */
void shown_character(struct shown *shown, const unsigned char *utf8, size_t size, bool backslash);

/* Appends bytes that shall be ASCII (IA5String): all others come as \XX. */
void shown_ascii(struct shown *shown, const unsigned char *bytes, size_t length);

/* Appends bytes as hexadecimal digits, upper case. */
void shown_hex(struct shown *shown, const unsigned char *bytes, size_t length);

/* Appends an object identifier in dotted form; "#" and its content in hexadecimal when one of its
 * numbers has more than 40 digits. Needs nothing of libcrypto that could fail. */
void shown_oid(struct shown *shown, const ASN1_OBJECT *object);

/* The type of one part of a name: a short name of libcrypto's table, or the dotted form. */
void shown_type(struct shown *shown, const ASN1_OBJECT *object);

#endif
