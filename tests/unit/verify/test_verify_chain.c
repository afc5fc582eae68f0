/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Root, intermediate and leaf; what differs from the usual is put into the two specifications. */
struct chain {
    struct pki *root, *between, *leaf;
};

static struct chain make_chain(struct pki_spec root, struct pki_spec between, struct pki_spec leaf)
{
    struct chain chain;

    root.subject = root.subject != NULL ? root.subject : "CN=Root";
    root.ca = true;
    chain.root = pki_make(&root);
    between.subject = between.subject != NULL ? between.subject : "CN=Between";
    between.issuer = chain.root;
    chain.between = pki_make(&between);
    leaf.subject = leaf.subject != NULL ? leaf.subject : "CN=leaf";
    leaf.issuer = chain.between;
    chain.leaf = pki_make(&leaf);
    return chain;
}

static void free_chain(struct chain *chain)
{
    pki_free(chain->leaf);
    pki_free(chain->between);
    pki_free(chain->root);
}

static struct verdict judge_chain(struct pki_spec root, struct pki_spec between,
    struct pki_spec leaf, enum verdict_status wanted, const char *what)
{
    struct chain chain = make_chain(root, between, leaf);
    struct setup setup = {.ca = {chain.root}, .chain = {chain.between}};
    struct verdict verdict = verify_both(&setup, chain.leaf, wanted, what);

    free_chain(&chain);
    return verdict;
}

static const struct pki_spec plain = {.version = 3};
static const struct pki_spec plain_ca = {.ca = true};

