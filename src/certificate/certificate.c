/* SPDX-License-Identifier: ISC */
#include "certificate/certificate.h"
#include "certificate/alloc_watch.h"
#include "certificate/certificate_fault.h"
#include "certificate/key_decoder.h"
#include "certificate/outline.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

/* Whether a signature is DER at a glance: of an algorithm without parameters or with NULL, and of
 * whole bytes. */
static bool is_plain(struct der_span signature)
{
    struct der_span algorithm, part;

    if (!der_take(&signature, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OBJECT_IDENTIFIER, &part))
        return false;
    if (algorithm.length > 0 && (!der_take(&algorithm, DER_NULL, &part) || part.length > 0))
        return false;
    return algorithm.length == 0 && der_take(&signature, DER_BIT_STRING, &part) &&
           part.length > 0 && part.at[0] == 0 && signature.length == 0;
}

/* Whether it is these very bytes in DER. libcrypto takes BER outside of what is signed, and its
 * hash of such a certificate is that of another one. True also when memory fails. */
static bool is_encoded_as(const X509 *certificate, const unsigned char *der, size_t length)
{
    unsigned char *again = NULL;
    int count = i2d_X509(certificate, &again);
    bool same = count < 0 || ((size_t)count == length && memcmp(again, der, length) == 0);

    OPENSSL_free(again);
    return same;
}

X509 *certificate_decode(const unsigned char *der, size_t length, struct error *error)
{
    const unsigned char *at = der;
    struct outline outline;
    X509 *certificate = NULL;
    EVP_PKEY *key;
    bool same;

    if (length == 0 || length > CERTIFICATE_MAX_DER) {
        error_set(error, ERROR_INPUT, "a certificate of %zu bytes is outside of the limit of %zu",
            length, CERTIFICATE_MAX_DER);
        return NULL;
    }
    ERR_clear_error();
    alloc_watch_clear();
    if (!outline_read(der, length, &outline, error))
        return NULL;
    certificate = key_decoder_read(&at, (long)length, outline.key);
    same = certificate == NULL || at != der + length || is_plain(outline.signature) ||
           is_encoded_as(certificate, der, length);
    /* When memory fails, libcrypto may also hand out a certificate, without its key. */
    if (alloc_watch_explains_errors()) {
        error_set(error, ERROR_MEMORY, "out of memory while decoding a certificate");
        goto refuse;
    }
    if (certificate == NULL) {
        if (!certificate_find_bad_name(&outline, error))
            error_set(error, ERROR_INPUT, "it is not a DER certificate (RFC 5280 section 4.1)");
        goto refuse;
    }
    if (at != der + length) {
        error_set(error, ERROR_INPUT, "%td byte%s the certificate", der + length - at,
            der + length - at == 1 ? " follows" : "s follow");
        goto refuse;
    }
    if (!same) {
        error_set(error, ERROR_INPUT, "it is not encoded in DER throughout (RFC 5280 section 4.1)");
        goto refuse;
    }
    key = X509_get0_pubkey(certificate);
    if (key != NULL && EVP_PKEY_get_bits(key) > CERTIFICATE_MAX_KEY_BITS) {
        error_set(error, ERROR_INPUT, "its key of %d bits is above the limit of %d",
            EVP_PKEY_get_bits(key), CERTIFICATE_MAX_KEY_BITS);
        goto refuse;
    }
    ERR_clear_error();
    return certificate;

refuse:
    X509_free(certificate);
    return NULL;
}
