#include "certificate.h"
#include "key_decoder.h"
#include "memory.h"

#include <limits.h>
#include <openssl/err.h>

X509 *certificate_decode(const unsigned char *der, size_t length, struct error *error)
{
    const unsigned char *at = der;
    X509 *certificate = NULL;
    EVP_PKEY *key;

    if (length == 0 || length > CERTIFICATE_MAX_DER) {
        error_set(error, ERROR_INPUT, "a certificate of %zu bytes is outside of the limit of %zu",
            length, CERTIFICATE_MAX_DER);
        return NULL;
    }
    ERR_clear_error();
    memory_watch_clear();
    certificate = key_decoder_read(&at, (long)length);
    /* For want of memory libcrypto may also hand out a certificate, without its key. */
    if (error_queue_tells_of_memory()) {
        error_set(error, ERROR_MEMORY, "want of memory while decoding a certificate");
        goto refuse;
    }
    if (certificate == NULL) {
        error_set(error, ERROR_INPUT, "it is not a DER certificate (RFC 5280 section 4.1)");
        goto refuse;
    }
    if (at != der + length) {
        error_set(error, ERROR_INPUT, "%td bytes follow the certificate", der + length - at);
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
