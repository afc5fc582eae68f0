/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"

#include <ftw.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_revoked(X509_CRL *crl, const struct pki_revoked *line)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *serial = line->certificate != NULL
                               ? ASN1_INTEGER_dup(X509_get0_serialNumber(line->certificate))
                               : ASN1_INTEGER_new();
    ASN1_TIME *date = X509_time_adj(NULL, line->date != 0 ? line->date : -3600, NULL);
    ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

    pki_must(revoked != NULL && serial != NULL && date != NULL && reason != NULL, "revoking");
    if (line->certificate == NULL)
        pki_must(ASN1_INTEGER_set(serial, line->serial) == 1, "revoking");
    pki_must(X509_REVOKED_set_serialNumber(revoked, serial) == 1 &&
                 X509_REVOKED_set_revocationDate(revoked, date) == 1,
        "revoking");
    if (line->reason != 0)
        pki_must(ASN1_ENUMERATED_set(reason, line->reason) == 1 &&
                     X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0) == 1,
            "the reason of a revocation");
    pki_must(X509_CRL_add0_revoked(crl, revoked) == 1, "revoking");
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(date);
    ASN1_ENUMERATED_free(reason);
}

static void add_number(X509_CRL *crl, int nid, long number)
{
    ASN1_INTEGER *value = ASN1_INTEGER_new();

    pki_must(value != NULL && ASN1_INTEGER_set(value, number) == 1 &&
                 X509_CRL_add1_ext_i2d(crl, nid, value, nid == NID_delta_crl, 0) == 1,
        "the number of a CRL");
    ASN1_INTEGER_free(value);
}

static bool names_key(const struct pki_crl_spec *spec)
{
    size_t i;

    for (i = 0; i < sizeof(spec->extensions) / sizeof(spec->extensions[0]); i++) {
        if (spec->extensions[i] != NULL &&
            (strncmp(spec->extensions[i], "authorityKeyIdentifier=", 23) == 0 ||
                strncmp(spec->extensions[i], "2.5.29.35=", 10) == 0))
            return true;
    }
    return false;
}

static void add_crl_extensions(X509_CRL *crl, const struct pki_crl_spec *spec)
{
    size_t i;

    if (spec->number >= 0)
        add_number(crl, NID_crl_number, spec->number != 0 ? spec->number : 1);
    if (spec->delta_base_plus_one > 0)
        add_number(crl, NID_delta_crl, spec->delta_base_plus_one - 1);
    if (X509_get0_subject_key_id(spec->issuer->certificate) != NULL && !names_key(spec)) {
        X509_EXTENSION *extension = pki_extension(
            "authorityKeyIdentifier=keyid", NULL, spec->issuer->certificate, NULL, crl);

        pki_must(X509_CRL_add_ext(crl, extension, -1) == 1, "the key identifier of a CRL");
        X509_EXTENSION_free(extension);
    }
    for (i = 0; i < sizeof(spec->extensions) / sizeof(spec->extensions[0]); i++) {
        X509_EXTENSION *extension;

        if (spec->extensions[i] == NULL)
            break;
        if (strcmp(spec->extensions[i], "authorityKeyIdentifier=") == 0)
            continue;
        extension = pki_extension(
            spec->extensions[i], spec->configuration, spec->issuer->certificate, NULL, crl);
        pki_must(X509_CRL_add_ext(crl, extension, -1) == 1, spec->extensions[i]);
        X509_EXTENSION_free(extension);
    }
}

X509_CRL *pki_crl(const struct pki_crl_spec *spec)
{
    X509_CRL *crl = X509_CRL_new();
    const EVP_MD *digest = EVP_get_digestbyname(spec->digest != NULL ? spec->digest : "sha256");
    ASN1_TIME *date = ASN1_TIME_new();
    size_t i;

    pki_must(
        crl != NULL && digest != NULL && date != NULL &&
            X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
            X509_CRL_set_issuer_name(crl, X509_get_subject_name(spec->issuer->certificate)) == 1,
        "starting a CRL");
    pki_set_time(date, spec->this_update_text, spec->this_update, -3600);
    pki_must(X509_CRL_set1_lastUpdate(crl, date) == 1, "thisUpdate of a CRL");
    pki_set_time(date, spec->next_update_text, spec->next_update, 30 * PKI_DAY);
    if (!spec->no_next_update)
        pki_must(X509_CRL_set1_nextUpdate(crl, date) == 1, "nextUpdate of a CRL");
    ASN1_TIME_free(date);
    for (i = 0; i < spec->revoked_count; i++)
        add_revoked(crl, &spec->revoked[i]);
    add_crl_extensions(crl, spec);
    if (EVP_PKEY_is_a(spec->issuer->key, "ED25519"))
        digest = NULL;
    pki_must(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, spec->issuer->key, digest) > 0,
        "signing a CRL");
    return crl;
}

