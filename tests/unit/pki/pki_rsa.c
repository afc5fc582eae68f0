/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki_rsa.h"
#include "unit/pki/pki.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

EVP_PKEY *pki_rsa(int bits)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    pki_must(EVP_PKEY_keygen_init(context) == 1 &&
                 EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1 &&
                 EVP_PKEY_CTX_set_rsa_keygen_primes(context, bits < 4096 ? 3 : 4) == 1 &&
                 EVP_PKEY_generate(context, &key) == 1,
        "an RSA key");
    EVP_PKEY_CTX_free(context);
    return key;
}

EVP_PKEY *pki_rsa_with(const BIGNUM *e, const BIGNUM *d)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *n = BN_new();
    OSSL_PARAM *parameters;
    EVP_PKEY *key = NULL;

    pki_must(BN_rand(n, 2048, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD) == 1 &&
                 OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                 OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
                 (d == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, d) == 1),
        "numbers of an RSA key");
    parameters = OSSL_PARAM_BLD_to_param(builder);
    pki_must(EVP_PKEY_fromdata_init(context) == 1 &&
                 EVP_PKEY_fromdata(context, &key,
                     d != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) == 1,
        "an RSA key");
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    return key;
}

void pki_give_key(X509 *certificate, void *context)
{
    pki_must(X509_set_pubkey(certificate, context) == 1, "X509_set_pubkey");
}
