/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_IDENTITY_H
#define PEERCERT_IDENTITY_H

#include "base/bytes.h"
#include "base/error.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* One attribute of a distinguished name: the type by its short name (CN) or dotted OID, and the
 * value as it is to be shown. */
struct identity_part {
    char *type;
    char *value; /* a backslash, # and its DER in hexadecimal when it is no string, or not
                    well-formed for its type (malformed UTF-8 apart, which comes as \XX) */
};

/* A list of strings, each safe to show. */
struct identity_list {
    char **items; /* "unreadable" alone when the extension cannot be read or is there twice */
    size_t count;
    bool present;  /* the extension is there (it may be empty) */
    bool critical; /* and marked critical (RFC 5280 4.2) */
};

/* What a certificate says of itself, every string UTF-8 and safe to show (text_append_shown). Owned
 * by the caller, free with identity_free. Judges nothing. */
struct identity {
    char *subject; /* RFC 2253 (last part first), UTF-8; "" for an empty name; names that differ are
                      shown as different strings, unless they are cut */
    char *issuer;
    struct identity_part *subject_parts; /* in the certificate's own order */
    size_t subject_part_count;
    bool subject_replaced; /* something in the subject was replaced by an escape because it may not
                              be shown */
    char *serial; /* hexadecimal, upper case, even number of digits, leading "-" when negative */
    char *serial_decimal; /* "too long" when it has more than 64 bytes (RFC 5280 allows 20) */
    int version;          /* 1, 2 or 3 */
    char *not_before;     /* RFC 3339, UTC, 2026-11-23T17:57:38Z; what the certificate says when it
                             cannot be read as a date: "unreadable" */
    char *not_after;
    time_t
        not_before_time; /* seconds since 1970; 0 with *_known false when the date cannot be read */
    time_t not_after_time;
    bool not_before_known;
    bool not_after_known;
    char *sha256_fingerprint; /* of the DER, 64 hexadecimal digits, lower case */
    char *spki_sha256; /* of the DER SubjectPublicKeyInfo, the same form: a pin that survives a
                          renewal with the same key */
    char *public_key;  /* in words: "RSA 4096 bits", "EC prime256v1 256 bits", "ED25519 253
                          bits"->"Ed25519", "unknown (OID)" when libcrypto cannot read it */
    char *signature_algorithm; /* "sha256WithRSAEncryption", ... or dotted OID */
    struct identity_list
        subject_alt_names; /* "DNS:example.org", "email:...", "URI:...", "IP:...", "dirName:...",
                              "UPN:...", "SmtpUTF8Mailbox:...", "XmppAddr:...", "SRVName:...",
                              "Kerberos:name@REALM", "otherName:OID", "RID:...",
                              "x400Address", "ediPartyName" */
    struct identity_list key_usage; /* RFC 5280 4.2.1.3 names: "digitalSignature", ... */
    struct identity_list
        extended_key_usage; /* "clientAuth" (short names as in RFC 5280 4.2.1.12), or dotted OID */
    struct identity_list netscape_cert_type; /* "client", "server", ... (x509v3_config(5)) */
    struct identity_list unknown_extensions; /* dotted OIDs of extensions libcrypto does not know */
    char *subject_key_id;   /* hexadecimal, upper case, colons; NULL when not there; "unreadable" */
    char *authority_key_id; /* the keyIdentifier field; NULL when not there */
};

/* Limits: entries of a list shown, and bytes of one shown name; what is beyond is told as "... and
 * N more" / cut with "...". */
#define IDENTITY_MAX_NAMES 128
#define IDENTITY_MAX_NAME_BYTES ((size_t)16 * 1024)

/* Reads what the certificate says; der is its encoding, which it was decoded from
 * (certificate_decode: byte for byte the same), for the fingerprint. Both are borrowed for the
 * call. Returns an identity, or NULL with ERROR_MEMORY or ERROR_LIBRARY (never ERROR_INPUT: what
 * cannot be read is shown as such). */
struct identity *identity_read(X509 *certificate, const struct bytes *der, struct error *error);

/* Frees an identity. Accepts NULL. */
void identity_free(struct identity *identity);

/* A name as RFC 2253 writes it (last part first), UTF-8, safe to show, for any X509_NAME (the
 * proven chain, the anchor). Returns a string that the caller frees with free(), NULL with the
 * error when memory runs out. */
char *identity_name(const X509_NAME *name, struct error *error);

/* Puts a string that is safe to show (identity_name) into a buffer of `size` bytes (8 at least);
 * one that is too long is cut between two characters or escapes and ends in "...". */
void identity_cut(char *buffer, size_t size, const char *shown);

/* A certificate's date in seconds since 1970. false when it is not a date as RFC 5280 4.1.2.5
 * allows. */
bool identity_time(const ASN1_TIME *date, time_t *seconds);

/* The same of the bytes of a UTCTime or GeneralizedTime; `type` is V_ASN1_UTCTIME or the other. */
bool identity_time_of(int type, const unsigned char *at, size_t length, time_t *seconds);

#define IDENTITY_TIME_SIZE 32

/* Writes seconds since 1970 as RFC 3339 in UTC ("2026-11-23T17:57:38Z") into a buffer of
 * IDENTITY_TIME_SIZE bytes. */
void identity_format_time(time_t seconds, char *buffer);

#endif
