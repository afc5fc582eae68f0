/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FORWARDED_XFCC_NAMES_H
#define PEERCERT_FORWARDED_XFCC_NAMES_H

#include "forwarded/forwarded_encodings.h"

/* Envoy writes the URIs and DNS names of a client's certificate without quotes into its element of
 * X-Forwarded-Client-Cert, behind the certificate: one with a comma in it looks like an element of
 * its own, with whatever the client likes. So each element with such names is held against its
 * certificate. `names` is the element, `certificates` the value of its Cert or Chain. Refused when
 * the certificate has a name with a comma, a semicolon or a double quote that does not stand in the
 * element as a value with quotes. */
enum decoding xfcc_names_check(
    struct cursor names, struct cursor certificates, struct certificates *out);

/* Reads a value with or without quotes, from behind the `=`. What is escaped in it stays so. false
 * when it is not quoted as it must be. */
bool xfcc_read_value(struct cursor *at, struct cursor *value);

#endif
