/* SPDX-License-Identifier: ISC */
#include "hostile_made.h"
#include "certificate/certificate.h"
#include "common.h"
#include "unit/pki/pki.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

/* An RSA key with these bits and an exponent of so many, which need be no real one. */
static void set_rsa(X509 *certificate, int bits, int exponent_bits)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_new(), *e = BN_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    bench_must(builder != NULL && n != NULL && e != NULL && context != NULL &&
                   BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD) == 1 &&
                   BN_rand(e, exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1 &&
                   OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                   OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1,
        "an RSA key");
    parameters = OSSL_PARAM_BLD_to_param(builder);
    bench_must(parameters != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
                   EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1 &&
                   X509_set_pubkey(certificate, key) == 1,
        "an RSA key");
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
}

void make_long_exponent(X509 *certificate, void *context)
{
    (void)context;
    set_rsa(certificate, 3072, 3000);
}

void make_long_key(X509 *certificate, void *context)
{
    (void)context;
    set_rsa(certificate, CERTIFICATE_MAX_KEY_BITS, 64);
}

static void add_extensions(X509 *certificate, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        char oid[24];

        (void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.%d", i);
        pki_add_raw_extension(certificate, oid, false, "\x05\x00", 2);
    }
}

static void add_attributes(X509 *certificate, int count, bool joined)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));

    bench_must(name != NULL, "memory");
    while (X509_NAME_entry_count(name) < count)
        pki_name_add(name, "CN", V_ASN1_UTF8STRING, "a", 1, joined);
    bench_must(X509_set_subject_name(certificate, name) == 1, "a name");
    X509_NAME_free(name);
}

void make_many_extensions(X509 *certificate, void *context)
{
    (void)context;
    add_extensions(certificate, 2000);
}

void make_many_rdns(X509 *certificate, void *context)
{
    (void)context;
    add_attributes(certificate, 2000, false);
}

void make_many_in_one_rdn(X509 *certificate, void *context)
{
    (void)context;
    add_attributes(certificate, 2000, true);
}

/* So many names that are empty. */
static void add_names(X509 *certificate, size_t count)
{
    size_t length = 2 * count, i;
    unsigned char *value = malloc(4 + length);

    bench_must(value != NULL, "memory");
    memcpy(value, "\x30\x82", 2);
    value[2] = (unsigned char)(length >> 8);
    value[3] = (unsigned char)length;
    for (i = 0; i < count; i++)
        memcpy(value + 4 + 2 * i, "\x82\x00", 2);
    pki_add_raw_extension(certificate, "2.5.29.17", false, value, 4 + length);
    free(value);
}

void make_many_names(X509 *certificate, void *context)
{
    (void)context;
    add_names(certificate, 20000);
}

/* As much as is decoded. */
void make_at_the_limits(X509 *certificate, void *context)
{
    (void)context;
    add_attributes(certificate, (int)CERTIFICATE_MAX_ATTRIBUTES / 2, false);
    add_extensions(certificate, (int)CERTIFICATE_MAX_EXTENSIONS - 5);
    add_names(certificate, CERTIFICATE_MAX_VALUES - 100);
}