Test(verify_chain, an_intermediate_that_was_sent_or_is_kept_leads_to_the_anchor)
{
    struct chain chain = make_chain(plain, plain_ca, plain);
    struct verdict verdict;

    verdict = verify_both(&(struct setup){.ca = {chain.root}, .chain = {chain.between}}, chain.leaf,
        VERDICT_VALID, "intermediate sent");
    cr_expect_eq(verdict.chain_length, 3);
    cr_expect_str_eq(verdict.anchor, "CN=Root");
    (void)verify_both(&(struct setup){.ca = {chain.root}, .intermediates = {chain.between}},
        chain.leaf, VERDICT_VALID, "intermediate kept");
    (void)verify_both(
        &(struct setup){
            .ca = {chain.root}, .chain = {chain.between}, .intermediates = {chain.between}},
        chain.leaf, VERDICT_VALID, "intermediate sent and kept");
    (void)verify_both(&(struct setup){.ca = {chain.root},
                          .chain = {chain.leaf, chain.root, chain.between, chain.between}},
        chain.leaf, VERDICT_VALID, "a chain in disorder");
    verdict = verify_both(
        &(struct setup){.ca = {chain.root}}, chain.leaf, VERDICT_UNTRUSTED, "intermediate missing");
    cr_expect_eq(verdict.error_code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    cr_expect_eq(verdict.chain_length, 0);
    free_chain(&chain);
}

Test(verify_chain, an_intermediate_among_the_anchors_is_an_anchor)
{
    struct chain chain = make_chain(plain, plain_ca, plain);
    struct verdict verdict = verify_both(
        &(struct setup){.ca = {chain.between}}, chain.leaf, VERDICT_VALID, "partial chain");

    cr_expect_eq(verdict.chain_length, 2);
    cr_expect_str_eq(verdict.anchor, "CN=Between");
    (void)verify_both(&(struct setup){.ca = {chain.between}, .chain = {chain.root}}, chain.leaf,
        VERDICT_VALID, "partial chain, root sent");
    (void)verify_both(&(struct setup){.ca = {chain.between, chain.root}}, chain.leaf, VERDICT_VALID,
        "both are anchors");
    free_chain(&chain);
}

Test(verify_chain, an_issuer_that_is_no_ca_is_untrusted)
{
    struct pki_spec leaf = plain, signs = {.extensions = {"keyUsage=digitalSignature,keyCertSign"}};
    struct pki_spec no_sign = {.ca = true, .extensions = {"keyUsage=critical,cRLSign"}};
    struct pki_spec v1 = {.version = 1};

    (void)judge_chain(plain, plain, leaf, VERDICT_UNTRUSTED, "a leaf signed by a leaf");
    (void)judge_chain(plain, signs, leaf, VERDICT_UNTRUSTED, "keyCertSign without CA:TRUE");
    (void)judge_chain(plain, no_sign, leaf, VERDICT_UNTRUSTED, "CA:TRUE without keyCertSign");
    (void)judge_chain(plain, v1, leaf, VERDICT_UNTRUSTED, "a version 1 intermediate");
}

Test(verify_chain, a_leaf_signed_by_a_leaf_is_untrusted_with_any_order_of_the_chain)
{
    struct pki *ca = pki_ca("CN=CA"), *good = pki_client("CN=good", ca);
    struct pki *bad = pki_client("CN=bad", good);

    (void)verify_both(&(struct setup){.ca = {ca}, .chain = {good}}, bad, VERDICT_UNTRUSTED, "one");
    (void)verify_both(
        &(struct setup){.ca = {ca}, .chain = {ca, good}}, bad, VERDICT_UNTRUSTED, "two");
    (void)verify_both(&(struct setup){.ca = {ca}, .intermediates = {good}}, bad, VERDICT_UNTRUSTED,
        "kept as an intermediate");
    pki_free(bad);
    pki_free(good);
    pki_free(ca);
}

Test(verify_chain, path_lengths_are_kept)
{
    struct pki_spec none = {.pathlen_plus_one = 1}, one = {.pathlen_plus_one = 2};
    struct verdict verdict = judge_chain(none, plain_ca, plain, VERDICT_UNTRUSTED, "pathlen:0");

    cr_expect_eq(verdict.error_code, X509_V_ERR_PATH_LENGTH_EXCEEDED);
    (void)judge_chain(one, plain_ca, plain, VERDICT_VALID, "pathlen:1");
}

Test(verify_chain, a_verdict_is_good_between_the_nearest_dates_of_all_certificates)
{
    static const struct {
        long root, between, leaf;
    } days[] = {{10, 20, 30}, {20, 10, 30}, {30, 20, 10}};
    size_t i, kept;

    for (i = 0; i < 3; i++) {
        time_t now = time(NULL);
        struct chain chain = make_chain((struct pki_spec){.not_before = -days[i].root * PKI_DAY,
                                            .not_after = days[i].root * PKI_DAY},
            (struct pki_spec){.ca = true,
                .not_before = -days[i].between * PKI_DAY,
                .not_after = days[i].between * PKI_DAY},
            (struct pki_spec){
                .not_before = -days[i].leaf * PKI_DAY, .not_after = days[i].leaf * PKI_DAY});

        for (kept = 0; kept < 2; kept++) {
            struct setup setup = {.ca = {chain.root}, .at_time = now};
            struct verdict verdict;

            (kept ? setup.intermediates : setup.chain)[0] = chain.between;
            verdict = verify_both(&setup, chain.leaf, VERDICT_VALID, "three certificates");
            cr_expect(verdict.good_until >= now + 10 * PKI_DAY &&
                          verdict.good_until <= now + 10 * PKI_DAY + 5,
                "case %zu: good until %ld after now", i, (long)(verdict.good_until - now));
            cr_expect(verdict.good_from >= now - 10 * PKI_DAY &&
                          verdict.good_from <= now - 10 * PKI_DAY + 5,
                "case %zu: good from %ld before now", i, (long)(now - verdict.good_from));
        }
        free_chain(&chain);
    }
}

Test(verify_chain, chains_above_the_depth_limit_are_untrusted)
{
    struct chain chain = make_chain(plain, plain_ca, plain);
    struct setup setup = {.ca = {chain.root}, .chain = {chain.between}, .depth_plus_one = 1};
    struct verdict verdict = verify_both(&setup, chain.leaf, VERDICT_UNTRUSTED, "depth 0");

    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_CHAIN_TOO_LONG, "came %d", verdict.error_code);
    setup.depth_plus_one = 2;
    (void)verify_both(&setup, chain.leaf, VERDICT_VALID, "depth 1");
    free_chain(&chain);
}

