/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <string.h>

static struct pki *root, *between, *leaf, *direct;

/* A root with an intermediate and its leaf, and with a leaf of its own. */
static void make_all(void)
{
    root = pki_ca("CN=Root");
    between = pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    leaf = pki_client("CN=leaf", between);
    direct = pki_client("CN=direct", root);
}

static void free_all(void)
{
    pki_free(root);
    pki_free(between);
    pki_free(leaf);
    pki_free(direct);
}

TestSuite(verify_revocation, .init = make_all, .fini = free_all);

/* An empty CRL with these times in seconds from now. */
static X509_CRL *clean(const struct pki *issuer, long this_update, long next_update)
{
    return pki_crl(&(struct pki_crl_spec){
        .issuer = issuer, .this_update = this_update, .next_update = next_update});
}

/* A CRL that lists one certificate. */
static X509_CRL *listing(
    const struct pki *issuer, const struct pki *who, int reason, long this_update, long next_update)
{
    struct pki_revoked line = {.certificate = who->certificate, .reason = reason};

    return pki_crl(&(struct pki_crl_spec){.issuer = issuer,
        .revoked = &line,
        .revoked_count = 1,
        .this_update = this_update,
        .next_update = next_update});
}

/* Judges the root's own leaf with these CRLs, and frees them. */
static struct verdict judge_direct(
    X509_CRL *one, X509_CRL *two, enum verdict_status wanted, const char *what)
{
    struct setup setup = {.ca = {root}, .crls = {one, two}};
    struct verdict verdict = verify_both(&setup, direct, wanted, what);

    X509_CRL_free(one);
    X509_CRL_free(two);
    return verdict;
}

Test(verify_revocation, a_current_crl_that_does_not_list_it_is_good)
{
    struct verdict verdict = judge_direct(clean(root, 0, 0), NULL, VERDICT_VALID, "clean CRL");

    cr_expect_eq(verdict.revocation, REVOCATION_GOOD);
    cr_expect_eq(verdict.revoked_at, 0);
    cr_expect_null(verdict.revocation_reason);
    cr_expect(verdict.crl_this_update != 0 && verdict.crl_this_update < verdict.checked_at);
    cr_expect_gt(verdict.crl_next_update, verdict.checked_at);
    cr_expect_leq(verdict.good_until, verdict.crl_next_update + 1);
}

Test(verify_revocation, the_dates_are_those_of_its_issuers_newest_crl)
{
    struct pki *other = pki_ca("CN=Other");
    X509_CRL *old = clean(root, -5 * PKI_DAY, 5 * PKI_DAY),
             *new = clean(root, -2 * PKI_DAY, 9 * PKI_DAY);
    X509_CRL *newest = clean(other, -PKI_DAY, 20 * PKI_DAY);
    struct setup setups[] = {
        {.ca = {root}, .crls = {old, new, newest}}, {.ca = {root}, .crls = {newest, new, old}}};
    int i;

    for (i = 0; i < 2; i++) {
        struct verdict verdict = verify_both(&setups[i], direct, VERDICT_VALID, "three CRLs");

        cr_expect_eq((verdict.checked_at - verdict.crl_this_update + 60) / PKI_DAY, 2);
        cr_expect_eq((verdict.crl_next_update - verdict.checked_at + 60) / PKI_DAY, 9);
    }
    X509_CRL_free(old);
    X509_CRL_free(new);
    X509_CRL_free(newest);
    pki_free(other);
}

Test(verify_revocation, a_revoked_leaf_is_told_with_date_and_reason)
{
    static const char *const reasons[] = {NULL, "keyCompromise", "cACompromise",
        "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", NULL, NULL,
        "privilegeWithdrawn", "aACompromise", NULL, NULL};
    int reason;

    for (reason = 0; reason <= 12; reason++) {
        struct verdict verdict;

        /* removeFromCRL belongs to delta CRLs. */
        if (reason == 8)
            continue;
        verdict = judge_direct(
            listing(root, direct, reason, 0, 0), NULL, VERDICT_REVOKED, "a revoked leaf");

        cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_REVOKED);
        cr_expect_eq(verdict.error_depth, 0);
        cr_expect_eq(verdict.revocation, REVOCATION_REVOKED);
        cr_expect(verdict.revoked_at != 0 && verdict.revoked_at < verdict.checked_at);
        cr_expect_gt(verdict.crl_next_update, verdict.checked_at);
        if (reasons[reason] == NULL)
            cr_expect_null(verdict.revocation_reason);
        else
            cr_expect_str_eq(verdict.revocation_reason, reasons[reason]);
    }
}

