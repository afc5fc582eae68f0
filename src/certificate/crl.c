/* SPDX-License-Identifier: ISC */
#include "certificate/crl.h"
#include "certificate/alloc_watch.h"
#include "certificate/crl_entries.h"
#include "certificate/crl_extensions.h"
#include "certificate/der.h"
#include "certificate/identity.h"
#include "certificate/signature_bits.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a list without its entries, at the most. */
#define FRAME_MAX ((size_t)1024 * 1024)

struct crl {
    X509_CRL *frame; /* the list without its entries */
    struct crl_entries entries;
    struct crl_extensions extensions;
    const char *fault;
    int signature_bits;
    ASN1_TYPE *encoding; /* the tbsCertList, until it is forgotten */
};

/* The parts of CertificateList and TBSCertList (RFC 5280 section 5.1). */
struct layout {
    struct der_span tbs;              /* with its header */
    struct der_span before, after;    /* of tbs's content, beside revokedCertificates */
    struct der_span revoked;          /* content of revokedCertificates */
    struct der_span issuer;           /* with its header */
    struct der_span algorithm, inner; /* outside, and in tbs; with headers */
    struct der_span signature;        /* with its header */
};

/* As der_take, with the header in what is taken. */
static bool take_whole(struct der_span *from, unsigned char tag, struct der_span *whole)
{
    struct der_span content;
    const unsigned char *begins = from->at;

    if (!der_take(from, tag, &content))
        return false;
    *whole = (struct der_span){begins, (size_t)(from->at - begins)};
    return true;
}

static bool next_is(const struct der_span *from, unsigned char tag)
{
    return from->length > 0 && from->at[0] == tag;
}

static bool skip_date(struct der_span *from)
{
    struct der_span date;

    return der_take(from, V_ASN1_UTCTIME, &date) || der_take(from, V_ASN1_GENERALIZEDTIME, &date);
}

static bool split_tbs(struct der_span tbs, struct layout *layout)
{
    struct der_span whole = tbs, ignored;

    if (next_is(&tbs, DER_INTEGER) && !der_take(&tbs, DER_INTEGER, &ignored))
        return false;
    if (!take_whole(&tbs, DER_SEQUENCE, &layout->inner) ||
        !take_whole(&tbs, DER_SEQUENCE, &layout->issuer) || !skip_date(&tbs))
        return false;
    (void)skip_date(&tbs);
    layout->before = (struct der_span){whole.at, (size_t)(tbs.at - whole.at)};
    layout->revoked = (struct der_span){tbs.at, 0};
    if (next_is(&tbs, DER_SEQUENCE) && !der_take(&tbs, DER_SEQUENCE, &layout->revoked))
        return false;
    layout->after = tbs;
    return true;
}

static bool split(const unsigned char *der, size_t length, struct layout *layout)
{
    struct der_span whole = {der, length}, list, tbs;

    if (!der_take(&whole, DER_SEQUENCE, &list) || whole.length != 0 ||
        !take_whole(&list, DER_SEQUENCE, &layout->tbs) ||
        !take_whole(&list, DER_SEQUENCE, &layout->algorithm) ||
        !take_whole(&list, DER_BIT_STRING, &layout->signature) || list.length != 0)
        return false;
    whole = layout->tbs;
    return der_take(&whole, DER_SEQUENCE, &tbs) && split_tbs(tbs, layout);
}

static void put(unsigned char **to, struct der_span part)
{
    memcpy(*to, part.at, part.length);
    *to += part.length;
}

