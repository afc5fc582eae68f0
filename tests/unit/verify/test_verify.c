/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_errors.h"

#include <criterion/criterion.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static struct verdict judge_client(
    const struct pki_spec *spec, const struct pki *ca, enum verdict_status wanted, const char *what)
{
    struct pki_spec its = *spec;
    struct pki *leaf;
    struct verdict verdict;

    its.issuer = its.issuer != NULL ? its.issuer : ca;
    leaf = pki_make(&its);
    verdict = verify_both(&(struct setup){.ca = {ca}}, leaf, wanted, what);
    pki_free(leaf);
    return verdict;
}

Test(verify, every_kind_of_key_is_valid_under_every_kind_of_ca)
{
    static const struct {
        enum pki_key key;
        const char *name;
    } kinds[] = {{PKI_EC_P256, "P-256"}, {PKI_EC_P384, "P-384"}, {PKI_ED25519, "Ed25519"},
        {PKI_RSA_2048, "RSA"}, {PKI_RSA_PSS_2048, "RSA-PSS"}};
    size_t i, j;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pki *ca =
            pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kinds[i].key});

        for (j = 0; j < sizeof(kinds) / sizeof(kinds[0]); j++) {
            struct verdict verdict = judge_client(
                &(struct pki_spec){.key = kinds[j].key}, ca, VERDICT_VALID, kinds[j].name);

            cr_expect_eq(verdict.error_depth, -1);
            cr_expect_eq(verdict.chain_length, 2);
            cr_expect_str_eq(verdict.anchor, "CN=CA");
            cr_expect_eq(verdict.revocation, REVOCATION_NOT_CHECKED);
            cr_expect(verdict.good_from <= verdict.checked_at);
            cr_expect(verdict.good_until > verdict.checked_at);
        }
        pki_free(ca);
    }
}

Test(verify, dates_of_the_leaf_are_told_as_expired_and_not_yet_valid)
{
    struct pki *ca = pki_ca("CN=CA");
    struct verdict verdict;

    verdict =
        judge_client(&(struct pki_spec){.not_before = -20 * PKI_DAY, .not_after = -10 * PKI_DAY},
            ca, VERDICT_EXPIRED, "expired");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_HAS_EXPIRED);
    cr_expect_eq(verdict.error_depth, 0);
    verdict = judge_client(&(struct pki_spec){.not_before = PKI_DAY, .not_after = 10 * PKI_DAY}, ca,
        VERDICT_NOT_YET_VALID, "not yet valid");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_NOT_YET_VALID);
    pki_free(ca);
}

/* X509_cmp_time(3) takes a date that equals the moment as past: the second of notAfter itself is
 * counted as expired, which RFC 5280 section 4.1.2.5 would still allow. */
Test(verify, the_dates_count_to_the_second)
{
    struct pki *ca =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .not_before = -3650 * PKI_DAY});
    struct pki *leaf = pki_make(&(struct pki_spec){
        .issuer = ca, .not_before_text = "260101000000Z", .not_after_text = "20260201000000Z"});
    const time_t first = 1767225600, last = 1769904000;
    static const enum verdict_status wanted[] = {
        VERDICT_NOT_YET_VALID, VERDICT_VALID, VERDICT_VALID};
    static const enum verdict_status at_end[] = {VERDICT_VALID, VERDICT_EXPIRED, VERDICT_EXPIRED};
    int i;

    for (i = -1; i <= 1; i++) {
        struct setup setup = {.ca = {ca}, .at_time = first + i};
        struct verdict verdict = verify_both(&setup, leaf, wanted[i + 1], "around notBefore");

        cr_expect(
            i >= 0 || verdict.good_until == first, "good until %ld", (long)verdict.good_until);
        setup.at_time = last + i;
        (void)verify_both(&setup, leaf, at_end[i + 1], "around notAfter");
    }
    pki_free(leaf);
    pki_free(ca);
}

