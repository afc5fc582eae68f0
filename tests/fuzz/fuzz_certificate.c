/* SPDX-License-Identifier: ISC */
/* A certificate's DER: what it says of itself is safe to show, whatever it holds. */
#include "certificate/certificate.h"
#include "certificate/identity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_shown(const char *words)
{
    const unsigned char *at = (const unsigned char *)words;

    if (words == NULL)
        abort();
    for (; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7F)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {.kind = ERROR_NONE};
    X509 *certificate = certificate_decode(data, size, &error);
    struct bytes der = {.data = (unsigned char *)(uintptr_t)data, .length = size};
    struct identity *identity =
        certificate != NULL ? identity_read(certificate, &der, &error) : NULL;

    if (certificate != NULL && identity == NULL)
        abort(); /* what cannot be read is shown as such */
    if (identity != NULL) {
        must_be_shown(identity->subject);
        must_be_shown(identity->serial_decimal);
    }
    identity_free(identity);
    X509_free(certificate);
    return 0;
}
