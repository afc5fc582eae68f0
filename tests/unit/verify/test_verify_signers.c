/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>

/* Who may sign the CRLs of a CA beside the key that signed its certificates. */

static struct pki *root, *direct;

static void begin(void)
{
    root = pki_ca("CN=Root");
    direct = pki_client("CN=direct", root);
}

static void end(void)
{
    pki_free(direct);
    pki_free(root);
}

TestSuite(verify_signers, .init = begin, .fini = end);

/* Whether a list by this key counts for a leaf of the first of these CAs. */
static void expect_signer(const struct setup *setup, const struct pki *first,
    const struct pki *signer, bool counts, const char *what)
{
    struct setup its = *setup;
    struct pki *client = pki_client("CN=x", first);

    its.crls[0] = pki_crl(&(struct pki_crl_spec){.issuer = signer});
    its.crl_leaf = true;
    its.without_second_judge = true;
    (void)verify_both(&its, client, counts ? VERDICT_VALID : VERDICT_REVOCATION_UNKNOWN, what);
    X509_CRL_free(its.crls[0]);
    pki_free(client);
}

/* The issuer and three others of its name: beside each other, and above each other. */
Test(verify_signers, four_keys_of_a_ca_speak_for_it_and_no_fifth)
{
    struct setup beside = {.ca = {root}}, above = {.ca = {root}};
    struct pki *siblings[5], *row[5];
    int i;

    for (i = 0; i < 5; i++) {
        siblings[i] =
            pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
        row[i] = pki_make(&(struct pki_spec){
            .subject = "CN=Between", .issuer = i > 0 ? row[i - 1] : root, .ca = true});
        beside.intermediates[i] = siblings[i];
        above.intermediates[i] = row[i];
    }
    expect_signer(&beside, siblings[0], siblings[0], true, "the issuer");
    expect_signer(&beside, siblings[0], siblings[3], true, "the third beside it");
    expect_signer(&beside, siblings[0], siblings[4], false, "the fourth beside it");
    expect_signer(&above, row[4], row[1], true, "the third above it");
    expect_signer(&above, row[4], row[0], false, "the fourth above it");
    /* A list by the issuer's own key, whatever it is worth, is not made good by another's. */
    beside.crls[1] = pki_crl(&(struct pki_crl_spec){
        .issuer = siblings[0], .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY});
    expect_signer(&beside, siblings[0], siblings[3], false, "a stale list by the issuer");
    X509_CRL_free(beside.crls[1]);
    beside.crls[1] = pki_crl(
        &(struct pki_crl_spec){.issuer = siblings[0], .extensions = {"1.2.3.4=critical,DER:0500"}});
    expect_signer(&beside, siblings[0], siblings[3], false, "one that cannot be read whole");
    X509_CRL_free(beside.crls[1]);
    beside.crls[1] = pki_crl(&(struct pki_crl_spec){.issuer = siblings[0],
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nonlyCA=TRUE\n"});
    expect_signer(&beside, siblings[0], siblings[3], true, "one for other certificates");
    X509_CRL_free(beside.crls[1]);
    for (i = 4; i >= 0; i--) {
        pki_free(siblings[i]);
        pki_free(row[i]);
    }
}

Test(verify_signers, what_the_list_of_any_key_of_the_ca_lists_is_revoked)
{
    struct setup setup = {.ca = {root}, .crl_leaf = true, .without_second_judge = true};
    struct pki *siblings[6], *client;
    struct pki_revoked revoked = {.certificate = NULL};
    size_t i;

    for (i = 0; i < 6; i++) {
        siblings[i] =
            pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
        setup.intermediates[i] = siblings[i];
    }
    client = pki_client("CN=x", siblings[0]);
    revoked.certificate = client->certificate;
    setup.crls[0] = pki_crl(&(struct pki_crl_spec){.issuer = siblings[0]});
    for (i = 1; i < 6; i++) {
        setup.crls[1] = pki_crl(
            &(struct pki_crl_spec){.issuer = siblings[i], .revoked = &revoked, .revoked_count = 1});
        (void)verify_both(&setup, client, VERDICT_REVOKED, "on the list of another key");
        X509_CRL_free(setup.crls[1]);
    }
    X509_CRL_free(setup.crls[0]);
    pki_free(client);
    for (i = 0; i < 6; i++)
        pki_free(siblings[i]);
}

/* A CA changed its key, and the former key's last list is in force yet: what was revoked since then
 * is on the new key's list alone. */
Test(verify_signers, what_another_key_of_the_ca_lists_is_revoked_whatever_its_own_list_says)
{
    struct pki *before = pki_make(
                   &(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true}),
               *after = pki_make(
                   &(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true}),
               *client = pki_client("CN=x", before), *other = pki_client("CN=y", before);
    const struct pki_revoked revoked = {.certificate = client->certificate},
                             held = {.certificate = client->certificate, .reason = 6};
    struct setup setup = {.ca = {root},
        .intermediates = {before, after},
        .crl_leaf = true,
        .without_second_judge = true,
        .crls = {pki_crl(&(struct pki_crl_spec){
                     .issuer = before, .this_update = -9 * PKI_DAY, .number = 1}),
            pki_crl(&(struct pki_crl_spec){
                .issuer = after, .revoked = &revoked, .revoked_count = 1, .number = 2})}};

    (void)verify_both(&setup, client, VERDICT_REVOKED, "on the list of the new key");
    (void)verify_both(&setup, other, VERDICT_VALID, "on neither");
    X509_CRL_free(setup.crls[0]);
    X509_CRL_free(setup.crls[1]);
    setup.crls[0] = pki_crl(&(struct pki_crl_spec){.issuer = before,
        .revoked = &held,
        .revoked_count = 1,
        .this_update = -9 * PKI_DAY,
        .number = 1});
    setup.crls[1] = pki_crl(&(struct pki_crl_spec){.issuer = after, .number = 2});
    (void)verify_both(&setup, client, VERDICT_REVOKED, "another key releases nothing");
    X509_CRL_free(setup.crls[0]);
    X509_CRL_free(setup.crls[1]);
    pki_free(other);
    pki_free(client);
    pki_free(after);
    pki_free(before);
}

/* A CA has had its certificate renewed three times with its key, and all are kept: they are one
 * signer. */
Test(verify_signers, certificates_of_one_key_leave_room_for_the_lists_of_another)
{
    struct pki *before = pki_make(
                   &(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true}),
               *after = pki_make(
                   &(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true}),
               *again[3], *client = pki_client("CN=x", before);
    const struct pki_revoked revoked = {.certificate = client->certificate};
    struct setup setup = {.ca = {root},
        .intermediates = {before},
        .crl_leaf = true,
        .without_second_judge = true,
        .crls = {pki_crl(&(struct pki_crl_spec){.issuer = before}),
            pki_crl(
                &(struct pki_crl_spec){.issuer = after, .revoked = &revoked, .revoked_count = 1})}};
    int i;

    for (i = 0; i < 3; i++) {
        again[i] = pki_make(&(struct pki_spec){
            .subject = "CN=Between", .issuer = root, .ca = true, .same_key_as = before});
        setup.intermediates[1 + i] = again[i];
    }
    setup.intermediates[4] = after;
    (void)verify_both(&setup, client, VERDICT_REVOKED, "on the list of the new key");
    for (i = 0; i < 3; i++)
        pki_free(again[i]);
    X509_CRL_free(setup.crls[0]);
    X509_CRL_free(setup.crls[1]);
    pki_free(client);
    pki_free(after);
    pki_free(before);
}

/* With the whole chain the certificate of such a signer must be known to be good, too. */
Test(verify_signers, a_key_whose_own_certificate_may_be_revoked_speaks_for_nobody)
{
    struct pki *one =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *other =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *leaf = pki_client("CN=x", one);
    const struct pki_revoked line = {.certificate = other->certificate};
    const struct {
        const char *what;
        struct pki_crl_spec spec;
        enum verdict_status wanted;
    } rows[] = {
        {"good", {.issuer = root}, VERDICT_VALID},
        {"revoked", {.issuer = root, .revoked = &line, .revoked_count = 1},
            VERDICT_REVOCATION_UNKNOWN},
        {"not known to be good",
            {.issuer = root, .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY},
            VERDICT_REVOCATION_UNKNOWN},
    };
    X509_CRL *by_other = pki_crl(&(struct pki_crl_spec){.issuer = other});
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct setup setup = {.ca = {root},
            .intermediates = {one, other},
            .crls = {by_other, pki_crl(&rows[i].spec)},
            .without_second_judge = true};
        struct verdict verdict = verify_both(&setup, leaf, rows[i].wanted, rows[i].what);

        if (rows[i].wanted != VERDICT_VALID)
            cr_expect_eq(verdict.error_depth, 0, "%s: the leaf itself", rows[i].what);
        X509_CRL_free(setup.crls[1]);
    }
    X509_CRL_free(by_other);
    pki_free(leaf);
    pki_free(other);
    pki_free(one);
}

/* What such a signer lists counts as little. */
Test(verify_signers, a_key_whose_own_certificate_is_revoked_revokes_nothing)
{
    struct pki *one =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *other =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *leaf = pki_client("CN=x", one);
    const struct pki_revoked line = {.certificate = leaf->certificate},
                             above = {.certificate = other->certificate};
    struct setup setup = {.ca = {root},
        .intermediates = {one, other},
        .crls = {pki_crl(&(struct pki_crl_spec){.issuer = one}),
            pki_crl(&(struct pki_crl_spec){.issuer = other, .revoked = &line, .revoked_count = 1}),
            pki_crl(&(struct pki_crl_spec){.issuer = root})},
        .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "by one that is good");
    X509_CRL_free(setup.crls[2]);
    setup.crls[2] =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .revoked = &above, .revoked_count = 1});
    (void)verify_both(&setup, leaf, VERDICT_VALID, "by one that is revoked");
    X509_CRL_free(setup.crls[0]);
    X509_CRL_free(setup.crls[1]);
    X509_CRL_free(setup.crls[2]);
    pki_free(leaf);
    pki_free(other);
    pki_free(one);
}

