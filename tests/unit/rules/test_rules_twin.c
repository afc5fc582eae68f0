/* SPDX-License-Identifier: ISC */
#include "rules/rules_twin.h"
#include "unit/base/memory_fault.h"
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_twin, .init = rules_world_make, .fini = rules_world_free);

static bool is_signed_by(X509 *certificate, const struct pki *signer)
{
    return X509_verify(certificate, X509_get0_pubkey(signer->certificate)) == 1;
}

Test(rules_twin, a_twin_is_signed_as_well_and_its_twin_is_the_first_again)
{
    static const enum pki_key kinds[] = {PKI_EC_P256, PKI_EC_P384};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pki *ca =
            pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kinds[i]});
        struct pki *leaf = pki_client("CN=Dan", ca);
        X509 *twin = rules_twin_of(leaf->certificate, ca->certificate), *again;

        cr_assert_not_null(twin);
        cr_expect(is_signed_by(twin, ca));
        cr_expect_neq(X509_cmp(twin, leaf->certificate), 0);
        again = rules_twin_of(twin, ca->certificate);
        cr_assert_not_null(again);
        cr_expect_eq(X509_cmp(again, leaf->certificate), 0);
        cr_expect(is_signed_by(leaf->certificate, ca), "the first has changed");
        X509_free(twin);
        X509_free(again);
        pki_free(leaf);
        pki_free(ca);
    }
}

Test(rules_twin, what_is_not_signed_with_ecdsa_has_none)
{
    static const enum pki_key kinds[] = {PKI_RSA_2048, PKI_ED25519};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pki *ca =
            pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kinds[i]});
        struct pki *leaf = pki_client("CN=Dan", ca);

        cr_expect_null(rules_twin_of(leaf->certificate, ca->certificate), "%zu", i);
        cr_expect_null(rules_twin_of(leaf->certificate, world_ca("acme")->certificate), "%zu", i);
        cr_expect_null(rules_twin_of(leaf->certificate, NULL), "%zu", i);
        pki_free(leaf);
        pki_free(ca);
    }
}

Test(rules_twin, without_memory_there_is_none_or_a_whole_one)
{
    const struct pki *acme = world_ca("acme");
    struct pki *leaf = pki_client("CN=Dan", acme);
    unsigned long nth, count = 1;

    for (nth = 0; nth <= count; nth++) {
        X509 *twin;

        memory_fault_at(nth, false);
        twin = rules_twin_of(leaf->certificate, acme->certificate);
        count = nth == 0 ? memory_fault_count() : count;
        memory_fault_at(0, false);
        if (twin != NULL)
            cr_expect(is_signed_by(twin, acme), "allocation %lu", nth);
        X509_free(twin);
    }
    cr_expect_gt(count, 10);
    pki_free(leaf);
}

/* The rules are `before`, the digest of `named` or of its key, and `behind`. */
static bool is_allowed(
    const char *before, X509 *named, const char *behind, X509 *asking, bool *by_rule)
{
    const bool key = strstr(before, "spki=") != NULL;
    char text[400];
    struct error error = {.kind = ERROR_NONE};
    struct rules_decision decision;
    const struct rules_request request = {.method = "GET"};
    STACK_OF(X509) *proven = world_chain(asking, "acme");
    struct rules_subject *subject;
    struct rules *rules;

    (void)snprintf(text, sizeof(text), "%s%s%s", before, world_digest_of(named, key), behind);
    rules = world_rules(text, NULL, &error);
    cr_assert_not_null(rules, "%s", error.text);
    subject = rules_subject_new(rules, asking, proven, &error);
    cr_assert_not_null(subject, "%s", error.text);
    rules_decide(rules, subject, &request, &decision);
    *by_rule = decision.reason == RULES_RULE;
    rules_subject_free(subject);
    rules_release(rules);
    sk_X509_free(proven);
    return decision.allowed;
}

Test(rules_twin, a_certificate_is_denied_by_the_digest_of_its_twin_and_allowed_by_its_own)
{
    static const char deny[] = "deny sha256=", rest[] = "\nallow any user=x\n";
    struct pki *leaf = pki_client("CN=Dan", world_ca("acme"));
    X509 *first = leaf->certificate, *twin = rules_twin_of(first, world_ca("acme")->certificate);
    bool by_rule;

    cr_assert_not_null(twin);
    cr_expect_not(is_allowed(deny, first, rest, twin, &by_rule));
    cr_expect(by_rule);
    cr_expect_not(is_allowed(deny, twin, rest, first, &by_rule));
    cr_expect(by_rule);
    cr_expect_not(is_allowed("allow sha256=", first, "\n", twin, &by_rule));
    cr_expect_not(by_rule);
    cr_expect(is_allowed("allow sha256=", twin, "\n", twin, &by_rule));
    X509_free(twin);
    pki_free(leaf);
}

