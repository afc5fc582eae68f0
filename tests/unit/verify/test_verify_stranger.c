/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki_rsa.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

/* What is told of a certificate that no anchor vouches for. */

#define BARE "authorityKeyIdentifier=", "subjectKeyIdentifier="

static struct verdict judge(
    const struct setup *setup, const struct pki *leaf, int code, int depth, const char *words)
{
    X509 *decoded = pki_decoded(leaf);
    struct verdict verdict = verify_judge(setup, decoded);

    verify_expect(&verdict, VERDICT_UNTRUSTED, words);
    cr_expect_eq(verdict.error_code, code, "%s: %d", verdict.reason, verdict.error_code);
    cr_expect_eq(verdict.error_depth, depth, "%s: %d", verdict.reason, verdict.error_depth);
    cr_expect_not_null(strstr(verdict.reason, words), "%s", verdict.reason);
    X509_free(decoded);
    return verdict;
}

/* A key that is larger is not used: it would take long. */
Test(verify_stranger, one_that_signed_itself_with_a_large_key_is_told)
{
    static const struct {
        int bits;
        const char *words;
    } rows[] = {{4096, "it signed itself"}, {4104, "it names itself as its issuer"}};
    struct pki *ca = pki_ca("CN=CA");
    size_t i;

    for (i = 0; i < 2; i++) {
        const struct pki key = {.key = pki_rsa(rows[i].bits)};
        struct pki *self = pki_make(&(struct pki_spec){.subject = "CN=x", .same_key_as = &key});

        (void)judge(&(struct setup){.ca = {ca}}, self, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0,
            rows[i].words);
        pki_free(self);
        EVP_PKEY_free(key.key);
    }
    pki_free(ca);
}

/* An intermediate that an anchor vouches for, and a leaf by another of its name. */
Test(verify_stranger, what_an_intermediate_did_not_sign_is_told_of_the_leaf)
{
    struct pki *ca = pki_ca("CN=CA"), *other = pki_ca("CN=Other");
    const struct pki_spec between = {
        .subject = "CN=Between", .issuer = ca, .ca = true, .extensions = {BARE}};
    struct pki_spec forged = between;
    struct pki *right = pki_make(&between), *wrong, *leaf;

    forged.issuer = other;
    wrong = pki_make(&forged);
    leaf = pki_make(&(struct pki_spec){.subject = "CN=x", .issuer = wrong, .extensions = {BARE}});
    (void)judge(&(struct setup){.ca = {ca}, .intermediates = {right}}, leaf,
        X509_V_ERR_CERT_SIGNATURE_FAILURE, 0,
        "its signature does not verify with the key of the issuer");
    (void)judge(&(struct setup){.ca = {ca}, .chain = {right}}, leaf,
        X509_V_ERR_CERT_SIGNATURE_FAILURE, 0,
        "its signature does not verify with the key of the issuer");
    pki_free(leaf);
    pki_free(wrong);
    pki_free(right);
    pki_free(other);
    pki_free(ca);
}

/* From one to the next by name: another one of the first one's name is no step of the way. */
Test(verify_stranger, the_way_to_another_root_goes_by_the_names)
{
    struct pki *ca = pki_ca("CN=CA"), *root = pki_ca("CN=Other");
    struct pki *one = pki_make(&(struct pki_spec){.subject = "CN=A", .issuer = root, .ca = true});
    struct pki *twin = pki_make(&(struct pki_spec){.subject = "CN=A", .issuer = root, .ca = true});
    struct pki *leaf = pki_client("CN=x", one);

    (void)judge(&(struct setup){.ca = {ca}, .chain = {one, twin, root}}, leaf,
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 2, "ends at a CA that is not the trusted one");
    pki_free(leaf);
    pki_free(twin);
    pki_free(one);
    pki_free(root);
    pki_free(ca);
}

/* Twice in a certificate: ecdsa-with-SHA256 becomes id-kp-clientAuth, which libcrypto knows, but
 * not as an algorithm. */
Test(verify_stranger, a_known_name_that_is_no_algorithm_is_told)
{
    static const unsigned char right[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    static const unsigned char wrong[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
    struct pki *ca = pki_ca("CN=CA"), *leaf = pki_client("CN=x", ca);
    size_t length;
    unsigned char *der = pki_der(leaf->certificate, &length), *at;
    const unsigned char *from = der;
    struct pki decoded = {.certificate = NULL};

    while ((at = memmem(der, length, right, sizeof(right))) != NULL)
        memcpy(at, wrong, sizeof(wrong));
    decoded.certificate = d2i_X509(NULL, &from, (long)length);
    cr_assert_not_null(decoded.certificate);
    (void)judge(&(struct setup){.ca = {ca}}, &decoded, X509_V_ERR_CERT_SIGNATURE_FAILURE, 0,
        "its signature algorithm is not known");
    X509_free(decoded.certificate);
    free(der);
    pki_free(leaf);
    pki_free(ca);
}

/* An issuing CA that is trusted by itself, whose own issuer is not there. */
Test(verify_stranger, an_anchor_without_an_issuer_is_told_as_an_anchor)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});

    (void)judge(&(struct setup){.ca = {between}}, between, X509_V_ERR_CERT_REJECTED, 0,
        "it is one of the trusted CA certificates");
    pki_free(between);
    pki_free(root);
}

Test(verify_stranger, its_revocation_is_unknown_where_lists_count)
{
    struct pki *ca = pki_ca("CN=CA"), *other = pki_ca("CN=Other");
    struct pki *leaf = pki_client("CN=x", other);
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
    struct setup setup = {.ca = {ca}};
    const int code = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

    cr_expect_eq(judge(&setup, leaf, code, 0, "").revocation, REVOCATION_NOT_CHECKED);
    setup.require_crl = true;
    cr_expect_eq(judge(&setup, leaf, code, 0, "").revocation, REVOCATION_UNKNOWN);
    setup.require_crl = false;
    setup.crls[0] = crl;
    cr_expect_eq(judge(&setup, leaf, code, 0, "").revocation, REVOCATION_UNKNOWN);
    X509_CRL_free(crl);
    pki_free(leaf);
    pki_free(other);
    pki_free(ca);
}