/* Of several certificates of its key one that may sign lists is enough, in whatever order. */
Test(verify_signers, one_certificate_of_a_key_that_may_sign_lists_is_enough)
{
    const struct pki_spec with = {.subject = "CN=Between", .issuer = root, .ca = true};
    struct pki_spec spec = with;
    struct pki *one = pki_make(&with), *may = pki_make(&with), *may_not, *nor;
    struct setup setup = {.ca = {root}};

    spec.same_key_as = may;
    spec.extensions[0] = "keyUsage=critical,keyCertSign";
    may_not = pki_make(&spec);
    nor = pki_make(&spec);
    setup.intermediates[0] = one;
    setup.intermediates[1] = may_not;
    expect_signer(&setup, one, may, false, "one that may not");
    setup.intermediates[2] = nor;
    expect_signer(&setup, one, may, false, "two that may not");
    setup.intermediates[2] = may;
    expect_signer(&setup, one, may, true, "the second may");
    setup.intermediates[1] = may;
    setup.intermediates[2] = may_not;
    expect_signer(&setup, one, may, true, "the first may");
    pki_free(nor);
    pki_free(may_not);
    pki_free(may);
    pki_free(one);
}

/* A CA of another name speaks for itself, whoever vouches for it. */
Test(verify_signers, a_ca_of_another_name_speaks_for_itself_alone)
{
    struct pki *a = pki_make(&(struct pki_spec){.subject = "CN=A", .issuer = root, .ca = true});
    struct pki *b = pki_make(&(struct pki_spec){.subject = "CN=B", .issuer = a, .ca = true});
    struct pki *turned =
        pki_make(&(struct pki_spec){.subject = "CN=A", .issuer = b, .ca = true, .same_key_as = a});
    struct setup setup = {.ca = {root}, .intermediates = {a, turned, b}};

    expect_signer(&setup, a, a, true, "the issuer");
    expect_signer(&setup, a, b, false, "one that it vouches for, and that vouches for it");
    pki_free(turned);
    pki_free(b);
    pki_free(a);
}