/* The list without its entries, for libcrypto. NULL when it is no CRL, or out of memory. */
static X509_CRL *decode_frame(const struct layout *layout)
{
    size_t inside = layout->before.length + layout->after.length, outside;
    int tbs, list;
    unsigned char *der, *to;
    const unsigned char *from;
    X509_CRL *frame = NULL;

    if (inside > FRAME_MAX)
        return NULL;
    tbs = ASN1_object_size(1, (int)inside, V_ASN1_SEQUENCE);
    outside = layout->algorithm.length + layout->signature.length;
    if (tbs < 0 || outside > FRAME_MAX)
        return NULL;
    list = ASN1_object_size(1, tbs + (int)outside, V_ASN1_SEQUENCE);
    der = to = OPENSSL_malloc((size_t)list);
    if (der == NULL)
        return NULL;
    ASN1_put_object(&to, 1, tbs + (int)outside, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    ASN1_put_object(&to, 1, (int)inside, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    put(&to, layout->before);
    put(&to, layout->after);
    put(&to, layout->algorithm);
    put(&to, layout->signature);
    from = der;
    frame = d2i_X509_CRL(NULL, &from, list);
    if (frame != NULL && from != der + list) {
        X509_CRL_free(frame);
        frame = NULL;
    }
    OPENSSL_free(der);
    return frame;
}

static ASN1_TYPE *keep_encoding(struct der_span tbs)
{
    ASN1_TYPE *encoding = ASN1_TYPE_new();
    ASN1_STRING *string = ASN1_STRING_type_new(V_ASN1_SEQUENCE);

    if (encoding == NULL || string == NULL ||
        ASN1_STRING_set(string, tbs.at, (int)tbs.length) != 1) {
        ASN1_TYPE_free(encoding);
        ASN1_STRING_free(string);
        return NULL;
    }
    ASN1_TYPE_set(encoding, V_ASN1_SEQUENCE, string);
    return encoding;
}

static const char *find_frame_fault(const struct crl *crl, const struct layout *layout)
{
    long version = X509_CRL_get_version(crl->frame);

    if (version != X509_CRL_VERSION_1 && version != X509_CRL_VERSION_2)
        return "its version is neither 1 nor 2";
    if (layout->inner.length != layout->algorithm.length ||
        memcmp(layout->inner.at, layout->algorithm.at, layout->inner.length) != 0)
        return "it names two signature algorithms (RFC 5280 section 5.1.1.2)";
    return NULL;
}

/* Something well-formed, and then bytes. */
static bool has_more(const unsigned char *der, size_t length)
{
    struct der_span whole = {der, length}, list;
    struct layout layout;

    return der_take(&whole, DER_SEQUENCE, &list) && whole.length > 0 &&
           split(der, length - whole.length, &layout);
}

static bool decode(struct crl *crl, const unsigned char *der, size_t length, struct error *error)
{
    struct layout layout;

    if (has_more(der, length)) {
        error_set(error, ERROR_INPUT, "bytes follow the CRL");
        return false;
    }
    if (length > INT_MAX || !split(der, length, &layout)) {
        error_set(error, ERROR_INPUT, "it is not a DER CRL (RFC 5280 section 5.1)");
        return false;
    }
    crl->frame = decode_frame(&layout);
    if (crl->frame == NULL) {
        error_set(error, ERROR_INPUT, "it is not a DER CRL (RFC 5280 section 5.1)");
        return false;
    }
    crl->fault = find_frame_fault(crl, &layout);
    crl->signature_bits = signature_bits(crl_signature_algorithm(crl));
    if (!crl_extensions_read(&crl->extensions, crl->frame, &crl->fault, error) ||
        !crl_entries_read(
            &crl->entries, layout.revoked, layout.issuer, crl_is_delta(crl), &crl->fault, error))
        return false;
    crl->encoding = keep_encoding(layout.tbs);
    if (crl->encoding == NULL)
        error_set(error, ERROR_MEMORY, "out of memory");
    return crl->encoding != NULL;
}

struct crl *crl_decode(const unsigned char *der, size_t length, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};
    struct crl *crl = calloc(1, sizeof(*crl));
    bool good;

    if (crl == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    ERR_clear_error();
    alloc_watch_clear();
    good = decode(crl, der, length, &inner);
    /* When memory runs out libcrypto may hand out a list that lacks what its extensions say. */
    if (alloc_watch_explains_errors() || inner.kind == ERROR_MEMORY) {
        error_set(&inner, ERROR_MEMORY, "out of memory");
        good = false;
    }
    if (good)
        return crl;
    if (error != NULL)
        *error = inner;
    crl_free(crl);
    return NULL;
}

void crl_free(struct crl *crl)
{
    if (crl == NULL)
        return;
    X509_CRL_free(crl->frame);
    crl_entries_free(&crl->entries);
    crl_extensions_free(&crl->extensions);
    ASN1_TYPE_free(crl->encoding);
    free(crl);
}

const char *crl_fault(const struct crl *crl)
{
    return crl->fault;
}

const X509_NAME *crl_issuer(const struct crl *crl)
{
    return X509_CRL_get_issuer(crl->frame);
}

const ASN1_INTEGER *crl_number(const struct crl *crl)
{
    return crl->extensions.number;
}

const ASN1_INTEGER *crl_base_number(const struct crl *crl)
{
    return crl->extensions.base_number;
}

const ISSUING_DIST_POINT *crl_scope(const struct crl *crl)
{
    return crl->extensions.scope;
}

const ASN1_OCTET_STRING *crl_scope_bytes(const struct crl *crl)
{
    int at = X509_CRL_get_ext_by_NID(crl->frame, NID_issuing_distribution_point, -1);

    return at >= 0 ? X509_EXTENSION_get_data(X509_CRL_get_ext(crl->frame, at)) : NULL;
}

const X509_ALGOR *crl_signature_algorithm(const struct crl *crl)
{
    const X509_ALGOR *algorithm = NULL;

    X509_CRL_get0_signature(crl->frame, NULL, &algorithm);
    return algorithm;
}

int crl_signature_bits(const struct crl *crl)
{
    return crl->signature_bits;
}

bool crl_has_freshest(const struct crl *crl)
{
    return X509_CRL_get_ext_by_NID(crl->frame, NID_freshest_crl, -1) >= 0;
}

bool crl_is_delta(const struct crl *crl)
{
    return X509_CRL_get_ext_by_NID(crl->frame, NID_delta_crl, -1) >= 0;
}

bool crl_this_update(const struct crl *crl, time_t *seconds)
{
    return identity_time(X509_CRL_get0_lastUpdate(crl->frame), seconds);
}

bool crl_next_update(const struct crl *crl, time_t *seconds)
{
    return crl_has_next_update(crl) && identity_time(X509_CRL_get0_nextUpdate(crl->frame), seconds);
}

bool crl_has_next_update(const struct crl *crl)
{
    return X509_CRL_get0_nextUpdate(crl->frame) != NULL;
}

size_t crl_entry_count(const struct crl *crl)
{
    return crl->entries.count;
}

bool crl_find(const struct crl *crl, const ASN1_INTEGER *serial, struct crl_entry *entry)
{
    return crl_entries_find(&crl->entries, serial, entry);
}

int crl_verify(const struct crl *crl, EVP_PKEY *key)
{
    const ASN1_BIT_STRING *signature = NULL;
    int result;

    if (crl->encoding == NULL)
        return -1;
    ERR_clear_error();
    alloc_watch_clear();
    X509_CRL_get0_signature(crl->frame, &signature, NULL);
    /* As X509_CRL_verify(3), over the bytes as they came. The key's and the algorithm's kinds are
     * checked there. */
    result = ASN1_item_verify(
        ASN1_ITEM_rptr(ASN1_ANY), crl_signature_algorithm(crl), signature, crl->encoding, key);
    if (alloc_watch_explains_errors())
        return -1;
    return result == 1;
}

void crl_forget_encoding(struct crl *crl)
{
    ASN1_TYPE_free(crl->encoding);
    crl->encoding = NULL;
}