Test(verify_chain, name_constraints_are_kept)
{
    struct pki_spec permitted = {
        .ca = true, .extensions = {"nameConstraints=critical,permitted;DNS:example.org"}};
    struct pki_spec excluded = {.ca = true,
        .extensions = {"nameConstraints=critical,excluded;dirName:d"},
        .configuration = "[d]\nO=Acme\n"};
    struct pki_spec inside = {.extensions = {"subjectAltName=DNS:a.example.org"}};
    struct pki_spec outside = {.extensions = {"subjectAltName=DNS:example.net"}};
    struct pki_spec expired = {.not_after = -60, .extensions = {"subjectAltName=DNS:example.net"}};
    struct pki_spec acme = {.subject = "CN=x,O=Acme"}, other = {.subject = "CN=x,O=Other"};
    struct verdict verdict;

    (void)judge_chain(plain, permitted, inside, VERDICT_VALID, "inside");
    verdict = judge_chain(plain, permitted, outside, VERDICT_UNTRUSTED, "outside");
    cr_expect_eq(verdict.error_code, X509_V_ERR_PERMITTED_VIOLATION);
    verdict = judge_chain(plain, permitted, expired, VERDICT_UNTRUSTED, "outside, and expired");
    cr_expect_eq(verdict.error_code, X509_V_ERR_PERMITTED_VIOLATION);
    verdict = judge_chain(plain, excluded, acme, VERDICT_UNTRUSTED, "excluded");
    cr_expect_eq(verdict.error_code, X509_V_ERR_EXCLUDED_VIOLATION);
    (void)judge_chain(plain, excluded, other, VERDICT_VALID, "not excluded");
}

Test(verify_chain, an_issuer_out_of_date_makes_the_leaf_untrusted)
{
    struct pki_spec old = {.ca = true, .not_before = -20 * PKI_DAY, .not_after = -10 * PKI_DAY};
    struct pki_spec early = {.ca = true, .not_before = PKI_DAY};
    struct verdict verdict =
        judge_chain(plain, old, plain, VERDICT_UNTRUSTED, "expired intermediate");

    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_HAS_EXPIRED);
    cr_expect_eq(verdict.error_depth, 1);
    cr_expect(strstr(verdict.reason, "certificate 1 of its chain") != NULL, "%s", verdict.reason);
    cr_expect_eq(verdict.chain_length, 0, "no anchor vouches for it");
    cr_expect_str_empty(verdict.anchor);
    verdict = judge_chain(old, plain_ca, plain, VERDICT_UNTRUSTED, "expired anchor");
    cr_expect_eq(verdict.error_depth, 2);
    (void)judge_chain(plain, early, plain, VERDICT_UNTRUSTED, "intermediate not yet valid");
}

Test(verify_chain, usages_of_an_issuer_bind_the_leaf)
{
    struct pki_spec server = {.ca = true, .extensions = {"extendedKeyUsage=serverAuth"}};
    struct pki_spec client = {.ca = true, .extensions = {"extendedKeyUsage=clientAuth"}};
    struct verdict verdict =
        judge_chain(plain, server, plain, VERDICT_UNTRUSTED, "intermediate for servers");

    cr_expect_eq(verdict.error_code, X509_V_ERR_INVALID_PURPOSE);
    cr_expect_eq(verdict.error_depth, 1);
    (void)judge_chain(plain, client, plain, VERDICT_VALID, "intermediate for clients");
    (void)judge_chain(server, plain_ca, plain, VERDICT_UNTRUSTED, "anchor for servers");
}