/* A stranger, or a CA of the same name below another root, speaks for itself as well. */
Test(verify_signers, only_who_is_vouched_for_by_the_ca_or_its_issuer_speaks_for_it)
{
    struct pki *other = pki_ca("CN=Other"), *fake = pki_ca("CN=Between");
    struct pki *one =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *elsewhere =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = other, .ca = true});
    struct setup setup = {.ca = {root, other}, .chain = {one, fake, elsewhere}};

    expect_signer(&setup, one, one, true, "the issuer");
    expect_signer(&setup, one, fake, false, "a stranger");
    expect_signer(&setup, one, elsewhere, false, "below another root");
    pki_free(elsewhere);
    pki_free(one);
    pki_free(fake);
    pki_free(other);
}

/* What a certificate on a path must be, the certificate of such a signer must be too. */
Test(verify_signers, a_key_with_a_certificate_that_does_not_count_speaks_for_nobody)
{
    const struct {
        const char *what;
        struct pki_spec spec;
        bool counts;
    } rows[] = {{"good", {.ca = true}, true}, {"expired", {.ca = true, .not_after = -60}, false},
        {"not yet valid", {.ca = true, .not_before = PKI_DAY}, false},
        {"critical", {.ca = true, .extensions = {"1.2.3.4=critical,DER:0500"}}, false},
        {"unreadable", {.ca = true, .extensions = {"nameConstraints=DER:0500"}}, false}};
    struct pki *one =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki_spec spec = rows[i].spec;
        struct pki *other;

        spec.subject = "CN=Between";
        spec.issuer = root;
        other = pki_make(&spec);
        expect_signer(&(struct setup){.ca = {root}, .intermediates = {one, other}}, one, other,
            rows[i].counts, rows[i].what);
        pki_free(other);
    }
    pki_free(one);
}

