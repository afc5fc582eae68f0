/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki_rsa.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_path.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* What the path of a certificate that a trusted CA signed may hold. */

static void set_version(X509 *certificate, void *context)
{
    pki_must(X509_set_version(certificate, *(const long *)context) == 1, "X509_set_version");
}

Test(verify_rules, versions_other_than_1_to_3_are_untrusted)
{
    /* With extensions, X509_sign of OpenSSL 3.4 and later writes version 3 whatever was set. */
    long versions[] = {3, 4, 127, -1};
    struct pki *root = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=x",
            .issuer = root,
            .no_extensions = true,
            .customise = set_version,
            .context = &versions[i]});
        struct verdict verdict =
            verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED, "a version");

        cr_expect_not_null(strstr(verdict.reason, "version"), "%s", verdict.reason);
        pki_free(leaf);
    }
    pki_free(root);
}

static void put(unsigned char **at, const unsigned char *bytes, size_t length)
{
    memcpy(*at, bytes, length);
    *at += length;
}

/* Signs a certificate again with another number as its version. Not by X509_sign, which writes
 * version 3 where there are extensions from OpenSSL 3.4 on. */
static void sign_as_version(struct pki *pki, const struct pki *issuer, unsigned char number)
{
    static const unsigned char ecdsa_with_sha256[] = {
        0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    unsigned char *tbs = NULL, *version, signature[100] = {0}, der[2000], *at = der;
    size_t signature_length = sizeof(signature) - 1;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int length = i2d_re_X509_tbs(pki->certificate, &tbs);
    const unsigned char *in = der;

    pki_must(length > 9 && length < 1800, "i2d_re_X509_tbs");
    version = memmem(tbs, 9, "\xA0\x03\x02\x01\x02", 5);
    pki_must(version != NULL, "a certificate of version 3");
    version[4] = number;
    pki_must(
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, issuer->key) == 1 &&
            EVP_DigestSign(context, signature + 1, &signature_length, tbs, (size_t)length) == 1,
        "EVP_DigestSign");
    ASN1_put_object(&at, 1,
        length + (int)sizeof(ecdsa_with_sha256) +
            ASN1_object_size(0, (int)signature_length + 1, V_ASN1_BIT_STRING),
        V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    put(&at, tbs, (size_t)length);
    put(&at, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
    ASN1_put_object(&at, 0, (int)signature_length + 1, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
    put(&at, signature, signature_length + 1);
    X509_free(pki->certificate);
    pki->certificate = d2i_X509(NULL, &in, at - der);
    pki_must(pki->certificate != NULL, "d2i_X509");
    EVP_MD_CTX_free(context);
    OPENSSL_free(tbs);
}

/* RFC 5280 section 6.1.4 k: it says it in an extension, which such a certificate cannot have. */
Test(verify_rules, an_intermediate_of_version_1_or_2_is_none_that_says_it_is_a_ca)
{
    unsigned char number;

    for (number = 0; number < 3; number++) {
        struct pki *root = pki_ca("CN=Root");
        struct pki *between =
            pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
        struct pki *leaf = pki_client("CN=x", between);
        struct setup sent = {.ca = {root}, .chain = {between}};
        struct setup kept = {.ca = {root}, .intermediates = {between}};

        sign_as_version(between, root, number);
        cr_assert_eq(X509_get_version(between->certificate), number);
        if (number == X509_VERSION_3) {
            (void)verify_both(&sent, leaf, VERDICT_VALID, "version 3");
        } else {
            verify_expect_words(&sent, leaf, VERDICT_UNTRUSTED, X509_V_ERR_INVALID_CA, "version 3");
            verify_expect_words(&kept, leaf, VERDICT_UNTRUSTED, X509_V_ERR_INVALID_CA, "version 3");
        }
        /* Whom the operator trusts is for the operator to say. */
        (void)verify_both(&(struct setup){.ca = {between}}, leaf, VERDICT_VALID, "an anchor");
        /* A client's extensions count whatever its version is. */
        sign_as_version(leaf, between, number);
        (void)verify_both(&(struct setup){.ca = {between}}, leaf, VERDICT_VALID, "a client");
        pki_free(leaf);
        pki_free(between);
        pki_free(root);
    }
}

static void set_exponent(X509 *certificate, void *context)
{
    EVP_PKEY *key = pki_rsa_with(context, NULL);

    pki_give_key(certificate, key);
    EVP_PKEY_free(key);
}

Test(verify_rules, exponents_of_1_even_ones_and_those_above_64_bits_are_untrusted)
{
    static const struct {
        const char *hexadecimal;
        enum verdict_status wanted;
    } rows[] = {{"1", VERDICT_UNTRUSTED}, {"2", VERDICT_UNTRUSTED}, {"3", VERDICT_VALID},
        {"10000", VERDICT_UNTRUSTED}, {"10001", VERDICT_VALID}, {"FFFFFFFFFFFFFFFF", VERDICT_VALID},
        {"10000000000000001", VERDICT_UNTRUSTED}};
    struct pki *root = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BIGNUM *e = NULL;
        struct pki *leaf, *ca, *below;
        struct verdict verdict;

        pki_must(BN_hex2bn(&e, rows[i].hexadecimal) > 0, "BN_hex2bn");
        leaf = pki_make(&(struct pki_spec){
            .subject = "CN=x", .issuer = root, .customise = set_exponent, .context = e});
        (void)verify_both(&(struct setup){.ca = {root}}, leaf, rows[i].wanted, rows[i].hexadecimal);
        ca = pki_make(&(struct pki_spec){.subject = "CN=CA",
            .issuer = root,
            .ca = true,
            .customise = set_exponent,
            .context = e});
        below = pki_make(&(struct pki_spec){
            .subject = "CN=y", .issuer = ca, .extensions = {"authorityKeyIdentifier="}});
        verdict = verify_both(&(struct setup){.ca = {root}, .chain = {ca}}, below,
            VERDICT_UNTRUSTED, "below a CA with it");
        cr_expect_eq(strstr(verdict.reason, "an exponent that is 1") != NULL,
            rows[i].wanted == VERDICT_UNTRUSTED, "%s: %s", rows[i].hexadecimal, verdict.reason);
        pki_free(below);
        pki_free(ca);
        pki_free(leaf);
        BN_free(e);
    }
    pki_free(root);
}

/* Libcrypto's limits come as failures of its own; they are the certificate's fault. */
Test(verify_rules, what_is_too_much_for_libcrypto_is_untrusted)
{
    struct pki *root = pki_ca("CN=Root");
    char *line = malloc(40000);
    size_t length;
    struct pki *between, *leaf;
    struct verdict verdict;
    int i;

    length = (size_t)sprintf(line, "certificatePolicies=1.2.3.4");
    for (i = 0; i < 1100; i++)
        length += (size_t)sprintf(line + length, ",1.2.3.5.%d", i);
    between = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .extensions = {line}});
    leaf = pki_make(&(struct pki_spec){.subject = "CN=x", .issuer = between, .extensions = {line}});
    verdict = verify_judge(&(struct setup){.ca = {root}, .chain = {between}}, leaf->certificate);
    verify_expect(&verdict, VERDICT_UNTRUSTED, "1,100 policies");
    cr_expect_not_null(strstr(verdict.reason, "policies"), "%s", verdict.reason);
    pki_free(leaf);
    pki_free(between);
    length = (size_t)sprintf(line, "nameConstraints=excluded;DNS:a");
    for (i = 0; i < 1100; i++)
        length += (size_t)sprintf(line + length, ",excluded;DNS:b%d", i);
    between = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .extensions = {line}});
    length = (size_t)sprintf(line, "subjectAltName=DNS:c");
    for (i = 0; i < 1100; i++)
        length += (size_t)sprintf(line + length, ",DNS:c%d", i);
    leaf = pki_make(&(struct pki_spec){.subject = "CN=x", .issuer = between, .extensions = {line}});
    verdict = verify_judge(&(struct setup){.ca = {root}, .chain = {between}}, leaf->certificate);
    verify_expect(&verdict, VERDICT_UNTRUSTED, "1,100 names and constraints");
    cr_expect_not_null(strstr(verdict.reason, "names"), "%s", verdict.reason);
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
    free(line);
}

