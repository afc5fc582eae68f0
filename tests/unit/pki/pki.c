/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"

#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void pki_must(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "pki: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}

static EVP_PKEY *new_key(enum pki_key kind)
{
    static const unsigned rsa_bits[PKI_KEY_KINDS] = {
        [PKI_RSA_2048] = 2048,
        [PKI_RSA_1024] = 1024,
        [PKI_RSA_512] = 512,
        [PKI_RSA_PSS_2048] = 2048,
    };
    const char *name = kind == PKI_RSA_PSS_2048 ? "RSA-PSS" : "RSA";
    EVP_PKEY_CTX *context = NULL;
    EVP_PKEY *key = NULL;

    if (kind == PKI_EC_P256 || kind == PKI_EC_P384) {
        key = EVP_EC_gen(kind == PKI_EC_P256 ? "P-256" : "P-384");
    } else if (kind == PKI_ED25519) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else {
        context = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
        pki_must(context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
                     EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)rsa_bits[kind]) == 1 &&
                     EVP_PKEY_generate(context, &key) == 1,
            "making an RSA key");
        EVP_PKEY_CTX_free(context);
    }
    pki_must(key != NULL, "making a key");
    return key;
}

/* The test runner starts a process per test; within one, slow keys are made once. */
static EVP_PKEY *get_key(const struct pki_spec *spec)
{
    static EVP_PKEY *made[PKI_KEY_KINDS][2];
    EVP_PKEY *key;

    if (spec->same_key_as != NULL) {
        key = spec->same_key_as->key;
    } else if (spec->fresh_key || spec->key < PKI_RSA_2048) {
        return new_key(spec->key);
    } else {
        if (made[spec->key][spec->ca] == NULL)
            made[spec->key][spec->ca] = new_key(spec->key);
        key = made[spec->key][spec->ca];
    }
    pki_must(EVP_PKEY_up_ref(key) == 1, "EVP_PKEY_up_ref");
    return key;
}

void pki_name_add(
    X509_NAME *name, const char *type, int asn1_type, const void *bytes, size_t length, bool joined)
{
    X509_NAME_ENTRY *entry = NULL;
    ASN1_OBJECT *object = OBJ_txt2obj(type, 0);

    pki_must(object != NULL, type);
    entry = X509_NAME_ENTRY_create_by_OBJ(NULL, object, asn1_type, bytes, (int)length);
    pki_must(entry != NULL && X509_NAME_add_entry(name, entry, -1, joined ? -1 : 0) == 1, type);
    X509_NAME_ENTRY_free(entry);
    ASN1_OBJECT_free(object);
}

struct name_part {
    char type[64];
    char value[1024];
    bool joined;
};

/* Reads one part of a name up to an unescaped comma or plus. Returns what follows. */
static const char *read_part(const char *at, struct name_part *part)
{
    size_t length = 0, type = strcspn(at, "=");

    pki_must(at[type] == '=' && type < sizeof(part->type), "reading the subject");
    memcpy(part->type, at, type);
    part->type[type] = '\0';
    for (at += type + 1; *at != '\0' && *at != ',' && *at != '+'; at++) {
        if (*at == '\\')
            at++;
        pki_must(*at != '\0' && length + 1 < sizeof(part->value), "reading the subject");
        part->value[length++] = *at;
    }
    part->value[length] = '\0';
    return at;
}

/* Names are written last part first, and stand in the certificate the other way round. */
static X509_NAME *make_name(const char *subject)
{
    struct name_part parts[32];
    X509_NAME *name = X509_NAME_new();
    const char *at = subject;
    size_t count = 0, end;

    pki_must(name != NULL, "X509_NAME_new");
    while (*at != '\0') {
        pki_must(count < 32, "reading the subject");
        parts[count].joined = at != subject && at[-1] == '+';
        at = read_part(at, &parts[count++]);
        if (*at != '\0')
            at++;
    }
    for (end = count; end > 0;) {
        size_t first = end - 1, i;

        while (parts[first].joined)
            first--;
        for (i = first; i < end; i++)
            pki_must(X509_NAME_add_entry_by_txt(name, parts[i].type, MBSTRING_UTF8,
                         (const unsigned char *)parts[i].value, -1, -1, i > first ? -1 : 0) == 1,
                "adding a part to the subject");
        end = first;
    }
    return name;
}

