/* SPDX-License-Identifier: ISC */
#include "certificate/bundle_add.h"
#include "certificate/alloc_watch.h"
#include "certificate/certificate.h"

#include <stdlib.h>

bool bundle_refuse(struct error *error, const char *name, const char *what)
{
    if (alloc_watch_explains_errors())
        error_set(error, ERROR_MEMORY, "%s: out of memory", name);
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
        error_set(error, ERROR_MEMORY, "%s: out of memory", name);
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

bool bundle_add_crl(struct bundle *bundle, const char *name, const unsigned char *der,
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