Test(verify, strangers_are_untrusted)
{
    struct pki *ca = pki_ca("CN=CA"), *other = pki_ca("CN=Other"), *twin = pki_ca("CN=CA");
    struct pki *self = pki_make(&(struct pki_spec){.subject = "CN=self"});
    struct verdict verdict =
        verify_both(&(struct setup){.ca = {ca}}, self, VERDICT_UNTRUSTED, "signed by itself");

    cr_expect_eq(verdict.error_code, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    cr_expect_eq(verdict.chain_length, 0);
    cr_expect_str_eq(verdict.anchor, "");
    (void)judge_client(&(struct pki_spec){.issuer = other}, ca, VERDICT_UNTRUSTED, "other CA");
    (void)judge_client(&(struct pki_spec){.issuer = twin}, ca, VERDICT_UNTRUSTED,
        "a CA of the same name with another key");
    (void)judge_client(&(struct pki_spec){.issuer = twin, .no_extensions = true}, ca,
        VERDICT_UNTRUSTED, "the same without key identifiers");
    pki_free(self);
    pki_free(ca);
    pki_free(other);
    pki_free(twin);
}

Test(verify, a_stranger_who_sends_his_own_ca_along_is_untrusted)
{
    struct pki *ca = pki_ca("CN=CA"), *twin = pki_ca("CN=CA");
    struct pki *leaf = pki_client("CN=x", twin);

    (void)verify_both(
        &(struct setup){.ca = {ca}, .chain = {twin}}, leaf, VERDICT_UNTRUSTED, "own CA sent");
    (void)verify_both(&(struct setup){.ca = {ca}, .chain = {twin, ca}}, leaf, VERDICT_UNTRUSTED,
        "own CA and the real one sent");
    pki_free(leaf);
    pki_free(ca);
    pki_free(twin);
}

Test(verify, a_certificate_that_a_tls_client_may_not_use_is_of_the_wrong_purpose)
{
    static const char *const lines[] = {"extendedKeyUsage=serverAuth",
        "extendedKeyUsage=anyExtendedKeyUsage", "extendedKeyUsage=critical,1.2.3.4",
        "keyUsage=critical,keyEncipherment", "keyUsage=keyCertSign", "nsCertType=server"};
    struct pki *ca = pki_ca("CN=CA");
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct verdict verdict = judge_client(
            &(struct pki_spec){.extensions = {lines[i]}}, ca, VERDICT_WRONG_PURPOSE, lines[i]);

        cr_expect_eq(verdict.error_code, X509_V_ERR_INVALID_PURPOSE);
    }
    pki_free(ca);
}

Test(verify, usages_that_allow_a_client_or_are_missing_are_valid)
{
    static const char *const lines[] = {"extendedKeyUsage=serverAuth,clientAuth",
        "extendedKeyUsage=", "keyUsage=", "keyUsage=keyAgreement", "nsCertType=client",
        "1.2.3.4=DER:0500"};
    struct pki *ca = pki_ca("CN=CA");
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        (void)judge_client(
            &(struct pki_spec){.extensions = {lines[i]}}, ca, VERDICT_VALID, lines[i]);
    (void)judge_client(&(struct pki_spec){.version = 1}, ca, VERDICT_VALID, "X.509 version 1");
    (void)judge_client(
        &(struct pki_spec){.no_extensions = true}, ca, VERDICT_VALID, "no extensions");
    pki_free(ca);
}

Test(verify, an_unknown_critical_extension_is_untrusted)
{
    struct pki *ca = pki_ca("CN=CA");

    (void)judge_client(&(struct pki_spec){.extensions = {"1.2.3.4=critical,DER:0500"}}, ca,
        VERDICT_UNTRUSTED, "critical extension");
    pki_free(ca);
}