static char *take_bio(BIO *bio)
{
    char *data = NULL, *copy;
    long length = BIO_get_mem_data(bio, &data);

    pki_must(length > 0, "writing PEM");
    copy = strndup(data, (size_t)length);
    pki_must(copy != NULL, "strndup");
    BIO_free(bio);
    return copy;
}

char *pki_pem(const X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());

    pki_must(bio != NULL && PEM_write_bio_X509(bio, certificate) == 1, "writing PEM");
    return take_bio(bio);
}

char *pki_key_pem(const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    pki_must(bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1,
        "writing PEM");
    return take_bio(bio);
}

char *pki_crl_pem(const X509_CRL *crl)
{
    BIO *bio = BIO_new(BIO_s_mem());

    pki_must(bio != NULL && PEM_write_bio_X509_CRL(bio, crl) == 1, "writing PEM");
    return take_bio(bio);
}

/* Copies what libcrypto allocated, so that callers always use free(). */
static unsigned char *take_der(unsigned char *der, int size, size_t *length)
{
    unsigned char *copy;

    pki_must(size > 0, "writing DER");
    copy = malloc((size_t)size);
    pki_must(copy != NULL, "malloc");
    memcpy(copy, der, (size_t)size);
    *length = (size_t)size;
    OPENSSL_free(der);
    return copy;
}

unsigned char *pki_der(const X509 *certificate, size_t *length)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);

    return take_der(der, size, length);
}

unsigned char *pki_crl_der(const X509_CRL *crl, size_t *length)
{
    unsigned char *der = NULL;
    int size = i2d_X509_CRL(crl, &der);

    return take_der(der, size, length);
}

X509 *pki_decoded(const struct pki *pki)
{
    size_t length = 0;
    unsigned char *der = pki_der(pki->certificate, &length);
    const unsigned char *at = der;
    X509 *certificate = d2i_X509(NULL, &at, (long)length);

    pki_must(certificate != NULL, "decoding a certificate");
    free(der);
    return certificate;
}

unsigned char *pki_p12(
    const struct pki *pki, X509 *const *chain, const char *password, bool legacy, size_t *length)
{
    /* RC2-40 lives in the legacy provider, which the process under test shall not get. */
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(library, "default");
    OSSL_PROVIDER *old = OSSL_PROVIDER_load(library, "legacy");
    STACK_OF(X509) *others = sk_X509_new_null();
    PKCS12 *p12 = NULL;
    unsigned char *der = NULL;
    int size;

    pki_must(library != NULL && standard != NULL && old != NULL && others != NULL,
        "loading the legacy provider");
    for (; chain != NULL && *chain != NULL; chain++)
        pki_must(sk_X509_push(others, *chain) > 0, "sk_X509_push");
    p12 = PKCS12_create_ex(password, "test", pki != NULL ? pki->key : NULL,
        pki != NULL ? pki->certificate : NULL, others,
        legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0,
        legacy ? NID_pbe_WithSHA1And40BitRC2_CBC : 0, 2048, 2048, 0, library, NULL);
    pki_must(p12 != NULL, "PKCS12_create_ex");
    size = i2d_PKCS12(p12, &der);
    PKCS12_free(p12);
    sk_X509_free(others);
    OSSL_PROVIDER_unload(old);
    OSSL_PROVIDER_unload(standard);
    OSSL_LIB_CTX_free(library);
    return take_der(der, size, length);
}

char *pki_temp_dir(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = NULL;

    pki_must(asprintf(&dir, "%s/peercert-test-XXXXXX", base != NULL ? base : "/tmp") > 0 &&
                 mkdtemp(dir) != NULL,
        "making a temporary folder");
    return dir;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void pki_remove_dir(char *dir)
{
    if (dir == NULL)
        return;
    pki_must(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, "removing a temporary folder");
    free(dir);
}

char *pki_path(const char *dir, const char *name)
{
    char *path = NULL;

    pki_must(asprintf(&path, "%s/%s", dir, name) > 0, "asprintf");
    return path;
}

char *pki_write_file(const char *dir, const char *name, const void *bytes, size_t length)
{
    char *path = pki_path(dir, name);
    FILE *file = fopen(path, "wb");

    pki_must(file != NULL, path);
    pki_must(fwrite(bytes, 1, length, file) == length, path);
    pki_must(fclose(file) == 0, path);
    return path;
}

char *pki_write_text(const char *dir, const char *name, const char *string)
{
    return pki_write_file(dir, name, string, strlen(string));
}