Test(verify_revocation, a_revocation_counts_on_a_stale_crl_and_on_one_of_several)
{
    struct verdict verdict;

    verdict = judge_direct(
        listing(root, direct, 1, -9 * PKI_DAY, -PKI_DAY), NULL, VERDICT_REVOKED, "on a stale CRL");
    cr_expect_lt(verdict.crl_next_update, verdict.checked_at);
    cr_expect_str_eq(verdict.revocation_reason, "keyCompromise");
    (void)judge_direct(listing(root, direct, 1, -9 * PKI_DAY, -PKI_DAY), clean(root, 0, 0),
        VERDICT_REVOKED, "on a stale CRL beside a clean current one");
    (void)judge_direct(clean(root, 0, 0), listing(root, direct, 0, -9 * PKI_DAY, PKI_DAY),
        VERDICT_REVOKED, "on the older of two current ones");
    (void)judge_direct(clean(root, -9 * PKI_DAY, PKI_DAY), listing(root, direct, 0, 0, 0),
        VERDICT_REVOKED, "on the newer of two current ones");
    (void)judge_direct(listing(root, direct, 1, PKI_DAY, 2 * PKI_DAY), clean(root, 0, 0),
        VERDICT_REVOKED, "on one that is not yet valid");
}

Test(verify_revocation, a_revoked_intermediate_refuses_its_leaves)
{
    X509_CRL *of_root = listing(root, between, 2, 0, 0), *of_between = clean(between, 0, 0);
    struct setup setup = {.ca = {root}, .chain = {between}, .crls = {of_root, of_between}};
    struct verdict verdict = verify_both(&setup, leaf, VERDICT_REVOKED, "revoked intermediate");

    cr_expect_eq(verdict.error_depth, 1);
    cr_expect_str_eq(verdict.revocation_reason, "cACompromise");
    setup.crl_leaf = true;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the leaf's revocation alone is asked for");
    setup.crl_leaf = false;
    X509_CRL_free(of_root);
    of_root = listing(root, between, 1, -9 * PKI_DAY, -PKI_DAY);
    setup.crls[0] = of_root;
    setup.crls[2] = clean(root, 0, 0);
    verdict = verify_both(&setup, leaf, VERDICT_REVOKED, "on a stale CRL beside a current one");
    cr_expect_eq(verdict.error_depth, 1);
    setup.crl_leaf = true;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the same, for the leaf alone");
    X509_CRL_free(setup.crls[2]);
    X509_CRL_free(of_root);
    X509_CRL_free(of_between);
}

Test(verify_revocation, what_cannot_be_told_is_never_valid)
{
    struct pki *twin = pki_ca("CN=Root"), *other = pki_ca("CN=Other");
    X509_CRL *broken = clean(root, 0, 0), *copy;
    const ASN1_BIT_STRING *signature = NULL;
    struct verdict verdict;

    verdict = judge_direct(clean(other, 0, 0), NULL, VERDICT_REVOCATION_UNKNOWN, "no CRL of it");
    cr_expect_eq(verdict.error_code, X509_V_ERR_UNABLE_TO_GET_CRL);
    cr_expect_eq(verdict.revocation, REVOCATION_UNKNOWN);
    verdict = judge_direct(
        clean(root, -9 * PKI_DAY, -PKI_DAY), NULL, VERDICT_REVOCATION_UNKNOWN, "stale CRL");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CRL_HAS_EXPIRED);
    cr_expect_eq(verdict.revocation, REVOCATION_UNKNOWN);
    verdict = judge_direct(
        clean(root, PKI_DAY, 0), NULL, VERDICT_REVOCATION_UNKNOWN, "CRL not yet valid");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CRL_NOT_YET_VALID);
    (void)judge_direct(
        clean(twin, 0, 0), NULL, VERDICT_REVOCATION_UNKNOWN, "a CA of the same name");
    (void)judge_direct(listing(twin, direct, 1, 0, 0), NULL, VERDICT_REVOCATION_UNKNOWN,
        "revoked by a CA of the same name");
    X509_CRL_get0_signature(broken, &signature, NULL);
    signature->data[signature->length - 1] ^= 1;
    copy = broken;
    verdict = judge_direct(copy, NULL, VERDICT_REVOCATION_UNKNOWN, "wrong signature");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CRL_SIGNATURE_FAILURE);
    pki_free(twin);
    pki_free(other);
}

