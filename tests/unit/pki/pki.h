/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_PKI_H
#define PEERCERT_TESTS_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* Keys, certificates and revocation lists made in memory at test time. Every function ends the test
 * with a message on stderr and abort() when it fails, so that callers check nothing. */

enum pki_key {
    PKI_EC_P256, /* the default: fast to make */
    PKI_EC_P384,
    PKI_ED25519,
    PKI_RSA_2048,
    PKI_RSA_1024, /* too weak for security level 2 */
    PKI_RSA_512,  /* too weak for any level */
    PKI_RSA_PSS_2048,
    PKI_KEY_KINDS
};

#define PKI_MAX_EXTENSIONS 16
#define PKI_DAY (86400L)

/* A certificate and its key. Owned by the caller, free with pki_free. */
struct pki {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What to make. All zero but `subject` is a good client certificate, self-signed; with `issuer` one
 * that verifies. Times are seconds from now. */
struct pki_spec {
    const char *subject; /* as RFC 2253 writes it, last part first: "CN=Dan,OU=Ops,O=Acme"; `+`
                            joins parts to one RDN, `\` takes the next character as it is; NULL is
                            "CN=test", "" an empty name */
    const X509_NAME *subject_name; /* instead of `subject` (pki_name_add) */
    const struct pki *issuer;      /* NULL: self-signed */
    const struct pki *same_key_as; /* NULL: a key of the kind `key`. RSA keys are made once per
                                      process for CAs and once for others, unless `fresh_key` */
    enum pki_key key;
    bool fresh_key;
    long not_before;             /* 0 is an hour ago */
    long not_after;              /* 0 is in 365 days */
    const char *not_before_text; /* instead: "700101000000Z", "20500101000000Z", or nonsense */
    const char *not_after_text;
    int version;          /* 0 is 3; 1 has no extensions at all */
    bool ca;              /* basicConstraints=critical,CA:TRUE and keyCertSign, cRLSign */
    int pathlen_plus_one; /* 0: no pathlen; 1: pathlen:0 */
    bool no_extensions;   /* none of the default ones */
    const char *extensions[PKI_MAX_EXTENSIONS]; /* as openssl.cnf writes them,
                         "subjectAltName=DNS:a", "1.2.3.4=critical,DER:0500"; one of the same name
                         as a default takes its place, "keyUsage=" takes it away. Defaults of a
                         client: keyUsage=critical, digitalSignature, extendedKeyUsage=clientAuth
                         and the key identifiers. */
    const char *configuration; /* sections that the extensions speak of, "[a]\nCN=b\n" */
    const char *digest;        /* NULL is sha256; no matter for Ed25519 */
    long serial;               /* 0: one after another from 4096 */
    const char *serial_hex;    /* instead, with a leading "-" when negative */
    void (*customise)(X509 *certificate, void *context); /* called right before signing */
    void *context;
};

struct pki *pki_make(const struct pki_spec *spec);

/* Accepts NULL. */
void pki_free(struct pki *pki);

/* A CA of this name, and a client of this name signed by it, with all defaults. */
struct pki *pki_ca(const char *subject);
struct pki *pki_client(const char *subject, const struct pki *issuer);

/* Appends a part to a name with this ASN.1 string type (V_ASN1_T61STRING, ...) and any bytes,
 * unchecked. `type` is a short name or dotted OID; `joined` makes it part of the last RDN. */
void pki_name_add(X509_NAME *name, const char *type, int asn1_type, const void *bytes,
    size_t length, bool joined);

/* Appends an extension with any bytes as its value, unchecked; for `customise`. */
void pki_add_raw_extension(
    X509 *certificate, const char *oid, bool critical, const void *bytes, size_t length);

/* For `customise`: a key that libcrypto cannot decode, of the kind of this dotted OID and without
 * parameters (`oid` is a string); an EC key that spells its curve out. */
void pki_foreign_key(X509 *certificate, void *oid);
void pki_explicit_curve(X509 *certificate, void *context);

/* One line of a revocation list. `reason` 0 writes none (RFC 5280 5.3.1: 1 keyCompromise, 6
 * certificateHold, 8 removeFromCRL); `date` is seconds from now, 0 is an hour ago. */
struct pki_revoked {
    const X509 *certificate; /* whose serial; NULL: `serial` */
    long serial;
    int reason;
    long date;
};

struct pki_crl_spec {
    const struct pki *issuer;
    const struct pki_revoked *revoked;
    size_t revoked_count;
    long this_update;             /* 0 is an hour ago */
    long next_update;             /* 0 is in 30 days */
    const char *this_update_text; /* instead: nonsense */
    const char *next_update_text;
    bool no_next_update;
    long number;               /* cRLNumber; 0: 1; -1: none */
    long delta_base_plus_one;  /* 0: no delta CRL; else deltaCRLIndicator of one less */
    const char *extensions[4]; /* "issuingDistributionPoint=critical,@idp"; one of the key
                                  identifier takes the default's place, "authorityKeyIdentifier="
                                  takes it away */
    const char *configuration;
    const char *digest;
};

/* Free with X509_CRL_free. */
X509_CRL *pki_crl(const struct pki_crl_spec *spec);

/* Strings and bytes that the caller frees with free(). The PEM ones are NUL-terminated. */
char *pki_pem(const X509 *certificate);
char *pki_key_pem(const EVP_PKEY *key);
char *pki_crl_pem(const X509_CRL *crl);
unsigned char *pki_der(const X509 *certificate, size_t *length);
unsigned char *pki_crl_der(const X509_CRL *crl, size_t *length);

/* The certificate decoded from its DER, as it comes from a client. Free with X509_free. */
X509 *pki_decoded(const struct pki *pki);

/* A PKCS#12 file. `pki` with its key (NULL: certificates alone), then the NULL-terminated chain
 * (may be NULL). Legacy is RC2-40 and 3DES as old programs write it. */
unsigned char *pki_p12(
    const struct pki *pki, X509 *const *chain, const char *password, bool legacy, size_t *length);

/* Makes a temporary folder; pki_remove_dir removes it with all that is in it and frees the name. */
char *pki_temp_dir(void);
void pki_remove_dir(char *dir);

/* dir/name, to be freed with free(). */
char *pki_path(const char *dir, const char *name);

/* Writes dir/name and returns its path, to be freed with free(). */
char *pki_write_file(const char *dir, const char *name, const void *bytes, size_t length);
char *pki_write_text(const char *dir, const char *name, const char *string);

/* Says what failed and ends the test, unless `fine`. */
void pki_must(bool fine, const char *what);

/* For the parts of the helper: adds openssl.cnf-style extensions to a certificate or a CRL. */
X509_EXTENSION *pki_extension(
    const char *line, const char *configuration, X509 *issuer, X509 *subject, X509_CRL *crl);
void pki_set_time(ASN1_TIME *time, const char *string, long offset, long standard);

#endif
