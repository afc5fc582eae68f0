/* SPDX-License-Identifier: ISC */
#include "certificate/certificate.h"
#include "certificate/identity.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_findings.h"

#include <criterion/criterion.h>
#include <string.h>

Test(verify_findings, each_error_is_kept_once_and_what_does_not_fit_is_marked)
{
    struct findings findings = {.count = 0};
    int i, round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < FINDINGS_MAX; i++)
            findings_add(&findings, X509_V_ERR_CERT_HAS_EXPIRED, i);
        cr_expect(findings.count == FINDINGS_MAX && !findings.too_many, "%zu", findings.count);
    }
    findings_add(&findings, X509_V_ERR_CERT_REVOKED, 0);
    cr_expect(findings.count == FINDINGS_MAX && findings.too_many);
}

/* Whatever came first. */
Test(verify_findings, the_worst_error_counts_and_of_those_alike_the_first)
{
    static const struct {
        int codes[3];
        int worst;
        enum verdict_status status;
    } rows[] = {
        {{X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_REVOKED, X509_V_ERR_UNABLE_TO_GET_CRL}, 1,
            VERDICT_REVOKED},
        {{X509_V_ERR_CERT_REVOKED, X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_UNABLE_TO_GET_CRL}, 0,
            VERDICT_REVOKED},
        {{X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_INVALID_CA}, 2,
            VERDICT_UNTRUSTED},
        {{X509_V_ERR_INVALID_CA, X509_V_ERR_PATH_LENGTH_EXCEEDED, X509_V_ERR_INVALID_EXTENSION}, 0,
            VERDICT_UNTRUSTED}};
    const struct verify_options options = {.depth = 1};
    size_t i, j;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct findings findings = {.options = &options};
        enum verdict_status status;

        for (j = 0; j < 3; j++)
            findings_add(&findings, rows[i].codes[j], 0);
        cr_expect_eq(
            findings_judge(&findings, &status), &findings.errors[rows[i].worst], "row %zu", i);
        cr_expect_eq(status, rows[i].status, "row %zu: %s", i, verdict_status_name(status));
    }
}

/* The purpose is looked at before the dates. */
Test(verify_findings, what_is_worse_is_found_behind_a_wrong_purpose)
{
    struct pki *root = pki_make(&(struct pki_spec){
        .subject = "CN=Root", .ca = true, .not_before = -20 * PKI_DAY, .not_after = -PKI_DAY});
    struct pki *server =
        pki_make(&(struct pki_spec){.issuer = root, .extensions = {"extendedKeyUsage=serverAuth"}});
    struct verdict verdict =
        verify_both(&(struct setup){.ca = {root}}, server, VERDICT_UNTRUSTED, "an old CA");

    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_HAS_EXPIRED, "%s", verdict.reason);
    cr_expect_eq(verdict.error_depth, 1, "%s", verdict.reason);
    pki_free(server);
    pki_free(root);
}

/* Twelve certificates, each out of date, too weak for level 5 and with a critical extension that
 * nobody knows: one of these is enough. */
Test(verify_findings, the_first_error_that_makes_it_untrusted_ends_the_verification)
{
    struct setup setup = {.level_plus_one = 6, .depth_plus_one = 20};
    struct pki *all[CERTIFICATE_MAX_CHAIN + 2];
    struct verdict verdict;
    int i, last = CERTIFICATE_MAX_CHAIN + 1;

    for (i = last; i >= 0; i--)
        all[i] = pki_make(&(struct pki_spec){.subject = i == last ? "CN=Root" : "CN=Below",
            .issuer = i == last ? NULL : all[i + 1],
            .ca = i > 0,
            .not_before = -2 * PKI_DAY,
            .not_after = -PKI_DAY,
            .extensions = {"1.2.3.4=critical,DER:0500"}});
    setup.ca[0] = all[last];
    for (i = 1; i < last; i++)
        setup.chain[i - 1] = all[i];
    verdict = verify_both(&setup, all[0], VERDICT_UNTRUSTED, "36 errors");
    cr_expect_neq(verdict.error_code, X509_V_ERR_CERT_UNTRUSTED, "%s", verdict.reason);
    for (i = 0; i <= last; i++)
        pki_free(all[i]);
}

