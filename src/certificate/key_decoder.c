/* SPDX-License-Identifier: ISC */
#include "certificate/key_decoder.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <string.h>

/* The usual kinds of keys. */
enum kind { KIND_RSA, KIND_EC, KIND_ED25519, KINDS };

/* What the context for a kind has of the default provider, by first names: each one more costs time
 * for each certificate. A key of another kind brings its own provider along when it verifies
 * something. The digest of what was signed comes from the default context, whose the signatures
 * are; those here are for X509_digest. */
static const struct choice {
    int nid; /* of the algorithm that a SubjectPublicKeyInfo names */
    const char *key, *signature;
} choices[KINDS] = {
    [KIND_RSA] = {EVP_PKEY_RSA, "RSA", "RSA"},
    [KIND_EC] = {EVP_PKEY_EC, "EC", "ECDSA"},
    [KIND_ED25519] = {EVP_PKEY_ED25519, "ED25519", "ED25519"},
};
static const char *const digests[] = {"SHA1", "SHA2-256"};
#define DIGESTS (sizeof(digests) / sizeof(digests[0]))

/* Set by key_decoder_start before there are threads, and immutable then: a library context has no
 * place for a pointer of ours. */
static struct {
    OSSL_PROVIDER *whole; /* the default provider, as the default context has it */
    OSSL_ALGORITHM digests[DIGESTS + 1];
    struct narrow {
        OSSL_ALGORITHM decoder[2], keymgmt[2], signature[2];
        OSSL_LIB_CTX *context;
        OSSL_PROVIDER *provider;
    } narrow[KINDS];
    enum kind begun; /* whose provider begins */
} shared;

static const OSSL_ALGORITHM *query(enum kind kind, int operation, int *no_cache)
{
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_DECODER:
        return shared.narrow[kind].decoder;
    case OSSL_OP_KEYMGMT:
        return shared.narrow[kind].keymgmt;
    case OSSL_OP_SIGNATURE:
        return shared.narrow[kind].signature;
    case OSSL_OP_DIGEST:
        return shared.digests;
    default:
        return OSSL_PROVIDER_query_operation(shared.whole, operation, no_cache);
    }
}

static const OSSL_ALGORITHM *query_rsa(void *context, int operation, int *no_cache)
{
    (void)context;
    return query(KIND_RSA, operation, no_cache);
}

static const OSSL_ALGORITHM *query_ec(void *context, int operation, int *no_cache)
{
    (void)context;
    return query(KIND_EC, operation, no_cache);
}

static const OSSL_ALGORITHM *query_ed25519(void *context, int operation, int *no_cache)
{
    (void)context;
    return query(KIND_ED25519, operation, no_cache);
}

/* provider-base(7). The default provider's functions expect its own context. */
static int begin_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **functions, void **context)
{
    static const OSSL_DISPATCH tables[KINDS][2] = {
        [KIND_RSA] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_rsa}},
        [KIND_EC] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_ec}},
        [KIND_ED25519] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_ed25519}},
    };

    (void)handle;
    (void)core;
    *functions = tables[shared.begun];
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

static bool choose_digests(void)
{
    size_t i;

    for (i = 0; i < DIGESTS; i++) {
        if (!choose(OSSL_OP_DIGEST, digests[i], &shared.digests[i]))
            return false;
    }
    return true;
}

/* Makes the context for a kind. */
static bool begin(enum kind kind)
{
    static const char name[] = "peercert-keys";
    const struct choice *choice = &choices[kind];
    struct narrow *narrow = &shared.narrow[kind];

    shared.begun = kind;
    narrow->context = OSSL_LIB_CTX_new();
    if (narrow->context != NULL && choose(OSSL_OP_DECODER, choice->key, narrow->decoder) &&
        choose(OSSL_OP_KEYMGMT, choice->key, narrow->keymgmt) &&
        choose(OSSL_OP_SIGNATURE, choice->signature, narrow->signature) &&
        OSSL_PROVIDER_add_builtin(narrow->context, name, begin_provider) == 1)
        narrow->provider = OSSL_PROVIDER_load(narrow->context, name);
    return narrow->provider != NULL;
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
    if (shared.whole == NULL || !choose_digests() || !begin(KIND_RSA) || !begin(KIND_EC) ||
        !begin(KIND_ED25519))
        key_decoder_stop();
    ERR_clear_error();
}

bool key_decoder_is_on(void)
{
    return shared.whole != NULL;
}

void key_decoder_stop(void)
{
    size_t kind;

    for (kind = 0; kind < KINDS; kind++) {
        if (shared.narrow[kind].provider != NULL)
            (void)OSSL_PROVIDER_unload(shared.narrow[kind].provider);
        OSSL_LIB_CTX_free(shared.narrow[kind].context);
    }
    if (shared.whole != NULL)
        (void)OSSL_PROVIDER_unload(shared.whole);
    memset(&shared, 0, sizeof(shared));
}

/* The context for a key; NULL when there is none. */
static const struct narrow *narrow_for(struct der_span key)
{
    struct der_span algorithm, identifier;
    size_t kind;

    if (!key_decoder_is_on() || !der_take(&key, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OBJECT_IDENTIFIER, &identifier))
        return NULL;
    for (kind = 0; kind < KINDS; kind++) {
        const ASN1_OBJECT *object = OBJ_nid2obj(choices[kind].nid);

        if (identifier.length == OBJ_length(object) &&
            memcmp(identifier.at, OBJ_get0_data(object), identifier.length) == 0)
            return &shared.narrow[kind];
    }
    return NULL;
}

/* A key that one of our decoders made, and none that libcrypto found otherwise. */
static bool is_of(const struct narrow *narrow, const EVP_PKEY *key)
{
    return key != NULL && EVP_PKEY_get0_provider(key) == narrow->provider;
}

X509 *key_decoder_read(const unsigned char **at, long length, struct der_span key)
{
    const struct narrow *narrow = narrow_for(key);
    const unsigned char *end = *at;
    X509 *certificate;

    if (narrow == NULL)
        return d2i_X509(NULL, at, length);
    certificate = X509_new_ex(narrow->context, NULL);
    if (certificate != NULL && d2i_X509(&certificate, &end, length) != NULL &&
        is_of(narrow, X509_get0_pubkey(certificate))) {
        *at = end;
        return certificate;
    }
    X509_free(certificate);
    return d2i_X509(NULL, at, length);
}
