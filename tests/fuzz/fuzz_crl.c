/* SPDX-License-Identifier: ISC */
/* A CRL's DER: one that is decoded can be asked for any serial number. */
#include "certificate/crl.h"

#include <openssl/asn1.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {.kind = ERROR_NONE};
    struct crl *crl = crl_decode(data, size, &error);
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    struct crl_entry entry;
    time_t seconds;
    long number;

    if (serial == NULL || (crl == NULL && error.kind == ERROR_NONE))
        abort();
    if (crl != NULL) {
        for (number = 0; number < 8; number++) {
            (void)ASN1_INTEGER_set(serial, number);
            if (crl_find(crl, serial, &entry) && crl_entry_count(crl) == 0)
                abort();
        }
        (void)crl_fault(crl);
        (void)crl_this_update(crl, &seconds);
        (void)crl_next_update(crl, &seconds);
        (void)crl_is_delta(crl);
        (void)crl_has_freshest(crl);
        if (crl_issuer(crl) == NULL)
            abort();
    }
    ASN1_INTEGER_free(serial);
    crl_free(crl);
    return 0;
}