Test(verify_findings, the_reason_says_whose_it_is_only_above_the_leaf)
{
    struct pki *root = pki_ca("CN=Root"), *old, *leaf, *under;
    struct setup setup = {.ca = {root}};
    struct verdict verdict;

    old = pki_make(&(struct pki_spec){.subject = "CN=Old",
        .issuer = root,
        .ca = true,
        .not_before = -2 * PKI_DAY,
        .not_after = -PKI_DAY});
    under = pki_client("CN=under", old);
    leaf = pki_make(
        &(struct pki_spec){.issuer = root, .not_before = -2 * PKI_DAY, .not_after = -PKI_DAY});
    verdict = verify_both(&setup, leaf, VERDICT_EXPIRED, "the leaf's");
    cr_expect_str_eq(verdict.reason, verdict_error_words(X509_V_ERR_CERT_HAS_EXPIRED));
    setup.chain[0] = old;
    verdict = verify_both(&setup, under, VERDICT_UNTRUSTED, "the issuer's");
    cr_expect_not_null(strstr(verdict.reason, "(certificate 1 of its chain"), "%s", verdict.reason);
    pki_free(root);
    pki_free(old);
    pki_free(leaf);
    pki_free(under);
}

/* A CRL that lists one certificate with a reason. */
static X509_CRL *listing(const struct pki *issuer, const struct pki *who, int reason)
{
    struct pki_revoked line = {.certificate = who->certificate, .reason = reason};

    return pki_crl(&(struct pki_crl_spec){.issuer = issuer, .revoked = &line, .revoked_count = 1});
}

Test(verify_findings, of_several_revocations_the_leafs_own_is_told)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *leaf = pki_client("CN=leaf", between);
    X509_CRL *one = listing(between, leaf, 4), *two = listing(root, between, 2);
    struct setup setup = {.ca = {root}, .chain = {between}, .crls = {one, two}};
    struct verdict verdict = verify_both(&setup, leaf, VERDICT_REVOKED, "leaf and issuer");

    cr_expect_eq(verdict.error_depth, 0);
    cr_expect_str_eq(verdict.revocation_reason, "superseded");
    X509_CRL_free(one);
    X509_CRL_free(two);
    pki_free(root);
    pki_free(between);
    pki_free(leaf);
}

Test(verify_findings, the_revocation_of_what_is_refused_anyway_is_unknown)
{
    struct pki *root = pki_ca("CN=Root"), *stranger = pki_ca("CN=Stranger");
    struct pki *server =
        pki_make(&(struct pki_spec){.issuer = root, .extensions = {"extendedKeyUsage=serverAuth"}});
    struct pki *foreign = pki_client("CN=foreign", stranger);
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = root});
    struct setup setup = {.ca = {root}, .crls = {crl}};

    cr_expect_eq(verify_both(&setup, server, VERDICT_WRONG_PURPOSE, "a server's").revocation,
        REVOCATION_UNKNOWN);
    cr_expect_eq(verify_both(&setup, foreign, VERDICT_UNTRUSTED, "a stranger's").revocation,
        REVOCATION_UNKNOWN);
    X509_CRL_free(crl);
    pki_free(root);
    pki_free(stranger);
    pki_free(server);
    pki_free(foreign);
}

/* The delta CRL's indicator is its first extension here. */
Test(verify_findings, a_delta_crl_without_a_number_is_no_complete_one)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *old = pki_make(&(struct pki_spec){.issuer = root, .version = 1});
    X509_CRL *delta =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .number = -1, .delta_base_plus_one = 2});
    X509_CRL *for_users = pki_crl(&(struct pki_crl_spec){.issuer = root,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nonlyuser=TRUE\n"});
    struct setup setup = {.ca = {root}, .crls = {for_users, delta}};

    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "users' alone and a delta");
    X509_CRL_free(delta);
    X509_CRL_free(for_users);
    pki_free(root);
    pki_free(old);
}

/* RFC 5280 sections 5.1.2.4 and 5.1.2.5: thisUpdate and nextUpdate are within. */
Test(verify_findings, a_complete_crl_covers_version_1_from_its_first_second_to_its_last)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *old = pki_make(&(struct pki_spec){.issuer = root, .version = 1});
    X509_CRL *for_all =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .this_update = -1800, .next_update = 1800});
    X509_CRL *for_users = pki_crl(&(struct pki_crl_spec){.issuer = root,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nonlyuser=TRUE\n"});
    struct setup setup = {.ca = {root}, .crls = {for_users, for_all}};
    time_t first = 0, last = 0;

    cr_assert(identity_time(X509_CRL_get0_lastUpdate(for_all), &first));
    cr_assert(identity_time(X509_CRL_get0_nextUpdate(for_all), &last));
    setup.at_time = first - 1;
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "before thisUpdate");
    setup.at_time = first;
    (void)verify_both(&setup, old, VERDICT_VALID, "at thisUpdate");
    setup.at_time = last;
    (void)verify_both(&setup, old, VERDICT_VALID, "at nextUpdate");
    setup.at_time = last + 1;
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "after nextUpdate");
    X509_CRL_free(for_all);
    X509_CRL_free(for_users);
    pki_free(root);
    pki_free(old);
}
