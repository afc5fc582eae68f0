/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FORWARDED_H
#define PEERCERT_FORWARDED_H

#include "base/error.h"
#include "certificate/certificate.h"
#include <stdbool.h>
#include <stddef.h>

enum forwarded_status {
    FORWARDED_ABSENT,  /* no variable, or one that says so: blank, (null), "-", empty armour */
    FORWARDED_PRESENT, /* leaf is set; it has the outer shape of a DER certificate and nothing more
                          is known */
    FORWARDED_MALFORMED, /* something came that is no certificate: reason says what */
    FORWARDED_FAILED,    /* out of memory: nothing can be said (not_judged) */
};

/* Characters of one certificate-bearing variable at the most (URL-encoded PEM triples at worst). */
#define FORWARDED_MAX_VALUE ((size_t)256 * 1024)

/* One header that --trust-header names. */
struct forwarded_header;

/* Which request headers the operator vouches for; made once at start, immutable, shared by threads.
 * All zero is none. */
struct forwarded_options {
    struct forwarded_header *headers;
    size_t header_count;
    bool has_xfcc_hop; /* otherwise X-Forwarded-Client-Cert may have one element alone: Envoy writes
                          a client's URIs without quotes, so that a client could add one */
    size_t xfcc_hop;   /* which of its elements counts: 0 the last (the nearest proxy), 1 the one
                          before it, ... */
};

/* What the front server forwarded. Owns leaf and chain; free with forwarded_free. The strings in it
 * are bounded and safe to show (text_append_shown was applied where bytes came from outside). */
struct forwarded {
    enum forwarded_status status;
    struct bytes leaf;
    struct bytes chain[CERTIFICATE_MAX_CHAIN];
    size_t chain_count;
    char source[64]; /* the variable it came in, e.g. SSL_CLIENT_CERT or HTTP_CLIENT_CERT; "" when
                        absent */
    const char *encoding;   /* its encoding in words, a constant: "PEM", "URL-encoded PEM", "base64
                           DER", ...;   NULL unless present */
    bool has_front_verify;  /* SSL_CLIENT_VERIFY was there and not empty */
    char front_verify[192]; /* what the front said, shown safely, cut with ... when longer */
    char reason[256]; /* malformed: "VARIABLE: what is wrong", in words that tell the operator what
                         came and never repeat any of it (it may be a private key); else "" */
};

/* Adds a header to the options from the operator's words: `NAME` or `NAME:ENCODING`. A known name
 * (Client-Cert, X-Forwarded-Client-Cert, X-Forwarded-Tls-Client-Cert, X-Amzn-Mtls-Clientcert,
 * X-Amzn-Mtls-Clientcert-Leaf, ssl-client-cert, Cf-Client-Cert-Der-Base64; any case) brings its own
 * encoding; another name is decoded like SSL_CLIENT_CERT (PEM, URL-encoded PEM, base64 DER) unless
 * ENCODING names one: any, pem, url-pem, url-pem-chain, base64-der, base64-der-chain, rfc9440,
 * rfc9440-chain, xfcc, traefik (those with a chain hold the leaf first). Client-Cert in its own
 * encoding brings Client-Cert-Chain with it. false with ERROR_USAGE for a name that is no header
 * token (RFC 9110 5.6.2) or longer than 58 characters, for an unknown encoding, a header that is
 * named twice (also as another spelling of the same HTTP_* variable) or too many (16);
 * ERROR_MEMORY. */
bool forwarded_options_add(
    struct forwarded_options *options, const char *words, struct error *error);

/* Frees what forwarded_options_add allocated. Accepts NULL. */
void forwarded_options_free(struct forwarded_options *options);

/* The parameters that matter at the most: each name once, and list headers several times. */
#define FORWARDED_MAX_SELECTED 40

/* The parameters on which forwarded_read depends, "NAME=value" each, in the order in which they
 * came; nothing is decoded. Borrows the parameters. */
struct forwarded_selection {
    struct {
        const char *parameter;
        size_t length;
    } items[FORWARDED_MAX_SELECTED];
    size_t count;
};

/* Fills *selection. False when none of them can hold a certificate (all are empty), or when there
 * are more than fit: then it says nothing. `options` as for forwarded_read. */
bool forwarded_select(char *const *parameters, const struct forwarded_options *options,
    struct forwarded_selection *selection);

/* Finds and decodes the forwarded certificate among the parameters: `parameters` is a
 * NULL-terminated array of "NAME=value" strings (environ, or FCGX_Request.envp), borrowed for the
 * call; so are `options` (NULL: no header is read). Every parameter is looked at:
 * - SSL_CLIENT_CERT, the leaf: as forwarded_decode_value takes it;
 * - SSL_CLIENT_CERT_CHAIN_0, _1, ... (Apache): a certificate each, without gaps;
 * - SSL_CLIENT_CERT_CHAIN (HAProxy, `set-param SSL_CLIENT_CERT_CHAIN %[ssl_c_chain_der,base64]`):
 *   base64 of DER certificates one after another, instead of the numbered ones;
 * - SSL_CLIENT_VERIFY: what the front said;
 * - the headers that `options` name; other HTTP_* names are not read: they are the client's.
 * A chain that begins with the leaf loses it. A name of these that occurs twice is malformed (only
 * list headers, Client-Cert-Chain and X-Forwarded-Client-Cert, may repeat, in order); so are a
 * chain without its leaf and two sources with different leaves. Sources with the same leaf are
 * fine; the first one that has a chain brings it. Fills *forwarded wholly (no need to zero it
 * before); the caller frees it with forwarded_free in every case. */
void forwarded_read(
    char *const *parameters, const struct forwarded_options *options, struct forwarded *forwarded);

/* Decodes one value as SSL_CLIENT_CERT may carry it, into *forwarded (status, leaf, encoding,
 * reason without a variable's name): one certificate and nothing but white space around it, as PEM
 * with any white space for its line ends (RFC 7468 section 3, laxtextualmsg), URL-encoded PEM, or
 * base64 of DER or of PEM. In URL-encoded PEM a `+` is a plus; BEGIN+CERTIFICATE in the armour
 * alone is accepted. The value is `length` bytes and may hold anything. */
void forwarded_decode_value(const char *value, size_t length, struct forwarded *forwarded);

/* Frees leaf and chain and makes the struct empty. Accepts NULL. */
void forwarded_free(struct forwarded *forwarded);

#endif