/* Its serial number is that of a client that was revoked. */
Test(verify_rules, the_anchors_own_serial_number_on_its_list_says_nothing)
{
    struct pki *root = pki_make(&(struct pki_spec){.subject = "CN=Root", .ca = true, .serial = 1});
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = root, .serial = 2});
    struct pki *gone = pki_make(&(struct pki_spec){.issuer = root, .serial = 1});
    struct pki_revoked line = {.serial = 1};
    X509_CRL *crl =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .revoked = &line, .revoked_count = 1});
    struct setup setup = {.ca = {root}, .crls = {crl}};

    (void)verify_both(&setup, leaf, VERDICT_VALID, "another client");
    (void)verify_both(&setup, gone, VERDICT_REVOKED, "the client of that number");
    X509_CRL_free(crl);
    pki_free(gone);
    pki_free(leaf);
    pki_free(root);
}

/* X509_verify(3) refuses it in all but an anchor, whose signature nobody checks. */
Test(verify_rules, an_anchor_whose_two_algorithm_fields_differ_vouches_for_nobody)
{
    static const unsigned char sha256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    struct pki *root = pki_ca("CN=Root"), *leaf = pki_client("CN=x", root);
    struct verdict verdict = verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_VALID, "one");
    size_t length = 0;
    unsigned char *der = pki_der(root->certificate, &length), *inner;
    const unsigned char *at = der;

    inner = memmem(der, length, sha256, sizeof(sha256));
    pki_must(inner != NULL, "the signature field");
    inner[sizeof(sha256) - 1] = 0x03; /* ecdsa-with-SHA384 */
    X509_free(root->certificate);
    root->certificate = d2i_X509(NULL, &at, (long)length);
    pki_must(root->certificate != NULL, "d2i_X509");
    verdict = verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED, "two");
    cr_expect_eq(verdict.cause, CAUSE_ALGORITHMS_DIFFER);
    cr_expect_eq(verdict.error_depth, 1);
    free(der);
    pki_free(leaf);
    pki_free(root);
}
