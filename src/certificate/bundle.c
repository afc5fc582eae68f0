#include "certificate/bundle.h"
#include "certificate/alloc_watch.h"
#include "certificate/bundle_pkcs12.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

bool bundle_refuse(struct error *error, const char *name, const char *what)
{
    if (alloc_watch_explains_errors())
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

bool bundle_add_certificate(struct bundle *bundle, const char *name, const unsigned char *der,
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
    struct error inner = {0};
    struct crl *crl = crl_decode(der, length, &inner), **crls;

    if (crl == NULL) {
        error_set(error, inner.kind, "%s: %s", name, inner.text);
        return false;
    }
    crls = realloc(bundle->crls, (bundle->crl_count + 1) * sizeof(struct crl *));
    if (crls == NULL) {
        crl_free(crl);
        error_set(error, ERROR_MEMORY, "%s: out of memory", name);
        return false;
    }
    bundle->crls = crls;
    bundle->crls[bundle->crl_count++] = crl;
    return true;
}

static bool add_pem_block(struct bundle *bundle, const char *name, const char *label,
    const unsigned char *data, size_t length, struct error *error)
{
    if (strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0)
        return bundle_add_certificate(bundle, name, data, length, error);
    if (strcmp(label, PEM_STRING_X509_CRL) == 0)
        return add_crl_der(bundle, name, data, length, error);
    if (strlen(label) >= 11 && strcmp(label + strlen(label) - 11, "PRIVATE KEY") == 0) {
        bundle->has_private_key = true;
        return true;
    }
    if (strcmp(label, PEM_STRING_X509_TRUSTED) == 0)
        return bundle_refuse(error, name,
            "a TRUSTED CERTIFICATE block is refused: its trust settings would change what is "
            "verified; convert it with openssl x509");
    if (strcmp(label, PEM_STRING_ECPARAMETERS) == 0 || strcmp(label, PEM_STRING_DHPARAMS) == 0)
        return true;
    return bundle_refuse(error, name, "it holds a PEM block that is neither certificate nor CRL");
}

/* How often a PEM block begins, well written or not: libcrypto passes over a line that it does not
 * take for a beginning, and with it over a certificate or a CRL. */
static size_t count_beginnings(const struct bytes *file)
{
    static const char beginning[] = "-BEGIN ";
    const unsigned char *at = file->data, *end = file->data + file->length;
    size_t count = 0;

    while ((at = memmem(at, (size_t)(end - at), beginning, sizeof(beginning) - 1)) != NULL) {
        at += sizeof(beginning) - 1;
        count++;
    }
    return count;
}

/* PEM may stand within text, but no text begins with a SEQUENCE and a byte above 0x7F, the long or
 * indefinite length that DER of this size has; and a DER certificate may hold what looks like PEM.
 */
static bool looks_like_pem(const struct bytes *file)
{
    bool is_der = file->length >= 2 && file->data[0] == 0x30 && file->data[1] >= 0x80;

    return !is_der && count_beginnings(file) > 0;
}

/* The blocks one after the other, to the end of the file. */
static bool add_pem_blocks(
    struct bundle *bundle, const char *name, BIO *bio, size_t expected, struct error *error)
{
    size_t blocks = 0;
    bool good = true;

    while (good) {
        char *label = NULL, *header = NULL;
        unsigned char *data = NULL;
        long length = 0;

        ERR_clear_error();
        alloc_watch_clear();
        if (PEM_read_bio(bio, &label, &header, &data, &length) != 1) {
            /* The end of the file, told apart from a block that is broken. */
            if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE &&
                blocks == expected && !alloc_watch_failed())
                break;
            good = bundle_refuse(error, name, "a PEM block in it is broken");
            break;
        }
        blocks++;
        good = add_pem_block(bundle, name, label, data, (size_t)length, error);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)length);
    }
    return good;
}

static bool add_pem(
    struct bundle *bundle, const char *name, const struct bytes *file, struct error *error)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->length);
    bool good;

    if (bio == NULL)
        return bundle_refuse(error, name, "libcrypto could not read it");
    good = add_pem_blocks(bundle, name, bio, count_beginnings(file), error);
    BIO_free(bio);
    return good;
}

static bool add_der(
    struct bundle *bundle, const char *name, const struct bytes *file, struct error *error)
{
    struct error certificate = {0}, crl = {0};

    if (bundle_add_certificate(bundle, "as a certificate", file->data, file->length, &certificate))
        return true;
    if (certificate.kind == ERROR_INPUT &&
        add_crl_der(bundle, "as a CRL", file->data, file->length, &crl))
        return true;
    if (certificate.kind != ERROR_INPUT || crl.kind != ERROR_INPUT)
        error_set(error, certificate.kind != ERROR_INPUT ? certificate.kind : crl.kind,
            "%s: want of memory", name);
    else
        error_set(error, ERROR_INPUT,
            "%s: it is no PEM, DER certificate, DER CRL or PKCS#12 file (%s; %s)", name,
            certificate.text, crl.text);
    return false;
}

bool bundle_add(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error)
{
    struct error inner = {0};
    bool good;

    ERR_clear_error();
    alloc_watch_clear();
    if (file->length == 0)
        good = bundle_refuse(&inner, name, "the file is empty");
    else if (file->length > INT_MAX)
        good = bundle_refuse(&inner, name, "the file is too large");
    else if (bundle_looks_like_pkcs12(file))
        good = bundle_add_pkcs12(bundle, name, file, password, &inner);
    else if (looks_like_pem(file))
        good = add_pem(bundle, name, file, &inner);
    else
        good = add_der(bundle, name, file, &inner);
    ERR_clear_error();
    if (!good && error != NULL)
        *error = inner;
    return good;
}

void bundle_free(struct bundle *bundle)
{
    if (bundle == NULL)
        return;
    sk_X509_pop_free(bundle->certificates, X509_free);
    while (bundle->crl_count > 0)
        crl_free(bundle->crls[--bundle->crl_count]);
    free(bundle->crls);
    *bundle = (struct bundle){0};
}
