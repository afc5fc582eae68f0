/* SPDX-License-Identifier: ISC */
#include "unit/trust/trust_folders.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* How one list of a CA takes the place of another. */

TestSuite(trust_succession, .init = trust_folders_make, .fini = trust_folders_free);

static const struct pki_revoked line = {.serial = 77};

static struct pki_crl_spec listing(const struct pki *issuer, long number)
{
    return (struct pki_crl_spec){
        .issuer = issuer, .revoked = &line, .revoked_count = 1, .number = number};
}

Test(trust_succession, a_crl_is_succeeded_whatever_its_key_identifier_and_scope_say)
{
    static const struct {
        const char *was[2], *is[2];
    } cases[] = {
        {{"authorityKeyIdentifier="}, {"authorityKeyIdentifier=keyid"}},
        {{"authorityKeyIdentifier=keyid"}, {"authorityKeyIdentifier="}},
        {{"2.5.29.35=DER:300480020102"}, {"authorityKeyIdentifier=keyid"}},
        {{NULL}, {"issuingDistributionPoint=@one"}},
        {{"issuingDistributionPoint=@one"}, {"issuingDistributionPoint=@two"}},
        {{"issuingDistributionPoint=@one"}, {NULL}},
        {{"issuingDistributionPoint=@user"}, {NULL}},
    };
    static const char sections[] =
        "[one]\nfullname=URI:http://one/\n[two]\nfullname=URI:http://two/\n[user]\nonlyuser=TRUE\n";
    size_t i;

    trust_put_ca("one.pem", ca);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki_crl_spec was = {.issuer = ca,
                                .number = 5,
                                .configuration = sections,
                                .extensions = {cases[i].was[0]}},
                            is = listing(ca, 6);

        is.configuration = sections;
        is.extensions[0] = cases[i].is[0];
        trust_put_crl("ca.crl", &was);
        trust_release(snapshot);
        snapshot = NULL;
        trust_load_now();
        trust_expect_lists(ca, 1, 0, "before");
        trust_put_crl("ca.crl", &is);
        trust_load_now();
        trust_expect_lists(ca, 1, 77, "after");
        trust_expect_kept(NULL);
    }
}

Test(trust_succession, a_scope_that_is_lost_is_kept)
{
    static const char sections[] = "[user]\nonlyuser=TRUE\n[ca]\nonlyCA=TRUE\n";
    struct pki_crl_spec for_users = {.issuer = ca,
                            .number = 5,
                            .configuration = sections,
                            .extensions = {"issuingDistributionPoint=critical,@user"}},
                        for_cas = listing(ca, 5);

    for_cas.configuration = sections;
    for_cas.extensions[0] = "issuingDistributionPoint=critical,@ca";
    trust_put_ca("one.pem", ca);
    trust_put_crl("users.crl", &for_users);
    trust_put_crl("cas.crl", &for_cas);
    trust_load_now();
    for_users.number = 6;
    trust_put_crl("users.crl", &for_users);
    trust_take_away(1, "cas.crl");
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "the list of CAs is gone");
    trust_expect_kept("no file holds it");
    for_users.number = 7;
    trust_put_crl("users.crl", &for_users);
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "it stays");
    for_cas.number = 7;
    trust_put_crl("cas.crl", &for_cas);
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "a new one is there");
    trust_expect_kept(NULL);
}

Test(trust_succession, a_list_that_another_key_signed_succeeds_nothing)
{
    struct pki *twin = pki_ca("CN=CA");
    struct pki_crl_spec right = listing(ca, 5), foreign = {.issuer = twin, .number = 9};

    trust_put_ca("one.pem", ca);
    trust_put_crl("ca.crl", &right);
    trust_load_now();
    trust_put_crl("ca.crl", &foreign);
    trust_load_now();
    trust_expect_lists(ca, 1, 77, "the right one stays");
    trust_expect_kept("not signed by the same CA key");
    right.number = 6;
    trust_put_crl("ca.crl", &right);
    trust_load_now();
    trust_expect_lists(ca, 1, 77, "the next one");
    trust_expect_kept(NULL);
    pki_free(twin);
}

