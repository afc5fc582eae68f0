/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_UTF8_H
#define PEERCERT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Characters of UTF-8 (RFC 3629) in bytes from outside. */

/* The number of bytes (1 to 4) of the well-formed UTF-8 character at `bytes`, 0 when there is none.
 * *code gets the code point. */
size_t utf8_decode(const unsigned char *bytes, size_t length, unsigned long *code);

/* Whether bytes are well-formed UTF-8 throughout. */
bool utf8_is_well_formed(const unsigned char *bytes, size_t length);

/* A code point that is the same for a letter in each of its cases (towlower(3) in C.UTF-8). Where
 * the system has no such locale, all characters beyond ASCII are alike. */
unsigned long utf8_fold_code(unsigned long code);

/* Compares two strings of UTF-8 without regard to the case of letters, for sorting: 0 when they
 * differ in nothing else, one by one (utf8_fold_code). A byte that is not UTF-8 is like itself
 * alone. */
int utf8_compare_case(const void *one, size_t length, const void *other, size_t other_length);

/* The bytes of whole, well-formed UTF-8 characters at the start of a string, up to `most`. */
size_t utf8_whole_length(const char *string, size_t most);

/* True when the code point may not be shown as it is, since it cannot be seen, or changes what
 * stands beside it: general categories Cc, Cf, Cs, Zl and Zp (UnicodeData.txt of Unicode 16),
 * Default_Ignorable_Code_Point (DerivedCoreProperties.txt), what RFC 4518 section 2.2 maps to
 * nothing, and noncharacters. Spaces (Zs) may be shown. */
bool utf8_is_unsafe(unsigned long code);

#endif
