/* SPDX-License-Identifier: ISC */
#include "certificate/signature_bits.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/rsa.h>

/* As libcrypto has it; of RSA-PSS with SHA-1 it says 64. */
static int bits_of_certificate(X509 *certificate)
{
    int bits = -1;

    (void)X509_get_signature_info(certificate, NULL, NULL, &bits, NULL);
    return bits;
}

Test(signature_bits, are_as_few_as_libcrypto_has_them_for_certificates)
{
    static const struct {
        enum pki_key key;
        const char *digest;
        int bits;
    } rows[] = {
        {PKI_EC_P256, "sha256", 128},
        {PKI_EC_P256, "sha1", 63},
        {PKI_EC_P384, "sha384", 192},
        {PKI_RSA_2048, "sha512", 256},
        {PKI_RSA_2048, "sha1", 63},
        {PKI_RSA_2048, "md5", 39},
        {PKI_RSA_2048, "sha224", 112},
        {PKI_ED25519, NULL, 128},
        {PKI_RSA_PSS_2048, "sha256", 128},
        {PKI_RSA_PSS_2048, "sha1", 63},
    };
    size_t i;
    int level;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *made =
            pki_make(&(struct pki_spec){.key = rows[i].key, .digest = rows[i].digest});
        X509 *decoded = pki_decoded(made);
        const X509_ALGOR *algorithm = NULL;

        X509_get0_signature(NULL, &algorithm, decoded);
        cr_expect_eq(
            signature_bits(algorithm), rows[i].bits, "row %zu: %d", i, signature_bits(algorithm));
        for (level = 0; level <= 5; level++)
            cr_expect_eq(signature_bits_are_few(rows[i].bits, level),
                signature_bits_are_few(bits_of_certificate(decoded), level), "row %zu", i);
        X509_free(decoded);
        pki_free(made);
    }
}

static int bits_of(int nid, int type, void *value)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    int bits;

    pki_must(X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), type, value) == 1, "an algorithm");
    bits = signature_bits(algorithm);
    X509_ALGOR_free(algorithm);
    return bits;
}

Test(signature_bits, are_none_for_what_is_not_known)
{
    ASN1_STRING *odd = ASN1_STRING_type_new(V_ASN1_SEQUENCE);

    pki_must(ASN1_STRING_set(odd, "\x30\x01\x00", 3) == 1, "a string");
    cr_expect_eq(bits_of(NID_commonName, V_ASN1_UNDEF, NULL), 0, "no signature");
    cr_expect_eq(bits_of(NID_rsassaPss, V_ASN1_UNDEF, NULL), 0, "PSS without parameters");
    cr_expect_eq(bits_of(NID_rsassaPss, V_ASN1_SEQUENCE, odd), 0, "PSS with unreadable ones");
    cr_expect_eq(bits_of(NID_ED448, V_ASN1_UNDEF, NULL), 224);
}

Test(signature_bits, are_few_below_what_a_level_asks_for)
{
    static const int asked[] = {0, 80, 112, 128, 192, 256};
    int level;

    for (level = 0; level <= 5; level++) {
        cr_expect_not(signature_bits_are_few(asked[level], level), "level %d", level);
        cr_expect(signature_bits_are_few(asked[level] - 1, level), "level %d", level);
    }
}