Test(trust_succession, a_list_that_is_not_due_waits_beside_the_one_in_force)
{
    struct pki_crl_spec now = listing(ca, 5),
                        ahead = {.issuer = ca, .number = 6, .this_update = 3600};

    trust_put_ca("one.pem", ca);
    trust_put_crl("ca.crl", &now);
    trust_load_now();
    trust_put_crl("ca.crl", &ahead);
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "both");
    trust_expect_kept(NULL);
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "both, still");
    trust_load_at(time(NULL) + 3700);
    trust_expect_lists(ca, 1, 0, "the next one is due");
}

Test(trust_succession, what_a_file_that_breaks_lists_counts_at_once)
{
    struct pki_crl_spec before = {.issuer = ca, .number = 5}, after = listing(ca, 6);
    char *good, *both = NULL;

    trust_put_ca("one.pem", ca);
    trust_put_crl("ca.crl", &before);
    trust_put_crl("other.crl", &(struct pki_crl_spec){.issuer = other});
    trust_load_now();
    good = trust_crl_text(&after);
    pki_must(asprintf(&both, "%s-----BEGIN X509 CRL-----\nMIIB\n", good) > 0, "asprintf");
    trust_put_text(1, "ca.crl", both);
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "what could be read, and what was there");
    trust_expect_kept("PEM");
    trust_put_text(1, "ca.crl", good);
    trust_load_now();
    trust_expect_lists(ca, 1, 77, "mended");
    trust_expect_kept(NULL);
    free(both);
    free(good);
}

Test(trust_succession, a_broken_crl_file_beside_a_good_one_does_not_hold_it_up)
{
    struct pki_crl_spec before = {.issuer = ca, .number = 5}, after = listing(ca, 6);

    trust_put_ca("one.pem", ca);
    trust_put_crl("a.crl", &(struct pki_crl_spec){.issuer = other});
    trust_put_crl("b.crl", &before);
    trust_load_now();
    trust_put_text(1, "a.crl", "broken");
    trust_put_crl("b.crl", &after);
    trust_load_now();
    trust_expect_lists(ca, 1, 77, "the good one");
    trust_expect_kept("it is not a PEM");
}

Test(trust_succession, a_list_that_cannot_be_understood_succeeds_nothing)
{
    struct pki_crl_spec before = {.issuer = ca, .number = 5}, after = listing(ca, 6);

    after.extensions[0] = "1.2.3.4=critical,DER:0500";
    trust_put_ca("one.pem", ca);
    trust_put_crl("ca.crl", &before);
    trust_load_now();
    trust_put_crl("ca.crl", &after);
    trust_load_now();
    trust_expect_lists(ca, 2, 77, "its revocations count");
    trust_expect_kept("proves nothing");
}

Test(trust_succession, the_list_of_a_root_that_was_taken_out_goes_with_it)
{
    struct pki *below =
        pki_make(&(struct pki_spec){.subject = "CN=below", .issuer = ca, .ca = true});
    struct pki_crl_spec of_ca = listing(ca, 5), of_below = listing(below, 5);

    trust_put_ca("one.pem", ca);
    trust_put_ca("two.pem", other);
    trust_put_crl("ca.crl", &of_ca);
    trust_put_crl("other.crl", &(struct pki_crl_spec){.issuer = other});
    trust_load_now();
    trust_put_ca("one.pem", below);
    trust_put_crl("ca.crl", &of_below);
    trust_load_now();
    trust_expect_kept(NULL);
    trust_expect_lists(ca, 0, 0, "the root is out");
    trust_expect_lists(below, 1, 77, "the new one");
    trust_take_away(0, "one.pem");
    trust_put_crl("ca.crl", &(struct pki_crl_spec){.issuer = other});
    trust_load_now();
    trust_expect_kept("no file holds it");
    trust_expect_lists(below, 1, 77, "a client may still send the CA along");
    pki_free(below);
}

/* No list of the three takes the place of another. */
Test(trust_succession, several_lists_that_are_kept_for_one_reason_are_told_once)
{
    const struct pki_crl_spec specs[] = {{.issuer = ca, .number = 9, .this_update = -5 * 86400},
        {.issuer = ca, .number = 8, .this_update = -4 * 86400},
        {.issuer = ca, .number = 7, .this_update = -3 * 86400}};
    size_t i;

    trust_put_ca("one.pem", ca);
    for (i = 0; i < 3; i++) {
        trust_put_crl("ca.crl", &specs[i]);
        trust_load_now();
    }
    trust_expect_lists(ca, 3, 0, "all");
    trust_expect_kept("lower CRL number");
    cr_expect_eq(trust_kept_count(snapshot), 1);
}
