/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CONTENT_H
#define PEERCERT_CONTENT_H

#include <stddef.h>

/* What bytes hold that are neither a certificate nor a CRL: the kinds of files that are given in
 * their place, told by how they begin. In words that complete "it is ...", with what to do; NULL
 * when it is none of them. A constant. */
const char *content_words(const unsigned char *bytes, size_t length);

/* The same of a whole file, by more than how it begins: keys and requests in DER, and certificates
 * in forms that are not those of files. */
const char *content_file_words(const unsigned char *bytes, size_t length);

#endif