Test(verify_chain, weak_intermediates_and_critical_extensions_are_untrusted)
{
    struct pki_spec weak = {.ca = true, .key = PKI_RSA_1024};
    struct pki_spec sha1 = {.ca = true, .digest = "sha1"};
    struct pki_spec critical = {.ca = true, .extensions = {"1.2.3.4=critical,DER:0500"}};

    (void)judge_chain(plain, weak, plain, VERDICT_UNTRUSTED, "RSA 1024 intermediate");
    (void)judge_chain(plain, sha1, plain, VERDICT_UNTRUSTED, "intermediate signed with SHA-1");
    (void)judge_chain(plain, critical, plain, VERDICT_UNTRUSTED, "unknown critical extension");
    (void)judge_chain(sha1, plain_ca, plain, VERDICT_VALID, "the anchor's own digest says nothing");
}

Test(verify_chain, an_explicit_policy_that_the_leaf_has_not_is_untrusted)
{
    struct pki_spec demands = {.ca = true,
        .extensions = {
            "policyConstraints=critical,requireExplicitPolicy:0", "certificatePolicies=1.2.3.4"}};
    struct pki_spec has = {.extensions = {"certificatePolicies=1.2.3.4"}};
    struct pki_spec other = {.extensions = {"certificatePolicies=1.2.3.5"}};
    struct pki_spec twice = {.extensions = {"certificatePolicies=1.2.3.4,1.2.3.4"}};
    struct pki_spec expired = {.not_after = -60};
    struct verdict verdict;

    (void)judge_chain(plain, demands, has, VERDICT_VALID, "the policy");
    verdict = judge_chain(plain, demands, plain, VERDICT_UNTRUSTED, "no policy");
    cr_expect_eq(verdict.error_code, X509_V_ERR_NO_EXPLICIT_POLICY);
    (void)judge_chain(plain, demands, other, VERDICT_UNTRUSTED, "another policy");
    (void)judge_chain(plain, demands, expired, VERDICT_UNTRUSTED, "no policy, and expired");
    verdict = judge_chain(plain, plain_ca, twice, VERDICT_UNTRUSTED, "one policy twice");
    cr_expect_eq(verdict.error_code, X509_V_ERR_INVALID_POLICY_EXTENSION);
    cr_expect_eq(verdict.error_depth, 0);
    twice.ca = true;
    verdict = judge_chain(plain, twice, plain, VERDICT_UNTRUSTED, "the issuer has one twice");
    cr_expect_eq(verdict.error_code, X509_V_ERR_INVALID_POLICY_EXTENSION);
    cr_expect_eq(verdict.error_depth, 1);
}

Test(verify_chain, an_expired_anchor_does_not_hide_a_current_one_of_the_same_key)
{
    struct pki *old = pki_make(&(struct pki_spec){
        .subject = "CN=CA", .ca = true, .not_before = -20 * PKI_DAY, .not_after = -PKI_DAY});
    struct pki *new =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .same_key_as = old});
    struct pki *leaf = pki_client("CN=x", old);

    (void)verify_both(&(struct setup){.ca = {old, new}}, leaf, VERDICT_VALID, "old first");
    (void)verify_both(&(struct setup){.ca = {new, old}}, leaf, VERDICT_VALID, "new first");
    (void)verify_both(&(struct setup){.ca = {old}}, leaf, VERDICT_UNTRUSTED, "old alone");
    (void)verify_both(&(struct setup){.ca = {old}, .chain = {new}}, leaf, VERDICT_UNTRUSTED,
        "the new one is no anchor");
    pki_free(leaf);
    pki_free(new);
    pki_free(old);
}

Test(verify_chain, a_chain_with_a_wrong_signature_in_it_is_untrusted)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *impostor = pki_make(&(struct pki_spec){
        .subject = "CN=Root", .ca = true, .extensions = {"subjectKeyIdentifier="}});
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = impostor,
        .ca = true,
        .extensions = {"authorityKeyIdentifier="}});
    struct pki *leaf = pki_client("CN=x", between);
    struct verdict verdict = verify_both(&(struct setup){.ca = {root}, .chain = {between}}, leaf,
        VERDICT_UNTRUSTED, "an intermediate that the root did not sign");

    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    cr_expect_eq(verdict.error_depth, 1);
    pki_free(leaf);
    pki_free(between);
    pki_free(impostor);
    pki_free(root);
}

