/* SPDX-License-Identifier: ISC */
/* Makes many certificates, each another: of one EC key, signed by one EC CA.
 * Usage: mint COUNT CA.cer CA.key FILE. Writes each as two bytes of length and DER. */
#include "common.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#define MAX_DER 4096

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    bench_must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, "an extension");
    X509_EXTENSION_free(extension);
}

/* All but what makes one distinct from the others. */
static X509 *make_template(const X509 *ca, EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    bench_must(certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
                   X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1 &&
                   X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) != NULL &&
                   X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * 365) != NULL &&
                   X509_set_pubkey(certificate, key) == 1,
        "a certificate");
    add_extension(certificate, NID_basic_constraints, "CA:FALSE");
    add_extension(certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, NID_ext_key_usage, "clientAuth");
    return certificate;
}

static void make_distinct(X509 *certificate, long number)
{
    X509_NAME *name = X509_NAME_new();
    char words[32];

    (void)snprintf(words, sizeof(words), "client %07ld", number);
    bench_must(name != NULL &&
                   X509_NAME_add_entry_by_txt(
                       name, "CN", MBSTRING_UTF8, (unsigned char *)words, -1, -1, 0) == 1 &&
                   X509_set_subject_name(certificate, name) == 1 &&
                   ASN1_INTEGER_set_int64(
                       X509_get_serialNumber(certificate), (int64_t)number + 0x1000000) == 1,
        "a name");
    X509_NAME_free(name);
}

static void write_one(X509 *certificate, FILE *out)
{
    unsigned char der[2 + MAX_DER], *at = der + 2;
    int length = i2d_X509(certificate, NULL);

    bench_must(length > 0 && length <= MAX_DER && i2d_X509(certificate, &at) == length, "DER");
    der[0] = (unsigned char)(length >> 8);
    der[1] = (unsigned char)length;
    bench_must(fwrite(der, 1, 2 + (size_t)length, out) == 2 + (size_t)length, "write");
}

int main(int argc, char **argv)
{
    EVP_PKEY *key = EVP_EC_gen("P-256"), *ca_key;
    X509 *ca, *certificate;
    FILE *file, *out;
    long i;

    if (argc != 5)
        return 2;
    file = fopen(argv[2], "r");
    bench_must(file != NULL, argv[2]);
    ca = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    file = fopen(argv[3], "r");
    bench_must(file != NULL, argv[3]);
    ca_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    out = fopen(argv[4], "w");
    bench_must(ca != NULL && ca_key != NULL && key != NULL && out != NULL, argv[4]);
    certificate = make_template(ca, key);
    for (i = 0; i < strtol(argv[1], NULL, 10); i++) {
        make_distinct(certificate, i);
        bench_must(X509_sign(certificate, ca_key, EVP_sha256()) > 0, "X509_sign");
        write_one(certificate, out);
    }
    bench_must(fclose(out) == 0, "write");
    X509_free(certificate);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return 0;
}