X509_EXTENSION *pki_extension(
    const char *line, const char *configuration, X509 *issuer, X509 *subject, X509_CRL *crl)
{
    X509_EXTENSION *extension = NULL;
    CONF *conf = NCONF_new(NULL);
    const char *equals = strchr(line, '=');
    BIO *bio = BIO_new_mem_buf(configuration != NULL ? configuration : "", -1);
    char name[128];
    X509V3_CTX context;
    long error_line = 0;

    pki_must(conf != NULL && bio != NULL && NCONF_load_bio(conf, bio, &error_line) == 1,
        "reading the configuration of an extension");
    pki_must(equals != NULL && (size_t)(equals - line) < sizeof(name), line);
    memcpy(name, line, (size_t)(equals - line));
    name[equals - line] = '\0';
    X509V3_set_ctx(&context, issuer, subject, NULL, crl, 0);
    X509V3_set_nconf(&context, conf);
    extension = X509V3_EXT_nconf(conf, &context, name, equals + 1);
    pki_must(extension != NULL, line);
    BIO_free(bio);
    NCONF_free(conf);
    return extension;
}

static bool is_listed(const struct pki_spec *spec, const char *name)
{
    size_t i, length = strlen(name);

    for (i = 0; i < PKI_MAX_EXTENSIONS && spec->extensions[i] != NULL; i++) {
        if (strncmp(spec->extensions[i], name, length) == 0 && spec->extensions[i][length] == '=')
            return true;
    }
    return false;
}

static void add_extension(
    X509 *certificate, X509 *issuer, const char *line, const char *configuration)
{
    X509_EXTENSION *extension = pki_extension(line, configuration, issuer, certificate, NULL);

    pki_must(X509_add_ext(certificate, extension, -1) == 1, line);
    X509_EXTENSION_free(extension);
}

static void add_default(X509 *certificate, X509 *issuer, const struct pki_spec *spec,
    const char *name, const char *value)
{
    char line[160];

    if (is_listed(spec, name))
        return;
    (void)snprintf(line, sizeof(line), "%s=%s", name, value);
    add_extension(certificate, issuer, line, NULL);
}

static void add_extensions(X509 *certificate, const struct pki_spec *spec)
{
    X509 *issuer = spec->issuer != NULL ? spec->issuer->certificate : certificate;
    char constraints[64] = "critical,CA:TRUE";
    size_t i;

    if (spec->pathlen_plus_one > 0)
        (void)snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d",
            spec->pathlen_plus_one - 1);
    if (!spec->no_extensions) {
        add_default(certificate, issuer, spec, "subjectKeyIdentifier", "hash");
        if (issuer != certificate && X509_get0_subject_key_id(issuer) != NULL)
            add_default(certificate, issuer, spec, "authorityKeyIdentifier", "keyid");
        if (spec->ca) {
            add_default(certificate, issuer, spec, "basicConstraints", constraints);
            add_default(certificate, issuer, spec, "keyUsage", "critical,keyCertSign,cRLSign");
        } else {
            add_default(certificate, issuer, spec, "keyUsage", "critical,digitalSignature");
            add_default(certificate, issuer, spec, "extendedKeyUsage", "clientAuth");
        }
    }
    for (i = 0; i < PKI_MAX_EXTENSIONS && spec->extensions[i] != NULL; i++) {
        /* "name=" alone takes a default away. */
        if (strchr(spec->extensions[i], '=')[1] != '\0')
            add_extension(certificate, issuer, spec->extensions[i], spec->configuration);
    }
}

void pki_add_raw_extension(
    X509 *certificate, const char *oid, bool critical, const void *bytes, size_t length)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;

    pki_must(
        object != NULL && value != NULL && ASN1_OCTET_STRING_set(value, bytes, (int)length) == 1,
        oid);
    extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
    pki_must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, oid);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

