/* SPDX-License-Identifier: ISC */
#include "verify/verify_purpose.h"

#include <openssl/x509v3.h>
#include <stdint.h>

static const char *usage_fault(X509 *certificate)
{
    uint32_t usage = X509_get_extended_key_usage(certificate);

    /* All bits are set when the extension is missing. */
    if ((usage & XKU_SSL_CLIENT) != 0)
        return NULL;
    /* RFC 5280 section 4.2.1.12: an application may require that its purpose is there beside it. */
    if ((usage & XKU_ANYEKU) != 0)
        return "its extendedKeyUsage is anyExtendedKeyUsage, where clientAuth is required";
    return "its extendedKeyUsage does not have clientAuth";
}

/* What libcrypto looks at for a TLS client's certificate. */
static const char *client_fault(X509 *certificate, bool as_issuer)
{
    const char *fault = usage_fault(certificate);

    if (fault != NULL || as_issuer)
        return fault;
    if ((X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT)) == 0)
        return "its keyUsage has neither digitalSignature nor keyAgreement";
    if ((X509_get_extension_flags(certificate) & EXFLAG_NSCERT) != 0)
        return "its Netscape Cert Type does not have SSL Client";
    return NULL;
}

const char *purpose_fault(X509 *certificate, int purpose, bool as_issuer)
{
    const char *fault =
        purpose == X509_PURPOSE_SSL_CLIENT ? client_fault(certificate, as_issuer) : NULL;

    return fault != NULL ? fault : "its extensions are for another use";
}
