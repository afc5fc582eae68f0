#include "bundle.h"
#include "memory.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>

static bool say(struct error *error, const char *name, const char *what)
{
    if (error_queue_tells_of_memory())
        error_set(error, ERROR_MEMORY, "%s: want of memory", name);
    else
        error_set(error, ERROR_INPUT, "%s: %s", name, what);
    return false;
}

static bool add_certificate(
    struct bundle *bundle, const char *name, X509 *certificate, struct error *error)
{
    if (bundle->certificates == NULL)
        bundle->certificates = sk_X509_new_null();
    if (bundle->certificates == NULL || sk_X509_push(bundle->certificates, certificate) <= 0) {
        X509_free(certificate);
        error_set(error, ERROR_MEMORY, "%s: want of memory", name);
        return false;
    }
    return true;
}

static bool add_certificate_der(struct bundle *bundle, const char *name, const unsigned char *der,
    size_t length, struct error *error)
{
    struct error inner = {0};
    X509 *certificate = certificate_decode(der, length, &inner);

    if (certificate == NULL) {
        error_set(error, inner.kind, "%s: %s", name, inner.text);
        return false;
    }
    return add_certificate(bundle, name, certificate, error);
}

static bool add_crl_der(struct bundle *bundle, const char *name, const unsigned char *der,
    size_t length, struct error *error)
{
    const unsigned char *at = der;
    X509_CRL *crl;

    ERR_clear_error();
    memory_watch_clear();
    crl = d2i_X509_CRL(NULL, &at, (long)length);
    if (crl == NULL)
        return say(error, name, "it is not a DER CRL (RFC 5280 section 5.1)");
    if (at != der + length) {
        X509_CRL_free(crl);
        return say(error, name, "bytes follow the CRL");
    }
    if (bundle->crls == NULL)
        bundle->crls = sk_X509_CRL_new_null();
    if (bundle->crls == NULL || sk_X509_CRL_push(bundle->crls, crl) <= 0) {
        X509_CRL_free(crl);
        error_set(error, ERROR_MEMORY, "%s: want of memory", name);
        return false;
    }
    return true;
}

static bool add_pem_block(struct bundle *bundle, const char *name, const char *label,
    const unsigned char *data, size_t length, struct error *error)
{
    if (strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0)
        return add_certificate_der(bundle, name, data, length, error);
    if (strcmp(label, PEM_STRING_X509_CRL) == 0)
        return add_crl_der(bundle, name, data, length, error);
    if (strlen(label) >= 11 && strcmp(label + strlen(label) - 11, "PRIVATE KEY") == 0) {
        bundle->has_private_key = true;
        return true;
    }
    if (strcmp(label, PEM_STRING_X509_TRUSTED) == 0)
        return say(error, name,
            "a TRUSTED CERTIFICATE block is refused: its trust settings would change what is "
            "verified; convert it with openssl x509");
    if (strcmp(label, PEM_STRING_ECPARAMETERS) == 0 || strcmp(label, PEM_STRING_DHPARAMS) == 0)
        return true;
    return say(error, name, "it holds a PEM block that is neither certificate nor CRL");
}

static bool looks_like_pem(const struct bytes *file)
{
    return memmem(file->data, file->length, "-----BEGIN ", 11) != NULL;
}

static bool add_pem(
    struct bundle *bundle, const char *name, const struct bytes *file, struct error *error)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->length);
    size_t blocks = 0;
    bool good = bio != NULL;

    if (bio == NULL)
        return say(error, name, "libcrypto could not read it");
    while (good) {
        char *label = NULL, *header = NULL;
        unsigned char *data = NULL;
        long length = 0;

        ERR_clear_error();
        memory_watch_clear();
        if (PEM_read_bio(bio, &label, &header, &data, &length) != 1) {
            /* The end of the file, told apart from a block that is broken. */
            if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && blocks > 0 &&
                !memory_watch_failed())
                break;
            good = say(error, name, "a PEM block in it is broken");
            break;
        }
        blocks++;
        good = add_pem_block(bundle, name, label, data, (size_t)length, error);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)length);
    }
    ERR_clear_error();
    BIO_free(bio);
    return good;
}

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
            return say(error, name, "libcrypto could not encode a certificate of the PKCS#12");
        good = add_certificate_der(bundle, name, der, (size_t)length, error);
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
        say(error, name, "it is no PEM, DER certificate, DER CRL or PKCS#12 file");
        goto out;
    }
    if (PKCS12_mac_present(pkcs12) && !PKCS12_verify_mac(pkcs12, password, -1) &&
        !(password == NULL && PKCS12_verify_mac(pkcs12, "", 0))) {
        say(error, name,
            password == NULL ? "this PKCS#12 needs a pass phrase (a password file)"
                             : "the pass phrase does not open this PKCS#12");
        goto out;
    }
    if (PKCS12_parse(pkcs12, password, &key, &certificate, &others) != 1) {
        *worth_legacy = true;
        say(error, name, "this PKCS#12 cannot be decrypted");
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
        say(error, name,
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

/* True when the DER begins as PKCS#12 does: SEQUENCE { INTEGER 3, ... (RFC 7292 section 4). */
static bool looks_like_pkcs12(const struct bytes *file)
{
    const unsigned char *data = file->data;
    size_t header;

    if (file->length < 8 || data[0] != 0x30)
        return false;
    header = data[1] < 0x80 || data[1] == 0x80 ? 2 : 2U + (data[1] & 0x7FU);
    return header + 3 <= file->length && data[header] == 0x02 && data[header + 1] == 0x01 &&
           data[header + 2] == 0x03;
}

bool bundle_add(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error)
{
    bool worth_legacy = false, good;

    if (file->length == 0)
        return say(error, name, "the file is empty");
    if (file->length > INT_MAX)
        return say(error, name, "the file is too large");
    if (looks_like_pkcs12(file)) {
        ERR_clear_error();
        memory_watch_clear();
        good = open_pkcs12(bundle, name, file, password, NULL, &worth_legacy, error) ||
               (worth_legacy && open_legacy_pkcs12(bundle, name, file, password, error));
        ERR_clear_error();
        return good;
    }
    if (looks_like_pem(file))
        return add_pem(bundle, name, file, error);
    if (add_certificate_der(bundle, name, file->data, file->length, error))
        return true;
    if (error != NULL && error->kind == ERROR_MEMORY)
        return false;
    if (add_crl_der(bundle, name, file->data, file->length, error))
        return true;
    if (error != NULL && error->kind != ERROR_MEMORY)
        say(error, name, "it is no PEM, DER certificate, DER CRL or PKCS#12 file");
    return false;
}

void bundle_free(struct bundle *bundle)
{
    if (bundle == NULL)
        return;
    sk_X509_pop_free(bundle->certificates, X509_free);
    sk_X509_CRL_pop_free(bundle->crls, X509_CRL_free);
    *bundle = (struct bundle){0};
}