/* Every pair and triple of faults that one certificate can have; the earlier counts. */
Test(verify_chain, the_status_that_says_most_wins)
{
    struct pki *ca = pki_ca("CN=CA"), *stranger = pki_ca("CN=Stranger");
    int faults;

    for (faults = 0; faults < 32; faults++) {
        bool is_strange = faults & 1, is_wrong = faults & 2, is_revoked = faults & 4;
        bool is_unknown = faults & 8, is_expired = faults & 16;
        struct pki_spec spec = {.issuer = is_strange ? stranger : ca,
            .not_after = is_expired ? -60 : 0,
            .extensions = {is_wrong ? "extendedKeyUsage=serverAuth" : NULL}};
        struct pki *leaf = pki_make(&spec);
        struct pki_revoked line = {.certificate = leaf->certificate};
        X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = is_strange ? stranger : ca,
            .revoked = &line,
            .revoked_count = is_revoked,
            .this_update = -2 * PKI_DAY,
            .next_update = is_unknown ? -PKI_DAY : PKI_DAY});
        enum verdict_status wanted = is_strange   ? VERDICT_UNTRUSTED
                                     : is_wrong   ? VERDICT_WRONG_PURPOSE
                                     : is_revoked ? VERDICT_REVOKED
                                     : is_unknown ? VERDICT_REVOCATION_UNKNOWN
                                     : is_expired ? VERDICT_EXPIRED
                                                  : VERDICT_VALID;
        char what[64];

        (void)snprintf(what, sizeof(what), "faults %d", faults);
        (void)verify_both(&(struct setup){.ca = {ca}, .crls = {crl}}, leaf, wanted, what);
        X509_CRL_free(crl);
        pki_free(leaf);
    }
    pki_free(stranger);
    pki_free(ca);
}

/* Euro signs, which are shown as they are, and right-to-left overrides, which are not. */
#define EUROS "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
#define OVERRIDES "\xE2\x80\xAE\xE2\x80\xAE\xE2\x80\xAE"

Test(verify_chain, a_long_name_of_the_anchor_is_cut_between_two_characters)
{
    static const char *const parts[] = {"OU=" EUROS EUROS EUROS EUROS, "OU=" OVERRIDES OVERRIDES};
    size_t i, j;

    for (i = 0; i < 24; i++) {
        const char *other = parts[i % 2];
        char *subject = NULL;
        struct pki *ca, *leaf;
        struct verdict verdict;
        size_t length;

        pki_must(asprintf(&subject, "CN=%.*s,%s,%s,%s,%s,%s", (int)i + 1,
                     "aaaaaaaaaaaaaaaaaaaaaaaa", other, other, other, other, other) > 0,
            "asprintf");
        ca = pki_make(&(struct pki_spec){.subject = subject, .ca = true});
        leaf = pki_client("CN=x", ca);
        verdict = verify_both(&(struct setup){.ca = {ca}}, leaf, VERDICT_VALID, subject);
        length = strlen(verdict.anchor);
        cr_assert(length > 240, "%zu bytes: %s", length, verdict.anchor);
        cr_expect_str_eq(verdict.anchor + length - 3, "...");
        for (j = 0; j < length - 3;) {
            unsigned long code = 0;
            size_t size =
                verdict.anchor[j] == '\\'
                    ? 3
                    : utf8_decode((const unsigned char *)verdict.anchor + j, length - 3 - j, &code);

            cr_assert(
                size != 0 && j + size <= length - 3, "cut in a character: %s", verdict.anchor);
            j += size;
        }
        pki_free(leaf);
        pki_free(ca);
        free(subject);
    }
}
