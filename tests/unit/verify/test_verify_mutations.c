/* SPDX-License-Identifier: ISC */
#include "certificate/certificate.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* A good certificate, and the trust that says so. */
struct subject {
    struct trust *trust;
    struct config config;
    unsigned char *der;
    size_t length;
    time_t now;
};

/* What becomes of these bytes. */
static enum verdict_status judge(
    const struct subject *subject, const unsigned char *der, size_t length, struct verdict *verdict)
{
    struct error error = {.kind = ERROR_NONE};
    X509 *certificate = certificate_decode(der, length, &error);

    *verdict = (struct verdict){.status = VERDICT_MALFORMED};
    if (certificate != NULL)
        verify_configured(
            certificate, NULL, subject->trust, &subject->config, subject->now, verdict);
    X509_free(certificate);
    return verdict->status;
}

static void try_all(const struct subject *subject, const char *what)
{
    unsigned char *copy = malloc(subject->length + 1);
    unsigned long malformed = 0, refused = 0;
    struct verdict verdict;
    size_t at;
    int bit;

    pki_must(copy != NULL, "malloc");
    memcpy(copy, subject->der, subject->length);
    copy[subject->length] = 0;
    for (at = 0; at < subject->length; at++) {
        for (bit = 0; bit < 8; bit++) {
            enum verdict_status came;

            copy[at] ^= (unsigned char)(1U << bit);
            came = judge(subject, copy, subject->length, &verdict);
            copy[at] ^= (unsigned char)(1U << bit);
            malformed += came == VERDICT_MALFORMED;
            refused += came == VERDICT_UNTRUSTED;
            cr_expect_neq(came, VERDICT_VALID, "%s: valid with bit %d of byte %zu flipped (%02X)",
                what, bit, at, copy[at]);
            cr_expect_neq(came, VERDICT_NOT_JUDGED,
                "%s: not judged with bit %d of byte %zu flipped (%02X)", what, bit, at, copy[at]);
        }
        cr_expect_eq(judge(subject, copy, at, &verdict), VERDICT_MALFORMED,
            "%s: cut to %zu bytes: came %s", what, at, verdict_status_name(verdict.status));
    }
    cr_expect_eq(
        judge(subject, copy, at + 1, &verdict), VERDICT_MALFORMED, "%s: one byte more", what);
    cr_expect(malformed > 100 && refused > 100, "%s: %lu malformed, %lu untrusted", what, malformed,
        refused);
    free(copy);
}

static void mutate(enum pki_key key, const char *what)
{
    struct pki *ca = pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = key});
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = ca,
        .subject = "CN=Dan,O=Acme",
        .key = key,
        .extensions = {"subjectAltName=DNS:example.org"}});
    struct setup setup = {.ca = {ca}};
    struct subject subject = {.now = verify_moment(&setup)};
    struct verdict verdict;

    subject.trust = verify_trust(&setup, &subject.config);
    subject.der = pki_der(leaf->certificate, &subject.length);
    (void)judge(&subject, subject.der, subject.length, &verdict);
    verify_expect(&verdict, VERDICT_VALID, what);
    try_all(&subject, what);
    free(subject.der);
    trust_release(subject.trust);
    pki_free(leaf);
    pki_free(ca);
}

Test(verify_mutations, no_flipped_bit_or_cut_of_an_rsa_certificate_is_valid)
{
    mutate(PKI_RSA_2048, "RSA");
}

Test(verify_mutations, no_flipped_bit_or_cut_of_an_rsa_pss_certificate_is_valid)
{
    mutate(PKI_RSA_PSS_2048, "RSA-PSS");
}

Test(verify_mutations, no_flipped_bit_or_cut_of_an_ec_certificate_is_valid)
{
    mutate(PKI_EC_P256, "EC");
}

Test(verify_mutations, no_flipped_bit_or_cut_of_an_ed25519_certificate_is_valid)
{
    mutate(PKI_ED25519, "Ed25519");
}