Test(verify, weak_keys_and_digests_are_untrusted_by_the_security_level)
{
    struct pki *ca = pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true});
    struct pki *weak = pki_make(&(struct pki_spec){.issuer = ca, .key = PKI_RSA_1024});
    struct pki *weaker = pki_make(&(struct pki_spec){.issuer = ca, .key = PKI_RSA_512});
    struct pki *sha1 = pki_make(&(struct pki_spec){.issuer = ca, .digest = "sha1"});
    struct pki *weak_ca =
        pki_make(&(struct pki_spec){.subject = "CN=weak", .ca = true, .key = PKI_RSA_1024});
    struct pki *below = pki_client("CN=below", weak_ca);
    struct verdict verdict;

    verdict = verify_both(&(struct setup){.ca = {ca}}, weak, VERDICT_UNTRUSTED, "RSA 1024");
    cr_expect_eq(verdict.error_code, X509_V_ERR_EE_KEY_TOO_SMALL);
    (void)verify_both(
        &(struct setup){.ca = {ca}, .level_plus_one = 2}, weak, VERDICT_VALID, "RSA 1024, level 1");
    (void)verify_both(
        &(struct setup){.ca = {ca}, .level_plus_one = 2}, weaker, VERDICT_UNTRUSTED, "RSA 512");
    verdict = verify_both(&(struct setup){.ca = {ca}}, sha1, VERDICT_UNTRUSTED, "SHA-1");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CA_MD_TOO_WEAK);
    verdict = verify_both(&(struct setup){.ca = {weak_ca}}, below, VERDICT_UNTRUSTED, "a weak CA");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CA_KEY_TOO_SMALL);
    pki_free(ca);
    pki_free(weak);
    pki_free(weaker);
    pki_free(sha1);
    pki_free(below);
    pki_free(weak_ca);
}

Test(verify, a_certificate_of_the_trust_itself_is_no_client)
{
    /* Without key usages nothing else would refuse it. */
    struct pki *ca =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .extensions = {"keyUsage="}});
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .extensions = {"keyUsage="}});
    struct verdict verdict =
        verify_both(&(struct setup){.ca = {ca}}, ca, VERDICT_UNTRUSTED, "the CA itself");

    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_REJECTED);
    (void)verify_both(&(struct setup){.ca = {root, between}}, between, VERDICT_UNTRUSTED,
        "an intermediate that is an anchor");
    pki_free(ca);
    /* What is worse than that is told first. */
    ca = pki_make(&(struct pki_spec){
        .subject = "CN=Weak", .ca = true, .key = PKI_RSA_1024, .extensions = {"keyUsage="}});
    verdict = verify_both(&(struct setup){.ca = {ca}}, ca, VERDICT_UNTRUSTED, "a weak CA itself");
    cr_expect_eq(verdict.error_code, X509_V_ERR_EE_KEY_TOO_SMALL, "%s", verdict.reason);
    pki_free(ca);
    pki_free(between);
    pki_free(root);
}

static void flip_signature(X509 *certificate, int bit)
{
    const ASN1_BIT_STRING *signature = NULL;

    X509_get0_signature(&signature, NULL, certificate);
    signature->data[bit / 8] ^= (unsigned char)(1U << (bit % 8));
}

Test(verify, a_wrong_signature_is_untrusted)
{
    struct pki *ca =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = PKI_RSA_2048});
    struct pki *leaf = pki_client("CN=x", ca);
    struct verdict verdict;

    flip_signature(leaf->certificate, 77);
    verdict = verify_both(&(struct setup){.ca = {ca}}, leaf, VERDICT_UNTRUSTED, "a flipped bit");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    pki_free(leaf);
    pki_free(ca);
}

static void duplicate_usage(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(
        certificate, "2.5.29.37", false, "\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x02", 12);
}

static void raw_usage(X509 *certificate, void *context)
{
    pki_add_raw_extension(certificate, context, false, "\x05\x00", 2);
}

Test(verify, extensions_that_are_there_twice_or_cannot_be_read_are_untrusted)
{
    static const char *const oids[] = {
        "2.5.29.15", "2.5.29.19", "2.5.29.37", "2.5.29.14", "2.5.29.35", "2.5.29.17", "2.5.29.30"};
    struct pki *ca = pki_ca("CN=CA");
    size_t i;

    (void)judge_client(&(struct pki_spec){.customise = duplicate_usage}, ca, VERDICT_UNTRUSTED,
        "extended key usage twice");
    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        char oid[16];

        (void)snprintf(oid, sizeof(oid), "%s", oids[i]);
        (void)judge_client(
            &(struct pki_spec){.no_extensions = true, .customise = raw_usage, .context = oid}, ca,
            VERDICT_UNTRUSTED, oid);
    }
    pki_free(ca);
}

