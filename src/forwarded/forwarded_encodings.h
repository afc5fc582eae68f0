/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FORWARDED_ENCODINGS_H
#define PEERCERT_FORWARDED_ENCODINGS_H

#include "certificate/certificate.h"
#include "forwarded/base64.h"
#include "forwarded/cursor.h"
#include <stdbool.h>
#include <stddef.h>

/* Inside of the module `forwarded`: one decoder for each encoding in which a certificate arrives.
 */

/* How decoding ended. Running out of memory and bad input never share a value. */
enum decoding {
    DECODING_FINE,    /* at least one certificate */
    DECODING_BLANK,   /* nothing but white space */
    DECODING_REFUSED, /* `reason` says what came instead */
    DECODING_FAILED,  /* out of memory */
};

/* The leaf and its chain at the most. */
#define CERTIFICATES_MAX (1 + CERTIFICATE_MAX_CHAIN)

/* What one value holds, in its order. Each item has the outer shape of a DER certificate. Owns the
 * items; free with certificates_free. */
struct certificates {
    struct bytes items[CERTIFICATES_MAX];
    size_t count;
    const char *encoding; /* in words, a constant; NULL when not recognised */
    char reason[184];     /* when refused; safe to show, and never anything of what came */
};

/* An encoding: the name under which --trust-header knows it, and its decoder. */
struct encoding {
    const char *name;
    bool list; /* its header may come several times and then is one list (RFC 9110 section 5.3) */
    enum decoding (*decode)(struct cursor value, size_t xfcc_hop, struct certificates *out);
};

/* The encodings of the table; NULL when there is none of this name, or behind the last. */
const struct encoding *encoding_find(const char *name, size_t length);
const struct encoding *encoding_at(size_t index);

/* Decodes a value of an encoding with its limits: more than FORWARDED_MAX_VALUE is refused before
 * it is read, white space alone is blank, and what holds a private key is refused as such whatever
 * else is wrong with it. `out` need not be zeroed; unless the result is DECODING_FINE it owns
 * nothing.
 */
enum decoding encoding_decode(const struct encoding *encoding, const char *value, size_t length,
    size_t xfcc_hop, struct certificates *out);

/* Frees the items and leaves none. Accepts NULL. */
void certificates_free(struct certificates *certificates);

/* For the decoders: sets the reason. Returns DECODING_REFUSED. */
enum decoding encoding_refuse(struct certificates *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The reason for a private key; nothing of the key is ever repeated. */
extern const char encoding_private_key_words[];

/* For the decoders: appends a copy of one DER certificate when it has the outer shape of one: a
 * SEQUENCE within CERTIFICATE_MAX_DER that ends where the bytes end (d2i_X509 accepts bytes after
 * it) and begins with a SEQUENCE, as tbsCertificate is (RFC 5280 section 4.1). */
enum decoding encoding_append_der(
    struct certificates *out, const unsigned char *der, size_t length);

/* For the decoders: decodes base64, or base64url with or without its padding, into bytes that the
 * caller frees with OPENSSL_free; they are NULL unless the result is DECODING_FINE. */
enum decoding encoding_decode_base64(
    struct certificates *out, struct cursor text, struct bytes *bytes);

/* For the decoders: decodes base64 or base64url of one DER certificate and appends that. */
enum decoding encoding_append_base64_der(struct certificates *out, struct cursor text);

/* For the decoders: decodes base64 of one DER certificate and appends that. With BASE64_NO_SPACE
 * its padding may be missing. */
enum decoding encoding_append_base64(
    struct certificates *out, struct cursor text, enum base64_space space);

/* For the decoders: the same for DER certificates one after another, told apart by their lengths.
 */
enum decoding encoding_append_base64_chain(struct certificates *out, struct cursor text);

/* For the decoders: reads PEM from `text` to its end, `most` certificates and nothing else. With
 * `form_rules` a `+` for the space in an armour line is accepted. */
enum decoding encoding_append_pem(
    struct certificates *out, struct cursor text, size_t most, bool form_rules);

/* For the decoders: the same for PEM that is URL-encoded. */
enum decoding encoding_append_url_pem(struct certificates *out, struct cursor text, size_t most);

/* For the decoders: base64 of DER, or of PEM (Apache's `expr=%{base64:...}`), one certificate. Sets
 * the encoding. */
enum decoding encoding_append_base64_any(struct certificates *out, struct cursor text);

/* Whether a value says that there is no certificate: nothing but white space, PEM armour around
 * nothing, or a word that fronts write for an unset variable, such as (null). */
bool encoding_is_nothing(const char *value, size_t length);

/* What may have happened to a value that was refused, in words for the operator; NULL when that is
 * not known. A constant, which never repeats anything of the value. */
const char *encoding_hint(const struct encoding *encoding, struct cursor value);

/* In place of a number of elements: the operator did not say which one counts, so there may be one
 * alone. */
#define XFCC_ONE_ELEMENT ((size_t)-1)

/* Envoy's X-Forwarded-Client-Cert, a decoder of the table. */
enum decoding encoding_decode_xfcc(struct cursor value, size_t xfcc_hop, struct certificates *out);

#endif
