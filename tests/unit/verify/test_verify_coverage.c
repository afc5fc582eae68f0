/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* CRLs that are about some of a CA's certificates alone. */

static struct pki *root, *direct;

static void make_both(void)
{
    root = pki_ca("CN=Root");
    direct = pki_client("CN=direct", root);
}

static void free_both(void)
{
    pki_free(root);
    pki_free(direct);
}

TestSuite(verify_coverage, .init = make_both, .fini = free_both);

/* A clean CRL of the root whose issuing distribution point says this. */
static X509_CRL *scoped(const char *section, const struct pki *listed)
{
    struct pki_revoked line = {.certificate = listed != NULL ? listed->certificate : NULL};

    return pki_crl(&(struct pki_crl_spec){.issuer = root,
        .revoked = &line,
        .revoked_count = listed != NULL,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = section});
}

Test(verify_coverage, the_scope_of_a_crl_counts)
{
    X509_CRL *for_ca = scoped("[idp]\nonlyCA=TRUE\n", NULL);
    X509_CRL *for_users = scoped("[idp]\nonlyuser=TRUE\n", NULL);
    X509_CRL *for_attributes = scoped("[idp]\nonlyAA=TRUE\n", NULL);
    struct setup setup = {.ca = {root}, .crls = {for_users}};

    (void)verify_both(&setup, direct, VERDICT_VALID, "user certificates");
    setup.crls[0] = for_ca;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "CA certificates");
    setup.crl_missing_ok = true;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "the same, a missing one is ok");
    setup.crl_missing_ok = false;
    setup.crls[0] = for_attributes;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "attribute certificates");
    setup.crls[0] = for_ca;
    setup.crls[1] = for_users;
    (void)verify_both(&setup, direct, VERDICT_VALID, "both kinds");
    X509_CRL_free(for_ca);
    X509_CRL_free(for_users);
    X509_CRL_free(for_attributes);
}

/* RFC 5280 section 5.2.5. */
Test(verify_coverage, a_crl_of_user_certificates_alone_covers_none_of_version_1)
{
    struct pki *old = pki_make(&(struct pki_spec){.issuer = root, .version = 1});
    X509_CRL *for_users = scoped("[idp]\nonlyuser=TRUE\n", NULL);
    X509_CRL *for_ca = scoped("[idp]\nonlyCA=TRUE\n", NULL);
    X509_CRL *for_all = pki_crl(
        &(struct pki_crl_spec){.issuer = root, .this_update = -PKI_DAY, .next_update = PKI_DAY});
    X509_CRL *stale = pki_crl(&(struct pki_crl_spec){
        .issuer = root, .this_update = -2 * PKI_DAY, .next_update = -PKI_DAY});
    X509_CRL *early = pki_crl(
        &(struct pki_crl_spec){.issuer = root, .this_update = PKI_DAY, .next_update = 2 * PKI_DAY});
    X509_CRL *delta =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .number = 2, .delta_base_plus_one = 2});
    struct setup setup = {.ca = {root}, .crls = {for_users}};

    (void)verify_both(&setup, direct, VERDICT_VALID, "a version 3 certificate");
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "users' alone");
    setup.crls[1] = for_ca;
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "users' and CAs'");
    setup.crls[1] = stale;
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "and a complete one, stale");
    setup.crls[1] = early;
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "and a complete one, too early");
    setup.crls[1] = delta;
    (void)verify_both(&setup, old, VERDICT_REVOCATION_UNKNOWN, "and a delta CRL");
    setup.crls[1] = for_all;
    (void)verify_both(&setup, old, VERDICT_VALID, "and a complete one");
    setup.crls[0] = for_all;
    setup.crls[1] = NULL;
    (void)verify_both(&setup, old, VERDICT_VALID, "a complete one alone");
    X509_CRL_free(for_users);
    X509_CRL_free(for_ca);
    X509_CRL_free(for_all);
    X509_CRL_free(stale);
    X509_CRL_free(early);
    X509_CRL_free(delta);
    pki_free(old);
}

/* A clean CRL of so many days ago, for these reasons (NULL: all), that ends as many days ahead. */
static X509_CRL *of_reasons(const char *reasons, int days)
{
    char section[256];

    if (reasons == NULL)
        return pki_crl(&(struct pki_crl_spec){
            .issuer = root, .this_update = -days * PKI_DAY, .next_update = days * PKI_DAY});
    (void)snprintf(section, sizeof(section), "[idp]\nonlysomereasons=%s\n", reasons);
    return pki_crl(&(struct pki_crl_spec){.issuer = root,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = section,
        .this_update = -days * PKI_DAY,
        .next_update = days * PKI_DAY});
}

#define KEY "keyCompromise"
#define SIX                                                                                        \
    "CACompromise,affiliationChanged,superseded,cessationOfOperation,certificateHold,"             \
    "privilegeWithdrawn"
#define LAST "AACompromise"

/* A list for some reasons does not say that a certificate is good: the oldest one without which not
 * all are covered tells how old that word is. */
Test(verify_coverage, the_dates_are_those_of_the_oldest_crl_that_is_needed)
{
    static const struct row {
        struct {
            const char *reasons; /* NULL: all */
            int days;            /* 0: no more lists */
        } crls[4];
        int wanted;
    } rows[] = {
        {{{NULL, 20}, {"superseded", 1}}, 20},
        {{{NULL, 20}, {SIX, 1}, {KEY "," LAST, 2}}, 2},
        {{{NULL, 20}, {SIX, 1}, {LAST, 2}}, 20},
        {{{NULL, 2}, {SIX, 20}, {KEY, 20}, {LAST, 1}}, 2},
        {{{KEY, 3}, {SIX, 4}, {LAST, 5}}, 5},
        {{{KEY, 5}, {SIX, 4}, {LAST, 3}}, 5},
        {{{KEY, 4}, {SIX, 5}, {LAST, 3}}, 5},
        {{{KEY, 5}, {SIX, 4}, {LAST, 3}, {KEY "," LAST, 2}}, 4},
        {{{KEY, 1}, {NULL, 7}, {NULL, 6}}, 6},
    };
    size_t i, j, turned;

    for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i / 2];
        struct setup setup = {.ca = {root}};
        struct verdict verdict;
        size_t count = 0;

        while (count < 4 && row->crls[count].days != 0)
            count++;
        for (j = 0; j < count; j++) {
            turned = i % 2 == 0 ? j : count - 1 - j;
            setup.crls[j] = of_reasons(row->crls[turned].reasons, row->crls[turned].days);
        }
        verdict = verify_both(&setup, direct, VERDICT_VALID, "lists for some reasons");
        cr_expect_eq((verdict.checked_at - verdict.crl_this_update + 60) / PKI_DAY, row->wanted,
            "row %zu", i);
        cr_expect_eq((verdict.crl_next_update - verdict.checked_at + 60) / PKI_DAY, row->wanted,
            "row %zu", i);
        for (j = 0; j < count; j++)
            X509_CRL_free(setup.crls[j]);
    }
}
