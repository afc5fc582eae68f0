/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"
#include "verify/verify_purpose.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <string.h>

static const char other_use[] = "its extensions are for another use";

Test(verify_purpose, what_forbids_a_tls_client_is_named)
{
    static const struct {
        const char *extensions[2];
        const char *words;
    } rows[] = {
        {{"extendedKeyUsage=serverAuth"}, "does not have clientAuth"},
        {{"extendedKeyUsage=anyExtendedKeyUsage"}, "is anyExtendedKeyUsage"},
        {{"keyUsage=critical,keyEncipherment"}, "neither digitalSignature nor keyAgreement"},
        {{"nsCertType=server"}, "Netscape Cert Type"},
        {{"extendedKeyUsage=clientAuth"}, other_use},
        {{"keyUsage=critical,keyAgreement"}, other_use},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *pki = pki_make(
            &(struct pki_spec){.extensions = {rows[i].extensions[0], rows[i].extensions[1]}});
        const char *fault = purpose_fault(pki->certificate, X509_PURPOSE_SSL_CLIENT, false);

        cr_expect_not_null(strstr(fault, rows[i].words), "row %zu: %s", i, fault);
        cr_expect_str_eq(
            purpose_fault(pki->certificate, X509_PURPOSE_OCSP_HELPER, false), other_use);
        pki_free(pki);
    }
}

/* The key of a CA signs certificates: it need not sign a handshake. */
Test(verify_purpose, other_usages_are_asked_of_an_issuer)
{
    struct pki *mute = pki_make(&(struct pki_spec){
        .extensions = {"keyUsage=critical,keyEncipherment", "nsCertType=server"}});
    struct pki *server =
        pki_make(&(struct pki_spec){.extensions = {"extendedKeyUsage=serverAuth"}});

    cr_expect_str_eq(purpose_fault(mute->certificate, X509_PURPOSE_SSL_CLIENT, true), other_use);
    cr_expect_not_null(strstr(purpose_fault(server->certificate, X509_PURPOSE_SSL_CLIENT, true),
        "does not have clientAuth"));
    pki_free(server);
    pki_free(mute);
}
