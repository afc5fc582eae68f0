/* SPDX-License-Identifier: ISC */
#include "certificate/key_decoder.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>

static const char provider_name[] = "peercert-keys";

/* What the context has of the default provider, by first names: for the usual keys, and for all
 * that may be signed with them. Each one more costs time for each certificate. A key of another
 * kind brings its own provider along when it verifies something. */
#define MOST_CHOSEN 13
static const struct choice {
    int operation;
    const char *names[MOST_CHOSEN + 1];
} choices[] = {
    {OSSL_OP_DECODER, {"RSA", "EC", "ED25519"}},
    {OSSL_OP_KEYMGMT, {"RSA", "EC", "ED25519"}},
    {OSSL_OP_SIGNATURE, {"RSA", "ECDSA", "ED25519"}},
    {OSSL_OP_DIGEST,
        {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512", "SHA2-512/224", "SHA2-512/256",
            "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "MD5", "RIPEMD-160"}},
};
#define CHOICES (sizeof(choices) / sizeof(choices[0]))

/* Set by key_decoder_start before there are threads, and immutable then: a library context has no
 * place for a pointer of ours. */
static struct {
    OSSL_PROVIDER *whole; /* the default provider, as the default context has it */
    OSSL_ALGORITHM chosen[CHOICES][MOST_CHOSEN + 1];
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *narrow;
} shared;

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    size_t i;

    (void)context;
    *no_cache = 0;
    for (i = 0; i < CHOICES; i++) {
        if (choices[i].operation == operation)
            return shared.chosen[i];
    }
    return OSSL_PROVIDER_query_operation(shared.whole, operation, no_cache);
}

/* provider-base(7). The default provider's functions expect its own context. */
static int begin_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **functions, void **context)
{
    static const OSSL_DISPATCH table[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query}, {0, NULL}};

    (void)handle;
    (void)core;
    *functions = table;
    *context = OSSL_PROVIDER_get0_provider_ctx(shared.whole);
    return 1;
}

/* An algorithm's names are separated by colons. */
static bool has_first_name(const OSSL_ALGORITHM *algorithm, const char *name)
{
    size_t length = strcspn(algorithm->algorithm_names, ":");

    return strlen(name) == length && strncmp(algorithm->algorithm_names, name, length) == 0;
}

static bool reads_public_keys(const OSSL_ALGORITHM *decoder)
{
    return strstr(decoder->property_definition, "input=der") != NULL &&
           strstr(decoder->property_definition, "structure=SubjectPublicKeyInfo") != NULL;
}

/* False when the default provider does not have it. */
static bool choose(int operation, const char *name, OSSL_ALGORITHM *chosen)
{
    int no_cache = 0;
    const OSSL_ALGORITHM *at = OSSL_PROVIDER_query_operation(shared.whole, operation, &no_cache);

    for (; at != NULL && at->algorithm_names != NULL; at++) {
        if (has_first_name(at, name) && (operation != OSSL_OP_DECODER || reads_public_keys(at))) {
            *chosen = *at;
            return true;
        }
    }
    return false;
}

static bool choose_all(void)
{
    size_t i, j;

    for (i = 0; i < CHOICES; i++) {
        for (j = 0; choices[i].names[j] != NULL; j++) {
            if (!choose(choices[i].operation, choices[i].names[j], &shared.chosen[i][j]))
                return false;
        }
    }
    return true;
}

static int note_other(OSSL_PROVIDER *provider, void *others)
{
    if (strcmp(OSSL_PROVIDER_get0_name(provider), "default") != 0)
        *(bool *)others = true;
    return 1;
}

/* Whether the operator has left libcrypto as it comes. */
static bool is_plain(void)
{
    bool others = false;

    return OSSL_PROVIDER_available(NULL, "default") == 1 &&
           OSSL_PROVIDER_do_all(NULL, note_other, &others) == 1 && !others &&
           EVP_default_properties_is_fips_enabled(NULL) == 0;
}

void key_decoder_start(void)
{
    if (key_decoder_is_on() || !is_plain())
        return;
    shared.whole = OSSL_PROVIDER_load(NULL, "default");
    shared.context = OSSL_LIB_CTX_new();
    if (shared.whole != NULL && shared.context != NULL && choose_all() &&
        OSSL_PROVIDER_add_builtin(shared.context, provider_name, begin_provider) == 1)
        shared.narrow = OSSL_PROVIDER_load(shared.context, provider_name);
    if (shared.narrow == NULL)
        key_decoder_stop();
    ERR_clear_error();
}

bool key_decoder_is_on(void)
{
    return shared.narrow != NULL;
}

void key_decoder_stop(void)
{
    if (shared.narrow != NULL)
        (void)OSSL_PROVIDER_unload(shared.narrow);
    OSSL_LIB_CTX_free(shared.context);
    if (shared.whole != NULL)
        (void)OSSL_PROVIDER_unload(shared.whole);
    memset(&shared, 0, sizeof(shared));
}

/* A key that one of our decoders made, and none that libcrypto found otherwise. */
static bool is_ours(const EVP_PKEY *key)
{
    const OSSL_PROVIDER *provider = key != NULL ? EVP_PKEY_get0_provider(key) : NULL;

    return provider != NULL && strcmp(OSSL_PROVIDER_get0_name(provider), provider_name) == 0;
}

X509 *key_decoder_read(const unsigned char **at, long length)
{
    const unsigned char *end = *at;
    X509 *certificate;

    if (!key_decoder_is_on())
        return d2i_X509(NULL, at, length);
    certificate = X509_new_ex(shared.context, NULL);
    if (certificate != NULL && d2i_X509(&certificate, &end, length) != NULL &&
        is_ours(X509_get0_pubkey(certificate))) {
        *at = end;
        return certificate;
    }
    X509_free(certificate);
    return d2i_X509(NULL, at, length);
}
