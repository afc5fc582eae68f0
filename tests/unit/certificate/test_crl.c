/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/crl.h"
#include "unit/certificate/crl_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

Test(crl, a_signature_is_by_the_key_that_libcrypto_says)
{
    static const enum pki_key kinds[] = {
        PKI_EC_P256, PKI_EC_P384, PKI_ED25519, PKI_RSA_2048, PKI_RSA_PSS_2048};
    struct pki *cas[5];
    size_t i, j;

    for (i = 0; i < 5; i++)
        cas[i] = pki_make(
            &(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kinds[i], .fresh_key = true});
    for (i = 0; i < 5; i++) {
        X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = cas[i]});
        struct crl *decoded = expect_decoded(crl);

        for (j = 0; j < 5; j++) {
            int wanted = X509_CRL_verify(crl, cas[j]->key) == 1;

            cr_expect_eq(wanted, i == j);
            cr_expect_eq(crl_verify(decoded, cas[j]->key), wanted, "%zu by %zu", i, j);
        }
        cr_expect_eq(ERR_peek_error(), 0);
        crl_forget_encoding(decoded);
        cr_expect_eq(crl_verify(decoded, cas[i]->key), -1);
        crl_free(decoded);
        X509_CRL_free(crl);
    }
    for (i = 0; i < 5; i++)
        pki_free(cas[i]);
}

/* No prefix is a list, and whatever one byte is changed to, the signature is wrong then, but for
 * those that say nothing. */
Test(crl, every_prefix_and_every_changed_byte_is_refused_or_not_signed)
{
    struct pki *ca = pki_ca("CN=CA");
    const struct pki_revoked lines[] = {{.serial = 5, .reason = 1}, {.serial = 4}};
    X509_CRL *crl = pki_crl(
        &(struct pki_crl_spec){.issuer = ca, .revoked = lines, .revoked_count = 2, .number = 3});
    size_t length = 0, i;
    unsigned char *der = pki_crl_der(crl, &length);
    const unsigned char changes[] = {0x01, 0x80, 0xFF};
    size_t change;

    for (i = 0; i < length; i++) {
        unsigned char *exact = malloc(i + 1);
        struct error error = {0};

        memcpy(exact, der, i);
        cr_expect_null(crl_decode(exact, i, &error), "a prefix of %zu bytes", i);
        cr_expect_eq(error.kind, ERROR_INPUT);
        free(exact);
        for (change = 0; change < 3; change++) {
            unsigned char before = der[i];
            struct crl *decoded;

            der[i] ^= changes[change];
            decoded = crl_decode(der, length, &error);
            cr_expect(
                decoded == NULL || crl_verify(decoded, ca->key) != 1 || crl_fault(decoded) != NULL,
                "byte %zu changed by %02x", i, changes[change]);
            crl_free(decoded);
            der[i] = before;
        }
    }
    free(der);
    X509_CRL_free(crl);
    pki_free(ca);
}

Test(crl, running_out_of_memory_never_makes_another_list)
{
    struct pki *ca = pki_ca("CN=CA");
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .delta_base_plus_one = 2,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nfullname=URI:http://a/\n"});
    size_t length = 0;
    unsigned char *der = pki_crl_der(crl, &length);
    struct error error = {0};
    unsigned long nth, count;
    int and_after;

    crl_free(crl_decode(der, length, &error));
    alloc_watch_fail_at(0, false);
    crl_free(crl_decode(der, length, &error));
    count = alloc_watch_count();
    cr_assert_gt(count, 10);
    for (nth = 1; nth <= count; nth++) {
        for (and_after = 0; and_after < 2; and_after++) {
            struct crl *decoded;

            alloc_watch_fail_at(nth, and_after);
            decoded = crl_decode(der, length, &error);
            alloc_watch_fail_at(0, false);
            cr_expect(decoded != NULL || error.kind == ERROR_MEMORY, "%lu: %s", nth, error.text);
            cr_expect(
                decoded == NULL || (crl_fault(decoded) == NULL && crl_is_delta(decoded) &&
                                       crl_scope(decoded) != NULL && crl_number(decoded) != NULL),
                "%lu", nth);
            crl_free(decoded);
        }
    }
    free(der);
    X509_CRL_free(crl);
    pki_free(ca);
}
