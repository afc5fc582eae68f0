/* SPDX-License-Identifier: ISC */
#include "unit/certificate/crl_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

struct crl *decode(const X509_CRL *crl, struct error *error)
{
    size_t length = 0;
    unsigned char *der = pki_crl_der(crl, &length);
    struct crl *decoded = crl_decode(der, length, error);

    free(der);
    return decoded;
}

struct crl *expect_decoded(const X509_CRL *crl)
{
    struct error error = {0};
    struct crl *decoded = decode(crl, &error);

    cr_assert_not_null(decoded, "%s", error.text);
    cr_expect_eq(ERR_peek_error(), 0);
    return decoded;
}

void revoke(X509_CRL *crl, ASN1_INTEGER *serial, int reason, long date)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, 1700000000 + date);
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();

    pki_must(X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                 X509_REVOKED_set_revocationDate(entry, time) == 1,
        "entry");
    if (reason > 0)
        pki_must(ASN1_ENUMERATED_set(value, reason) == 1 &&
                     X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1,
            "reason");
    pki_must(X509_CRL_add0_revoked(crl, entry) == 1, "add");
    ASN1_ENUMERATED_free(value);
    ASN1_TIME_free(time);
}

void expect_fault(const struct crl *crl, const char *fault, size_t row)
{
    const char *came = crl_fault(crl);

    if (fault == NULL)
        cr_expect_null(came, "case %zu: %s", row, came);
    else
        cr_expect(came != NULL && strstr(came, fault) != NULL,
            "case %zu: expected \"%s\", came \"%s\"", row, fault, came != NULL ? came : "none");
}
