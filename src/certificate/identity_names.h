/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_IDENTITY_NAMES_H
#define PEERCERT_IDENTITY_NAMES_H

#include "certificate/shown.h"

/* How a value is written: as text_append_shown does, or as a part of a distinguished name (RFC 2253
 * section 2.4), where , + " \ < > ; a leading # or space and a trailing space get a backslash too.
 */
enum shown_form { SHOWN_PLAIN, SHOWN_NAME };

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

#endif