/* With the whole chain: that the signer is not revoked is for the CA to say that vouches for it. */
Test(verify_signers, a_list_of_another_ca_says_nothing_good_of_a_signer)
{
    struct pki *one =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = root, .ca = true});
    struct pki *other =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = one, .ca = true});
    struct pki *leaf = pki_client("CN=x", one);
    struct setup setup = {
        .ca = {root}, .intermediates = {one, other}, .without_second_judge = true};

    setup.crls[0] = pki_crl(&(struct pki_crl_spec){.issuer = other});
    setup.crls[1] = pki_crl(&(struct pki_crl_spec){.issuer = root});
    (void)verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "a list of the root's alone");
    X509_CRL_free(setup.crls[1]);
    X509_CRL_free(setup.crls[0]);
    pki_free(leaf);
    pki_free(other);
    pki_free(one);
}

/* Two keys of a CA of one name, as in a rollover; the CRL is by the one, the direct by the other.
 */
Test(verify_signers, a_forged_issuer_of_the_crl_in_the_chain_is_no_crash_and_never_valid)
{
    struct pki *old = pki_ca("CN=Root");
    /* The client's own certificate with the old CA's name and key identifier. */
    struct pki *forged = pki_make(
        &(struct pki_spec){.subject = "CN=Root", .ca = true, .same_key_as = old, .not_after = -60});
    struct pki *mallory = pki_make(
        &(struct pki_spec){.subject = "CN=Root", .ca = true, .issuer = direct, .same_key_as = old});
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = old});
    struct setup setup = {.ca = {root}, .crls = {crl}, .chain = {forged}};

    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "a CRL issuer of its own");
    setup.chain[0] = mallory;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "one signed by the leaf");
    setup.chain[1] = forged;
    setup.crl_missing_ok = true;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "missing ones forgiven");
    X509_CRL_free(crl);
    pki_free(mallory);
    pki_free(forged);
    pki_free(old);
}

Test(verify_signers, a_crl_of_a_key_that_the_ca_vouches_for_counts)
{
    struct pki *old = pki_ca("CN=Root");
    struct pki *cross = pki_make(
        &(struct pki_spec){.subject = "CN=Root", .ca = true, .issuer = root, .same_key_as = old});
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = old});
    struct setup setup = {.ca = {root}, .crls = {crl}, .chain = {cross}, .crl_leaf = true};
    struct verdict verdict =
        verify_both(&setup, direct, VERDICT_VALID, "the CA vouches for its key");

    cr_expect_eq(verdict.revocation, REVOCATION_GOOD);
    /* libcrypto then wants a CRL for the issuer of the CRL too, and does not look for one. */
    setup.crl_leaf = false;
    (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "the whole chain is asked for");
    X509_CRL_free(crl);
    pki_free(cross);
    pki_free(old);
}

/* Another key of the CA's name counts for the CA's lists only while its certificate is good. */
Test(verify_signers, a_crl_of_a_key_whose_certificate_is_not_good_counts_for_nothing)
{
    struct pki *old = pki_ca("CN=Root"), *other = pki_ca("CN=Other");
    const struct pki_spec specs[] = {
        {.subject = "CN=Root", .ca = true, .issuer = root, .same_key_as = old, .not_after = -60},
        {.subject = "CN=Root",
            .ca = true,
            .issuer = root,
            .same_key_as = old,
            .not_before = PKI_DAY},
        {.subject = "CN=Root", .ca = true, .issuer = other, .same_key_as = old},
        {.subject = "CN=Root",
            .ca = true,
            .issuer = root,
            .same_key_as = old,
            .extensions = {"1.2.3.4=critical,DER:0500"}},
        {.subject = "CN=Root",
            .ca = true,
            .issuer = root,
            .same_key_as = old,
            .extensions = {"keyUsage=critical,keyCertSign"}},
    };
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = old});
    size_t i;

    for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct pki *cross = pki_make(&specs[i]);
        struct setup setup = {.ca = {root}, .crls = {crl}, .chain = {cross}, .crl_leaf = true};

        if (specs[i].issuer == other)
            setup.ca[1] = other;
        (void)verify_both(&setup, direct, VERDICT_REVOCATION_UNKNOWN, "a cross certificate");
        pki_free(cross);
    }
    X509_CRL_free(crl);
    pki_free(other);
    pki_free(old);
}