void pki_set_time(ASN1_TIME *time_field, const char *string, long offset, long standard)
{
    if (string == NULL) {
        pki_must(
            X509_time_adj(time_field, offset != 0 ? offset : standard, NULL) != NULL, "a date");
        return;
    }
    time_field->type = strlen(string) > 13 ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME;
    pki_must(ASN1_STRING_set(time_field, string, -1) == 1, string);
}

static void set_serial(X509 *certificate, const struct pki_spec *spec)
{
    static long next = 4096;
    BIGNUM *number = NULL;

    if (spec->serial_hex != NULL)
        pki_must(BN_hex2bn(&number, spec->serial_hex) > 0 &&
                     BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL,
            spec->serial_hex);
    else
        pki_must(ASN1_INTEGER_set(X509_get_serialNumber(certificate),
                     spec->serial != 0 ? spec->serial : next++) == 1,
            "the serial number");
    BN_free(number);
}

static void set_names(X509 *certificate, const struct pki_spec *spec)
{
    X509_NAME *name = NULL;

    if (spec->subject_name != NULL)
        name = X509_NAME_dup(spec->subject_name);
    else
        name = make_name(spec->subject != NULL ? spec->subject : "CN=test");
    pki_must(name != NULL && X509_set_subject_name(certificate, name) == 1, "the subject");
    pki_must(
        X509_set_issuer_name(certificate,
            spec->issuer != NULL ? X509_get_subject_name(spec->issuer->certificate) : name) == 1,
        "the issuer");
    X509_NAME_free(name);
}

struct pki *pki_make(const struct pki_spec *spec)
{
    struct pki *pki = calloc(1, sizeof(*pki));
    const EVP_MD *digest = EVP_get_digestbyname(spec->digest != NULL ? spec->digest : "sha256");
    int version = spec->version != 0 ? spec->version : 3;
    EVP_PKEY *signer;

    pki_must(pki != NULL && digest != NULL, "starting a certificate");
    pki->certificate = X509_new();
    pki->key = get_key(spec);
    pki_must(pki->certificate != NULL && X509_set_version(pki->certificate, version - 1) == 1 &&
                 X509_set_pubkey(pki->certificate, pki->key) == 1,
        "starting a certificate");
    set_serial(pki->certificate, spec);
    set_names(pki->certificate, spec);
    pki_set_time(
        X509_getm_notBefore(pki->certificate), spec->not_before_text, spec->not_before, -3600);
    pki_set_time(
        X509_getm_notAfter(pki->certificate), spec->not_after_text, spec->not_after, 365 * PKI_DAY);
    if (version == 3)
        add_extensions(pki->certificate, spec);
    if (spec->customise != NULL)
        spec->customise(pki->certificate, spec->context);
    signer = spec->issuer != NULL ? spec->issuer->key : pki->key;
    if (EVP_PKEY_is_a(signer, "ED25519"))
        digest = NULL;
    pki_must(X509_sign(pki->certificate, signer, digest) > 0, "signing a certificate");
    return pki;
}

void pki_free(struct pki *pki)
{
    if (pki == NULL)
        return;
    X509_free(pki->certificate);
    EVP_PKEY_free(pki->key);
    free(pki);
}

struct pki *pki_ca(const char *subject)
{
    return pki_make(&(struct pki_spec){.subject = subject, .ca = true});
}

struct pki *pki_client(const char *subject, const struct pki *issuer)
{
    return pki_make(&(struct pki_spec){.subject = subject, .issuer = issuer});
}

void pki_foreign_key(X509 *certificate, void *oid)
{
    static const unsigned char bytes[] = {0x02, 0x01, 0x05};
    unsigned char *copy = OPENSSL_memdup(bytes, sizeof(bytes));

    pki_must(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_txt2obj(oid, 1),
                 V_ASN1_UNDEF, NULL, copy, sizeof(bytes)) == 1,
        oid);
}

void pki_explicit_curve(X509 *certificate, void *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    (void)context;
    pki_must(key != NULL && EVP_PKEY_set_utf8_string_param(key, "encoding", "explicit") == 1 &&
                 X509_set_pubkey(certificate, key) == 1,
        "an EC key with explicit parameters");
    EVP_PKEY_free(key);
}