/* A CA that changed its key, and only the old one's list. */
Test(verify_revocation, a_crl_by_another_key_of_the_ca_is_told_as_that)
{
    struct pki *twin = pki_ca("CN=Root"), *client = pki_client("CN=Dan", twin);
    X509_CRL *old = clean(root, 0, 0);
    struct setup setup = {.ca = {root, twin}, .crls = {old}};
    struct verdict verdict =
        verify_both(&setup, client, VERDICT_REVOCATION_UNKNOWN, "the old key's");

    cr_expect_eq(verdict.cause, CAUSE_CRL_OTHER_KEY);
    cr_expect_not_null(
        strstr(verdict.reason, "only by another key of that name: CN=Root"), "%s", verdict.reason);
    setup.crl_missing_ok = true;
    (void)verify_both(&setup, client, VERDICT_REVOCATION_UNKNOWN, "not missing");
    X509_CRL_free(old);
    pki_free(client);
    pki_free(twin);
}

Test(verify_revocation, an_entry_on_a_crl_with_a_wrong_signature_says_nothing)
{
    X509_CRL *broken = listing(root, direct, 1, 0, 0);
    const ASN1_BIT_STRING *signature = NULL;
    struct verdict verdict;

    X509_CRL_get0_signature(broken, &signature, NULL);
    signature->data[signature->length - 1] ^= 1;
    verdict = judge_direct(broken, NULL, VERDICT_REVOCATION_UNKNOWN, "wrong signature");
    cr_expect_eq(verdict.revoked_at, 0);
    cr_expect_null(verdict.revocation_reason);
}

Test(verify_revocation, a_crl_without_an_end_is_no_current_one)
{
    struct verdict verdict =
        judge_direct(pki_crl(&(struct pki_crl_spec){.issuer = root, .no_next_update = true}), NULL,
            VERDICT_REVOCATION_UNKNOWN, "no nextUpdate");
    struct pki_revoked line = {.certificate = direct->certificate};
    X509_CRL *listed = pki_crl(&(struct pki_crl_spec){
        .issuer = root, .no_next_update = true, .revoked = &line, .revoked_count = 1});

    cr_expect_eq(verdict.error_code, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD);
    (void)judge_direct(listed, NULL, VERDICT_REVOKED, "revoked there");
}

Test(verify_revocation, each_issuer_of_the_chain_needs_a_crl_but_the_anchor)
{
    X509_CRL *of_root = clean(root, 0, 0), *of_between = clean(between, 0, 0);
    struct setup setup = {.ca = {root}, .chain = {between}, .crls = {of_root, of_between}};
    struct verdict verdict;

    (void)verify_both(&setup, leaf, VERDICT_VALID, "both");
    setup.crls[1] = NULL;
    verdict = verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "the root's alone");
    cr_expect_eq(verdict.error_depth, 0);
    setup.crls[0] = of_between;
    verdict = verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "the intermediate's alone");
    cr_expect_eq(verdict.error_depth, 1);
    cr_expect_eq(verdict.revocation, REVOCATION_GOOD, "the leaf's own is known");
    setup.crl_leaf = true;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the leaf's is all that is asked for");
    setup.crl_leaf = false;
    setup.ca[0] = between;
    setup.chain[0] = NULL;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the intermediate is the anchor");
    X509_CRL_free(of_root);
    X509_CRL_free(of_between);
}

Test(verify_revocation, crl_missing_ok_forgives_a_missing_crl_and_nothing_else)
{
    struct pki *other = pki_ca("CN=Other");
    X509_CRL *of_other = clean(other, 0, 0), *stale = clean(root, -9 * PKI_DAY, -PKI_DAY);
    X509_CRL *endless = pki_crl(&(struct pki_crl_spec){.issuer = root, .no_next_update = true});
    X509_CRL *early = clean(root, PKI_DAY, 0), *broken = clean(root, 0, 0);
    X509_CRL *revoked = listing(root, direct, 0, -9 * PKI_DAY, -PKI_DAY);
    X509_CRL *bad[] = {stale, early, broken, endless};
    const ASN1_BIT_STRING *signature = NULL;
    struct setup setup = {.ca = {root}, .crls = {of_other}, .crl_missing_ok = true};
    struct verdict verdict = verify_both(&setup, direct, VERDICT_VALID, "missing");
    size_t i;

    cr_expect_eq(verdict.revocation, REVOCATION_UNKNOWN);
    setup.require_crl = true;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "missing, but required");
    setup.require_crl = false;
    X509_CRL_get0_signature(broken, &signature, NULL);
    signature->data[signature->length - 1] ^= 1;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup.crls[0] = bad[i];
        (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "there, but not good");
        X509_CRL_free(bad[i]);
    }
    setup.crls[0] = revoked;
    (void)verify_both(&setup, direct, VERDICT_REVOKED, "revoked");
    X509_CRL_free(revoked);
    X509_CRL_free(of_other);
    pki_free(other);
}

