/* SPDX-License-Identifier: ISC */
#include "certificate/crl_extensions.h"
#include "certificate/alloc_watch.h"

#include <openssl/err.h>
#include <stdio.h>

/* Extensions that are read, each compared with all others. */
#define EXTENSIONS_MAX 64

static const struct known {
    int nid;
    bool may_be_critical; /* as libcrypto understands it */
    const char *unreadable;
} known[] = {
    {NID_authority_key_identifier, true,
        "its authorityKeyIdentifier cannot be read (RFC 5280 section 5.2.1)"},
    {NID_crl_number, false, "its cRLNumber cannot be read (RFC 5280 section 5.2.3)"},
    {NID_delta_crl, true, "its deltaCRLIndicator cannot be read (RFC 5280 section 5.2.4)"},
    {NID_issuing_distribution_point, true,
        "its issuingDistributionPoint cannot be read (RFC 5280 section 5.2.5)"},
    {NID_freshest_crl, false, "its freshestCRL cannot be read (RFC 5280 section 5.2.6)"},
    {NID_issuer_alt_name, false, "its issuerAltName cannot be read (RFC 5280 section 5.2.2)"},
};

static const struct known *find_known(int nid)
{
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].nid == nid)
            return &known[i];
    }
    return NULL;
}

/* To the last byte, unlike X509_EXTENSION_get0_data's users in libcrypto. NULL when it cannot be
 * read. */
static void *decode(X509_EXTENSION *extension, int nid)
{
    const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
    const unsigned char *at = ASN1_STRING_get0_data(data), *end = at + ASN1_STRING_length(data);
    ASN1_VALUE *value;

    if (method == NULL || method->it == NULL)
        return NULL;
    value = ASN1_item_d2i(NULL, &at, ASN1_STRING_length(data), ASN1_ITEM_ptr(method->it));
    if (value != NULL && at != end) {
        ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
        return NULL;
    }
    return value;
}

/* Keeps the value, or frees what nobody asks for. */
static void keep(struct crl_extensions *extensions, int nid, void *value)
{
    if (nid == NID_authority_key_identifier)
        extensions->authority_key = value;
    else if (nid == NID_crl_number)
        extensions->number = value;
    else if (nid == NID_delta_crl)
        extensions->base_number = value;
    else if (nid == NID_issuing_distribution_point)
        extensions->scope = value;
    else
        ASN1_item_free(value, ASN1_ITEM_ptr(X509V3_EXT_get_nid(nid)->it));
}

static const char *describe_unknown(struct crl_extensions *extensions, const ASN1_OBJECT *object)
{
    char dotted[64];

    if (OBJ_obj2txt(dotted, sizeof(dotted), object, 1) <= 0)
        dotted[0] = '\0';
    (void)snprintf(extensions->unknown, sizeof(extensions->unknown),
        "it has a critical extension that is not understood%s%s", dotted[0] != '\0' ? ": " : "",
        dotted);
    return extensions->unknown;
}

static const char *read_one(
    struct crl_extensions *extensions, const X509_CRL *crl, X509_EXTENSION *extension)
{
    ASN1_OBJECT *object = X509_EXTENSION_get_object(extension);
    int nid = OBJ_obj2nid(object);
    const struct known *row = find_known(nid);
    bool critical = X509_EXTENSION_get_critical(extension) != 0;
    void *value;

    if (X509_CRL_get_ext_by_OBJ(crl, object, X509_CRL_get_ext_by_OBJ(crl, object, -1)) >= 0)
        return "one of its extensions occurs twice (RFC 5280 section 4.2)";
    if (critical && (row == NULL || !row->may_be_critical))
        return describe_unknown(extensions, object);
    if (row == NULL)
        return NULL;
    value = decode(extension, nid);
    if (value == NULL)
        return row->unreadable;
    keep(extensions, nid, value);
    return NULL;
}

/* RFC 5280 section 5.2.5. An indirect CRL that names no certificateIssuer lists its own issuer's
 * certificates, as any other; one that names some is found by its entries. */
static const char *find_scope_fault(ISSUING_DIST_POINT *scope, const X509_CRL *crl)
{
    if (scope == NULL)
        return NULL;
    if ((scope->onlyuser > 0) + (scope->onlyCA > 0) + (scope->onlyattr > 0) > 1)
        return "its issuingDistributionPoint contradicts itself (RFC 5280 section 5.2.5)";
    if (scope->distpoint != NULL &&
        DIST_POINT_set_dpname(scope->distpoint, X509_CRL_get_issuer(crl)) != 1)
        return "the name in its issuingDistributionPoint cannot be read (RFC 5280 section 5.2.5)";
    return NULL;
}

bool crl_extensions_read(
    struct crl_extensions *extensions, const X509_CRL *crl, const char **fault, struct error *error)
{
    const char *its;
    int i;

    if (X509_CRL_get_ext_count(crl) > EXTENSIONS_MAX && *fault == NULL)
        *fault = "it has too many extensions";
    for (i = 0; i < X509_CRL_get_ext_count(crl) && i < EXTENSIONS_MAX; i++) {
        its = read_one(extensions, crl, X509_CRL_get_ext(crl, i));
        if (*fault == NULL)
            *fault = its;
    }
    its = find_scope_fault(extensions->scope, crl);
    if (*fault == NULL)
        *fault = its;
    if (alloc_watch_explains_errors()) {
        error_set(error, ERROR_MEMORY, "out of memory");
        return false;
    }
    return true;
}

void crl_extensions_free(struct crl_extensions *extensions)
{
    ASN1_INTEGER_free(extensions->number);
    ASN1_INTEGER_free(extensions->base_number);
    ISSUING_DIST_POINT_free(extensions->scope);
    AUTHORITY_KEYID_free(extensions->authority_key);
    *extensions = (struct crl_extensions){0};
}
