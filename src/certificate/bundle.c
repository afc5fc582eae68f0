/* SPDX-License-Identifier: ISC */
#include "certificate/bundle.h"
#include "certificate/alloc_watch.h"
#include "certificate/bundle_add.h"
#include "certificate/bundle_pem.h"
#include "certificate/bundle_pkcs12.h"
#include "certificate/content.h"
#include "certificate/der.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

/* What to do with a block that is given in a certificate's place. */
static const char *block_advice(const char *label)
{
    static const struct {
        const char *label, *words;
    } known[] = {
        {"PKCS7", ": take the certificates out with openssl pkcs7 -print_certs"},
        {"CMS", ": take the certificates out with openssl cms"},
        {"CERTIFICATE REQUEST", ": give the certificate that was made from the request"},
        {"NEW CERTIFICATE REQUEST", ": give the certificate that was made from the request"},
    };
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(label, known[i].label) == 0)
            return known[i].words;
    }
    return "";
}

static bool add_pem_block(struct bundle *bundle, const char *name, const char *label,
    const unsigned char *data, size_t length, struct error *error)
{
    if (strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0)
        return bundle_add_certificate(bundle, name, data, length, error);
    if (strcmp(label, PEM_STRING_X509_CRL) == 0)
        return bundle_add_crl(bundle, name, data, length, error);
    if (bundle_is_private_key(label)) {
        bundle->has_private_key = true;
        return true;
    }
    if (strcmp(label, PEM_STRING_X509_TRUSTED) == 0)
        return bundle_refuse(error, name,
            "a TRUSTED CERTIFICATE block is refused: its trust settings would change what is "
            "verified; convert it with openssl x509");
    if (strcmp(label, PEM_STRING_ECPARAMETERS) == 0 || strcmp(label, PEM_STRING_DHPARAMS) == 0)
        return true;
    error_set(error, ERROR_INPUT, "%s: it holds a PEM block '%s', neither certificate nor CRL%s",
        name, label, block_advice(label));
    return false;
}

static bool add_der(
    struct bundle *bundle, const char *name, const struct bytes *file, struct error *error)
{
    struct error certificate = {0}, crl = {0};

    if (bundle_add_certificate(bundle, "as a certificate", file->data, file->length, &certificate))
        return true;
    if (certificate.kind == ERROR_INPUT &&
        bundle_add_crl(bundle, "as a CRL", file->data, file->length, &crl))
        return true;
    if (certificate.kind != ERROR_INPUT || crl.kind != ERROR_INPUT)
        error_set(error, certificate.kind != ERROR_INPUT ? certificate.kind : crl.kind,
            "%s: out of memory", name);
    else if (content_file_words(file->data, file->length) != NULL)
        error_set(
            error, ERROR_INPUT, "%s: it is %s", name, content_file_words(file->data, file->length));
    else
        error_set(error, ERROR_INPUT,
            "%s: it is not a PEM, DER certificate, DER CRL or PKCS#12 file (%s; %s)", name,
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
    else if (bundle_looks_like_pem(file))
        good = bundle_read_pem(bundle, name, file, add_pem_block, &inner);
    else
        good = add_der(bundle, name, file, &inner);
    ERR_clear_error();
    if (!good && error != NULL)
        *error = inner;
    return good;
}

static bool add_crl_block(struct bundle *bundle, const char *name, const char *label,
    const unsigned char *data, size_t length, struct error *error)
{
    (void)label;
    return bundle_add_crl(bundle, name, data, length, error);
}

void bundle_salvage_crls(struct bundle *bundle, const struct bytes *file)
{
    struct der_element element;

    if (bundle_looks_like_pem(file))
        bundle_salvage_pem(bundle, file, PEM_STRING_X509_CRL, add_crl_block);
    else if (der_read_element(file->data, file->length, &element) &&
             element.content <= file->length - element.header)
        (void)bundle_add_crl(bundle, "", file->data, element.header + element.content, NULL);
    ERR_clear_error();
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