Test(verify_revocation, a_missing_crl_about_a_ca_above_is_told_where_it_is_forgiven)
{
    struct pki *middle =
        pki_make(&(struct pki_spec){.subject = "CN=Forgiven", .issuer = root, .ca = true});
    struct pki *below = pki_client("CN=below", middle);
    X509_CRL *of_middle = clean(middle, 0, 0), *of_root = clean(root, 0, 0);
    struct setup setup = {
        .ca = {root}, .intermediates = {middle}, .crls = {of_middle}, .crl_missing_ok = true};
    struct verdict verdict = verify_both(&setup, below, VERDICT_VALID, "the root's is missing");

    cr_expect_eq(verdict.revocation, REVOCATION_GOOD);
    cr_expect(verdict.above_unknown);
    setup.crls[1] = of_root;
    verdict = verify_both(&setup, below, VERDICT_VALID, "both are there");
    cr_expect_not(verdict.above_unknown);
    X509_CRL_free(of_middle);
    X509_CRL_free(of_root);
    pki_free(below);
    pki_free(middle);
}

Test(verify_revocation, a_crl_may_be_required_though_none_is_there)
{
    struct setup setup = {.ca = {root}};
    struct verdict verdict = verify_both(&setup, direct, VERDICT_VALID, "none is asked for");

    cr_expect_eq(verdict.revocation, REVOCATION_NOT_CHECKED);
    setup.require_crl = true;
    verdict = verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "required");
    cr_expect_eq(verdict.revocation, REVOCATION_UNKNOWN);
    cr_expect_eq(verdict.error_code, X509_V_ERR_UNABLE_TO_GET_CRL);
}

Test(verify_revocation, a_crl_with_an_unknown_critical_extension_is_not_used)
{
    X509_CRL *crl = pki_crl(
        &(struct pki_crl_spec){.issuer = root, .extensions = {"1.2.3.4=critical,DER:0500"}});

    (void)judge_direct(crl, NULL, VERDICT_REVOCATION_UNKNOWN, "critical extension");
}

Test(verify_revocation, the_verdict_is_good_until_the_next_date_of_any_crl)
{
    time_t now = time(NULL);
    X509_CRL *one = clean(root, -2 * PKI_DAY, 3 * PKI_DAY), *two = clean(root, -PKI_DAY, PKI_DAY);
    struct setup setup = {.ca = {root}, .crls = {one, two}, .at_time = now};
    struct verdict verdict = verify_both(&setup, direct, VERDICT_VALID, "two CRLs");
    struct verdict later;

    cr_expect(verdict.good_until > now && verdict.good_until <= now + PKI_DAY + 2);
    cr_expect(verdict.good_from >= now - 3600 - 2 && verdict.good_from <= now);
    setup.at_time = verdict.good_until - 1;
    later = verify_both(&setup, direct, VERDICT_VALID, "in the interval's last second");
    cr_expect_eq(later.good_until, verdict.good_until);
    cr_expect_eq(later.good_from, verdict.good_from);
    X509_CRL_free(two);
    setup.crls[1] = NULL;
    setup.at_time = now + 3 * PKI_DAY + 2;
    verdict = verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "nextUpdate has passed");
    cr_expect_lt(verdict.good_from, verdict.checked_at);
    cr_expect_gt(verdict.good_until, verdict.checked_at);
    X509_CRL_free(one);
}

Test(verify_revocation, a_certificate_refused_for_another_reason_tells_of_no_revocation)
{
    struct pki *wrong =
        pki_make(&(struct pki_spec){.issuer = root, .extensions = {"extendedKeyUsage=serverAuth"}});
    X509_CRL *crl = listing(root, wrong, 1, 0, 0);
    struct setup setup = {.ca = {root}, .crls = {crl}};
    struct verdict verdict =
        verify_both(&setup, wrong, VERDICT_WRONG_PURPOSE, "revoked and of the wrong purpose");

    cr_expect_eq(verdict.revoked_at, 0);
    cr_expect_null(verdict.revocation_reason);
    X509_CRL_free(crl);
    pki_free(wrong);
}
