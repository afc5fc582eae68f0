#include "certificate/bundle_pkcs12.h"
#include "certificate/alloc_watch.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

/* Takes the certificates out of an opened PKCS#12. They are encoded and decoded anew, so that
 * nothing of the legacy provider's library context stays behind. */
static bool add_pkcs12_parts(struct bundle *bundle, const char *name, X509 *own,
    STACK_OF(X509) * others, struct error *error)
{
    int i, count = others != NULL ? sk_X509_num(others) : 0;

    for (i = -1; i < count; i++) {
        X509 *certificate = i < 0 ? own : sk_X509_value(others, i);
        unsigned char *der = NULL;
        int length;
        bool good;

        if (certificate == NULL)
            continue;
        length = i2d_X509(certificate, &der);
        if (length <= 0)
            return bundle_refuse(
                error, name, "libcrypto could not encode a certificate of the PKCS#12");
        good = bundle_add_certificate(bundle, name, der, (size_t)length, error);
        OPENSSL_free(der);
        if (!good)
            return false;
    }
    return true;
}

/* Decodes with the given library context: NULL for the ordinary one. */
static bool open_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, OSSL_LIB_CTX *context, bool *worth_legacy, struct error *error)
{
    const unsigned char *at = file->data;
    PKCS12 *pkcs12 = PKCS12_init_ex(NID_pkcs7_data, context, NULL);
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    STACK_OF(X509) *others = NULL;
    bool good = false;

    *worth_legacy = false;
    if (pkcs12 == NULL || d2i_PKCS12(&pkcs12, &at, (long)file->length) == NULL ||
        at != file->data + file->length) {
        bundle_refuse(error, name, "it is no PEM, DER certificate, DER CRL or PKCS#12 file");
        goto out;
    }
    if (PKCS12_mac_present(pkcs12) && !PKCS12_verify_mac(pkcs12, password, -1) &&
        !(password == NULL && PKCS12_verify_mac(pkcs12, "", 0))) {
        bundle_refuse(error, name,
            password == NULL ? "this PKCS#12 needs a pass phrase: give --ca-password-file, or with "
                               "--check --password-file"
                             : "the pass phrase does not open this PKCS#12");
        goto out;
    }
    if (PKCS12_parse(pkcs12, password, &key, &certificate, &others) != 1) {
        bundle_refuse(error, name, "this PKCS#12 cannot be decrypted");
        *worth_legacy = error->kind != ERROR_MEMORY;
        goto out;
    }
    /* What it handed out for want of memory may not be all that the file holds. */
    if (alloc_watch_failed()) {
        bundle_refuse(error, name, "");
        goto out;
    }
    if (key != NULL)
        bundle->has_private_key = true;
    good = add_pkcs12_parts(bundle, name, certificate, others, error);

out:
    EVP_PKEY_free(key);
    X509_free(certificate);
    sk_X509_pop_free(others, X509_free);
    PKCS12_free(pkcs12);
    return good;
}

static bool open_legacy_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error)
{
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *legacy = NULL, *standard = NULL;
    bool good = false, again = false;

    if (context != NULL) {
        legacy = OSSL_PROVIDER_load(context, "legacy");
        standard = OSSL_PROVIDER_load(context, "default");
    }
    if (legacy == NULL || standard == NULL)
        bundle_refuse(error, name,
            "this PKCS#12 is encrypted in a way that needs OpenSSL's legacy provider, "
            "which cannot be loaded");
    else
        good = open_pkcs12(bundle, name, file, password, context, &again, error);
    if (standard != NULL)
        OSSL_PROVIDER_unload(standard);
    if (legacy != NULL)
        OSSL_PROVIDER_unload(legacy);
    OSSL_LIB_CTX_free(context);
    return good;
}

bool bundle_looks_like_pkcs12(const struct bytes *file)
{
    const unsigned char *data = file->data;
    size_t header;

    if (file->length < 8 || data[0] != 0x30)
        return false;
    header = data[1] < 0x80 || data[1] == 0x80 ? 2 : 2U + (data[1] & 0x7FU);
    return header + 3 <= file->length && data[header] == 0x02 && data[header + 1] == 0x01 &&
           data[header + 2] == 0x03;
}

bool bundle_add_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error)
{
    bool worth_legacy = false;

    return open_pkcs12(bundle, name, file, password, NULL, &worth_legacy, error) ||
           (worth_legacy && open_legacy_pkcs12(bundle, name, file, password, error));
}
