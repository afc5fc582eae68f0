/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_DER_H
#define PEERCERT_DER_H

#include <stdbool.h>
#include <stddef.h>

/* Identifier bytes of X.690 section 8.1.2 that tell what came. */
#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OBJECT_IDENTIFIER 0x06
#define DER_ENUMERATED 0x0A
#define DER_GENERAL_STRING 0x1B
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_DIRECTORY_NAME 0xA4 /* of a GeneralName (RFC 5280 section 4.2.1.6) */

/* The outside of one DER element. */
struct der_element {
    unsigned char tag; /* its identifier byte; those of several bytes are not read */
    size_t header;     /* bytes of identifier and length */
    size_t content;    /* bytes that it says follow; may be more than there are */
};

/* Reads identifier and length at the beginning of `bytes`. False when there is no definite length
 * in its shortest form (X.690 sections 8.1.3 and 10.1), of four bytes at the most, or the header is
 * cut off. That the content is there as well is for the caller to check. */
bool der_read_element(const unsigned char *bytes, size_t length, struct der_element *element);

/* Bytes that are borrowed. */
struct der_span {
    const unsigned char *at;
    size_t length;
};

/* Takes the element with this identifier byte from the beginning of *from. false when another one,
 * or not all of it, is there; *from is then as it was. */
bool der_take(struct der_span *from, unsigned char tag, struct der_span *content);

#endif
