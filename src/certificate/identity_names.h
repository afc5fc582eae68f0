/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_IDENTITY_NAMES_H
#define PEERCERT_IDENTITY_NAMES_H

#include "base/text.h"
#include "certificate/identity.h"

/* A string that is shown, built character by character so that one which would pass
 * IDENTITY_MAX_NAME_BYTES is cut between two characters and ends in "...". Zero it; shown_take
 * or text_free(&shown.text) frees it. */
struct shown {
    struct text text;
    size_t boundary; /* where it may be cut and still have room for the dots */
    bool cut;
    bool replaced; /* something may not be shown as it is, or is not well-formed for its type */
};

/* How a value is written: as text_append_shown does, or as a part of a distinguished name (RFC 2253
 * section 2.4), where , + " \ < > ; a leading # or space and a trailing space get a backslash too.
 */
enum shown_form { SHOWN_PLAIN, SHOWN_NAME };

/* Gives the string to the caller (free with free()), NULL when memory runs out. */
char *shown_take(struct shown *shown);

/* Appends one of our own words as it is; 64 bytes at the most. */
void shown_word(struct shown *shown, const char *word);

/* Appends bytes that shall be ASCII (IA5String): all others come as \XX. */
void shown_ascii(struct shown *shown, const unsigned char *bytes, size_t length);

/* Appends bytes as hexadecimal digits, upper case. */
void shown_hex(struct shown *shown, const unsigned char *bytes, size_t length);

/* Appends an object identifier in dotted form; "#" and its content in hexadecimal when one of its
 * numbers has more than 40 digits. Needs nothing of libcrypto that could fail. */
void shown_oid(struct shown *shown, const ASN1_OBJECT *object);

/* Appends an ASN.1 string. PrintableString, IA5String, NumericString, VisibleString and
 * GeneralString are ASCII, T61String is Latin-1 (as libcrypto has it), BMPString is UCS-2.
 * Malformed bytes of a UTF8String come as \XX. Every other value that is not well-formed for its
 * type, or has no string form, comes as "#" and its DER in hexadecimal (RFC 2253 section 2.4; plain
 * form: "\#", which no other value begins with): different values never look the same. Returns
 * ERROR_NONE, ERROR_MEMORY or ERROR_LIBRARY. */
enum error_kind shown_value(struct shown *shown, const ASN1_STRING *value, enum shown_form form);

/* Appends a whole name as RFC 2253 writes it, last part first, as identity_name does. Returns like
 * shown_value. */
enum error_kind shown_name(struct shown *shown, const X509_NAME *name);

/* The type of one part of a name: a short name of libcrypto's table, or the dotted form. */
void shown_type(struct shown *shown, const ASN1_OBJECT *object);

/* Tells whether libcrypto failed because memory ran out, and empties its error queue. */
enum error_kind library_failure(void);

#endif