/* Puts a subjectPublicKeyInfo into the certificate. */
Test(verify, a_key_of_an_unknown_kind_is_untrusted_not_a_failure)
{
    static char oid[] = "1.2.3.4";
    struct pki *ca = pki_ca("CN=CA"), *other = pki_ca("CN=Other");
    const struct pki *issuers[] = {ca, other, NULL};
    int level, i;

    for (i = 0; i < 3; i++) {
        struct pki *leaf = pki_make(
            &(struct pki_spec){.issuer = issuers[i], .customise = pki_foreign_key, .context = oid});
        X509 *certificate = pki_decoded(leaf);

        cr_assert_null(X509_get0_pubkey(certificate), "libcrypto reads the key");
        for (level = 0; level <= 2; level += 2) {
            struct verdict verdict =
                verify_judge(&(struct setup){.ca = {ca}, .level_plus_one = level + 1}, certificate);

            verify_expect(&verdict, VERDICT_UNTRUSTED, "a key of an unknown kind");
            cr_expect(i > 0 || verdict.error_code == X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "came %d: %s",
                verdict.error_code, verdict.reason);
        }
        X509_free(certificate);
        pki_free(leaf);
    }
    pki_free(ca);
    pki_free(other);
}

Test(verify, a_curve_of_its_own_is_untrusted)
{
    struct pki *ca = pki_ca("CN=CA");
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = ca, .customise = pki_explicit_curve});
    X509 *certificate = pki_decoded(leaf);
    struct verdict verdict = verify_judge(&(struct setup){.ca = {ca}}, certificate);

    verify_expect(&verdict, VERDICT_UNTRUSTED, "explicit EC parameters");
    cr_expect_eq(verdict.error_code, X509_V_ERR_EC_KEY_EXPLICIT_PARAMS);
    X509_free(certificate);
    pki_free(leaf);
    pki_free(ca);
}

Test(verify, a_proxy_certificate_is_untrusted)
{
    struct pki *ca = pki_ca("CN=CA"), *user = pki_client("CN=user", ca);
    struct pki *proxy = pki_make(&(struct pki_spec){.subject = "CN=1,CN=user",
        .issuer = user,
        .extensions = {"proxyCertInfo=critical,language:id-ppl-anyLanguage"}});

    (void)verify_both(
        &(struct setup){.ca = {ca}, .chain = {user}}, proxy, VERDICT_UNTRUSTED, "a proxy");
    pki_free(proxy);
    pki_free(user);
    pki_free(ca);
}

Test(verify, dates_that_are_nonsense_are_untrusted_and_good_for_this_moment_alone)
{
    struct pki *ca = pki_ca("CN=CA");
    struct verdict verdict = judge_client(
        &(struct pki_spec){.not_after_text = "2026"}, ca, VERDICT_UNTRUSTED, "notAfter 2026");

    cr_expect_eq(verdict.good_from, verdict.checked_at);
    cr_expect_eq(verdict.good_until, verdict.checked_at);
    cr_expect_eq(verdict.error_code, X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD);
    verdict = judge_client(&(struct pki_spec){.not_before_text = "999999999999Z"}, ca,
        VERDICT_UNTRUSTED, "notBefore 99");
    cr_expect_eq(verdict.error_code, X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD);
    (void)judge_client(&(struct pki_spec){.not_before = PKI_DAY, .not_after = -PKI_DAY}, ca,
        VERDICT_EXPIRED, "over before it begins");
    (void)judge_client(&(struct pki_spec){.not_after_text = "99991231235959Z"}, ca, VERDICT_VALID,
        "the year 9999");
    pki_free(ca);
}