/* As it comes from a client: decoded anew. NULL when its key has no such form. */
static X509 *in_form(X509 *certificate, size_t number)
{
    X509 *copy = X509_dup(certificate), *decoded = NULL;
    unsigned char *der = NULL;
    const unsigned char *at;
    int length;

    if (rules_write_key_form(copy, number)) {
        cr_assert_gt(i2d_re_X509_tbs(copy, NULL), 0); /* what it had as DER is forgotten */
        length = i2d_X509(copy, &der);
        at = der;
        decoded = d2i_X509(NULL, &at, length);
        cr_assert_not_null(decoded);
        cr_assert_not_null(X509_get0_pubkey(decoded));
        OPENSSL_free(der);
    }
    X509_free(copy);
    return decoded;
}

Test(rules_twin, a_key_is_denied_in_all_its_forms_and_allowed_in_its_own)
{
    static const char deny[] = "group lost spki=", rest[] = "\ndeny group=lost\nallow any user=x\n";
    static const struct {
        enum pki_key kind;
        size_t forms;
    } keys[] = {{PKI_EC_P256, 3}, {PKI_RSA_2048, 2}, {PKI_ED25519, 0}};
    X509 *forms[RULES_KEY_FORMS];
    size_t key, i, j;

    for (key = 0; key < sizeof(keys) / sizeof(keys[0]); key++) {
        struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=Dan",
            .issuer = world_ca("acme"),
            .key = keys[key].kind,
            .fresh_key = true});

        for (i = 0; i < RULES_KEY_FORMS; i++) {
            forms[i] = in_form(leaf->certificate, i);
            cr_expect_eq(forms[i] != NULL, i < keys[key].forms, "%zu %zu", key, i);
        }
        for (i = 0; i < keys[key].forms; i++) {
            for (j = 0; j < keys[key].forms; j++) {
                bool by_rule;

                cr_expect_not(is_allowed(deny, forms[i], rest, forms[j], &by_rule), "%zu: %zu %zu",
                    key, i, j);
                cr_expect(by_rule);
                cr_expect_eq(is_allowed("allow spki=", forms[i], "\n", forms[j], &by_rule), i == j);
            }
        }
        for (i = 0; i < RULES_KEY_FORMS; i++)
            X509_free(forms[i]);
        pki_free(leaf);
    }
}

/* RFC 5280 section 4.1 has the key in whole bytes; libcrypto also takes one with bits unused. */
Test(rules_twin, a_form_has_no_unused_bits)
{
    struct pki *leaf = pki_make(
        &(struct pki_spec){.subject = "CN=Dan", .issuer = world_ca("acme"), .key = PKI_EC_P256});
    size_t i;

    for (i = 0; i < RULES_KEY_FORMS; i++) {
        X509 *copy = X509_dup(leaf->certificate);
        ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(copy);

        bits->flags |= ASN1_STRING_FLAG_BITS_LEFT | 1;
        cr_expect(rules_write_key_form(copy, i));
        cr_expect_eq(bits->flags & (ASN1_STRING_FLAG_BITS_LEFT | 0x07), ASN1_STRING_FLAG_BITS_LEFT);
        X509_free(copy);
    }
    pki_free(leaf);
}

Test(rules_twin, an_SM2_key_has_the_forms_of_an_EC_key)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    X509 *certificate = X509_new();
    size_t i;

    cr_assert_eq(X509_set_pubkey(certificate, key), 1);
    for (i = 0; i < RULES_KEY_FORMS; i++) {
        cr_expect(rules_write_key_form(certificate, i));
        cr_expect_eq(
            ASN1_STRING_length(X509_get0_pubkey_bitstr(certificate)), i == 1 ? 33 : 65, "%zu", i);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

Test(rules_twin, a_key_that_has_no_other_form_is_denied_and_allowed_as_it_is)
{
    struct pki *leaf = pki_make(
        &(struct pki_spec){.subject = "CN=Dan", .issuer = world_ca("acme"), .key = PKI_ED25519});
    X509 *certificate = leaf->certificate;
    bool by_rule;

    cr_expect_not(
        is_allowed("deny spki=", certificate, "\nallow any user=x\n", certificate, &by_rule));
    cr_expect(by_rule);
    cr_expect(is_allowed("allow spki=", certificate, "\n", certificate, &by_rule));
    pki_free(leaf);
}

/* The RSA key of a certificate with this type and value in place of NULL, and with this byte behind
 * it (-1: none). */
static X509 *with_other_key_info(X509 *certificate, int type, void *value, int behind)
{
    const unsigned char *bytes = NULL;
    unsigned char *copy;
    int length = 0;
    X509 *other = X509_dup(certificate);
    X509_PUBKEY *info = X509_get_X509_PUBKEY(other);

    cr_assert_eq(X509_PUBKEY_get0_param(NULL, &bytes, &length, NULL, info), 1);
    copy = OPENSSL_malloc((size_t)length + 1);
    memcpy(copy, bytes, (size_t)length);
    if (behind >= 0)
        copy[length++] = (unsigned char)behind;
    cr_assert_eq(
        X509_PUBKEY_set0_param(info, OBJ_nid2obj(NID_rsaEncryption), type, value, copy, length), 1);
    return other;
}

Test(rules_twin, an_rsa_key_is_denied_however_it_is_written_and_allowed_as_it_is)
{
    static const char deny[] = "deny spki=", rest[] = "\nallow any user=x\n";
    struct pki *leaf = pki_make(
        &(struct pki_spec){.subject = "CN=Dan", .issuer = world_ca("acme"), .key = PKI_RSA_2048});
    X509 *usual = leaf->certificate;
    X509 *others[] = {with_other_key_info(usual, V_ASN1_UNDEF, NULL, -1),
        with_other_key_info(usual, V_ASN1_INTEGER, ASN1_INTEGER_new(), -1),
        with_other_key_info(usual, V_ASN1_NULL, NULL, 0)};
    bool by_rule;
    size_t i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cr_expect_not(is_allowed(deny, usual, rest, others[i], &by_rule), "%zu", i);
        cr_expect(by_rule);
        cr_expect_not(is_allowed("allow spki=", usual, "\n", others[i], &by_rule), "%zu", i);
        cr_expect(is_allowed("allow spki=", others[i], "\n", others[i], &by_rule), "%zu", i);
        X509_free(others[i]);
    }
    pki_free(leaf);
}

/* Whether the issuer with this digest is one of a client's that CA `shown` signed. */
static bool is_issuer(const char *digest, X509 *shown, X509 *leaf)
{
    const struct rules_request request = {.method = "GET"};
    struct rules_decision decision;
    STACK_OF(X509) *proven = sk_X509_new_null();
    struct rules_subject *subject;
    struct rules *rules;
    char text[200];

    (void)snprintf(text, sizeof(text), "issuer x sha256:%s\nallow issuer=x user=x\n", digest);
    rules = world_rules(text, NULL, NULL);
    cr_assert_not_null(rules);
    sk_X509_push(proven, leaf);
    sk_X509_push(proven, shown);
    sk_X509_push(proven, world_ca("acme")->certificate);
    subject = rules_subject_new(rules, leaf, proven, NULL);
    cr_assert_not_null(subject);
    rules_decide(rules, subject, &request, &decision);
    rules_subject_free(subject);
    rules_release(rules);
    sk_X509_free(proven);
    return decision.allowed;
}

Test(rules_twin, an_issuer_that_the_trust_does_not_have_is_known_by_its_twin_too)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct pki *ca =
        pki_make(&(struct pki_spec){.subject = "CN=Sub", .ca = true, .issuer = world_ca("acme")});
    struct pki *other =
        pki_make(&(struct pki_spec){.subject = "CN=Sub", .ca = true, .issuer = world_ca("acme")});
    struct pki *leaf = pki_client("CN=Dan", ca);
    X509 *twin = rules_twin_of(ca->certificate, world_ca("acme")->certificate), *shown;

    cr_assert_not_null(twin);
    shown = ca->certificate;
    cr_expect(is_issuer(world_digest_of(shown, false), shown, leaf->certificate));
    cr_expect(is_issuer(world_digest_of(shown, false), twin, leaf->certificate));
    cr_expect(is_issuer(world_digest_of(twin, false), shown, leaf->certificate));
    cr_expect_not(is_issuer(world_digest_of(shown, true), shown, leaf->certificate));
    cr_expect_not(is_issuer(world_digest_of(other->certificate, false), shown, leaf->certificate));
    cr_expect_not(is_issuer(zeros, shown, leaf->certificate));
    X509_free(twin);
    pki_free(leaf);
    pki_free(other);
    pki_free(ca);
}
