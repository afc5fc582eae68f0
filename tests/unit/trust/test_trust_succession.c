/* SPDX-License-Identifier: ISC */
#include "trust/trust_crls.h"
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Two folders whose files change, and the snapshot of the last load. */
static char *folders[2];
static struct config config;
static struct trust *trust;

static void make_folders(void)
{
    trust_given_make();
    pki_must(asprintf(&folders[0], "%s/cas", dir) > 0 &&
                 asprintf(&folders[1], "%s/crls", dir) > 0 && mkdir(folders[0], 0700) == 0 &&
                 mkdir(folders[1], 0700) == 0,
        "folders");
    config = make_config(&folders[0], NULL, &folders[1]);
}

static void free_folders(void)
{
    trust_release(trust);
    trust = NULL;
    free(folders[0]);
    free(folders[1]);
    trust_given_free();
}

TestSuite(trust_succession, .init = make_folders, .fini = free_folders);

static void put_text(int folder, const char *name, const char *text)
{
    free(pki_write_text(folders[folder], name, text));
}

static void put_ca(const char *name, const struct pki *who)
{
    char *pem = pki_pem(who->certificate);

    put_text(0, name, pem);
    free(pem);
}

static char *crl_text(const struct pki_crl_spec *spec)
{
    X509_CRL *crl = pki_crl(spec);
    char *pem = pki_crl_pem(crl);

    X509_CRL_free(crl);
    return pem;
}

static void put_crl(const char *name, const struct pki_crl_spec *spec)
{
    char *pem = crl_text(spec);

    put_text(1, name, pem);
    free(pem);
}

static void take_away(int folder, const char *name)
{
    char *path = NULL;

    pki_must(asprintf(&path, "%s/%s", folders[folder], name) > 0 && unlink(path) == 0, name);
    free(path);
}

static void load_at(time_t now)
{
    const struct trust_options options = trust_options_of(&config);
    struct error error = {0};
    struct trust *next = trust == NULL ? trust_load(&options, &error)
                                       : trust_load_after(trust, &options, now, &error);

    cr_assert_not_null(next, "%s", error.text);
    trust_release(trust);
    trust = next;
}

static void load(void)
{
    load_at(time(NULL));
}

/* So many lists of this CA, one of which lists this serial number (0: none may). */
static void expect_lists(const struct pki *issuer, int wanted, long serial, const char *what)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    struct crl_entry entry;
    const struct crl *crl;
    size_t position = 0;
    bool failed = false, listed = false;
    int count = 0;

    ASN1_INTEGER_set(number, serial != 0 ? serial : 77);
    while ((crl = trust_crl_next(trust, issuer->certificate, &position, &failed)) != NULL) {
        count++;
        listed = listed || crl_find(crl, number, &entry);
    }
    cr_expect_not(failed);
    cr_expect_eq(count, wanted, "%s: %d lists", what, count);
    cr_expect_eq(listed, serial != 0, "%s: listed %d", what, listed);
    ASN1_INTEGER_free(number);
}

static void expect_kept(const char *why)
{
    size_t i, count = trust_kept_count(trust);
    bool found = why == NULL && count == 0;

    for (i = 0; why != NULL && i < count; i++)
        found = found || strstr(trust_kept(trust, i)->why, why) != NULL;
    cr_expect(found, "expected \"%s\", came %zu: \"%s\"", why != NULL ? why : "nothing kept", count,
        count > 0 ? trust_kept(trust, 0)->why : "");
}

static const struct pki_revoked line = {.serial = 77};

static struct pki_crl_spec listing(const struct pki *issuer, long number)
{
    return (struct pki_crl_spec){
        .issuer = issuer, .revoked = &line, .revoked_count = 1, .number = number};
}

Test(trust_succession, a_ca_that_was_taken_out_is_out_though_another_file_is_broken)
{
    config.crl.count = 0;
    put_ca("one.pem", ca);
    put_ca("two.pem", other);
    load();
    put_text(0, "one.pem", "broken");
    take_away(0, "two.pem");
    put_text(0, "new.pem", "broken too");
    load();
    cr_expect(trust_is_anchor(trust, ca->certificate), "the broken file keeps what it held");
    cr_expect_not(trust_is_anchor(trust, other->certificate));
    cr_expect_eq(trust_kept_count(trust), 2);
    cr_expect_not(trust_kept(trust, 0)->held, "new.pem");
    cr_expect(trust_kept(trust, 1)->held, "one.pem");
    put_ca("one.pem", ca);
    take_away(0, "new.pem");
    load();
    expect_kept(NULL);
}

Test(trust_succession, a_folder_that_is_gone_or_empty_keeps_its_files)
{
    config.crl.count = 0;
    put_ca("one.pem", ca);
    load();
    take_away(0, "one.pem");
    load();
    cr_expect(trust_is_anchor(trust, ca->certificate));
    expect_kept("holds no file");
    pki_must(rmdir(folders[0]) == 0, "rmdir");
    load();
    cr_expect(trust_is_anchor(trust, ca->certificate));
    expect_kept("No such file or directory");
}

Test(trust_succession, backups_and_links_to_nothing_are_no_anchors_and_are_told)
{
    static const char *const names[] = {"a.pem~", "a.pem.bak", "a.pem.dpkg-old", "a.pem.rpmsave",
        "README", "a.pem.orig", "1234567.0", "123456789.0", "1234567g.0", "12345678.x"};
    char *link = NULL;
    size_t i;

    put_ca("one.PEM", ca);
    put_ca("9d66eef0.0", ca);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put_ca(names[i], other);
    pki_must(asprintf(&link, "%s/12345678.0", folders[0]) > 0 && symlink("gone.pem", link) == 0,
        "symlink");
    free(link);
    config.crl.count = 0;
    load();
    cr_expect_eq(trust_anchor_count(trust), 2);
    cr_expect_not(trust_is_anchor(trust, other->certificate));
    cr_assert_eq(trust_warnings(trust)->count, 1);
    cr_expect_not_null(strstr(trust_warnings(trust)->items[0], "README, a.pem.bak"), "%s",
        trust_warnings(trust)->items[0]);
    cr_expect_not_null(strstr(trust_warnings(trust)->items[0], "and 3 more"), "%s",
        trust_warnings(trust)->items[0]);
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

    put_ca("one.pem", ca);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki_crl_spec was = {.issuer = ca,
                                .number = 5,
                                .configuration = sections,
                                .extensions = {cases[i].was[0]}},
                            is = listing(ca, 6);

        is.configuration = sections;
        is.extensions[0] = cases[i].is[0];
        put_crl("ca.crl", &was);
        trust_release(trust);
        trust = NULL;
        load();
        expect_lists(ca, 1, 0, "before");
        put_crl("ca.crl", &is);
        load();
        expect_lists(ca, 1, 77, "after");
        expect_kept(NULL);
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
    put_ca("one.pem", ca);
    put_crl("users.crl", &for_users);
    put_crl("cas.crl", &for_cas);
    load();
    for_users.number = 6;
    put_crl("users.crl", &for_users);
    take_away(1, "cas.crl");
    load();
    expect_lists(ca, 2, 77, "the list of CAs is gone");
    expect_kept("no file holds it");
    for_users.number = 7;
    put_crl("users.crl", &for_users);
    load();
    expect_lists(ca, 2, 77, "it stays");
    for_cas.number = 7;
    put_crl("cas.crl", &for_cas);
    load();
    expect_lists(ca, 2, 77, "a new one is there");
    expect_kept(NULL);
}

Test(trust_succession, a_list_that_another_key_signed_succeeds_nothing)
{
    struct pki *twin = pki_ca("CN=CA");
    struct pki_crl_spec right = listing(ca, 5), foreign = {.issuer = twin, .number = 9};

    put_ca("one.pem", ca);
    put_crl("ca.crl", &right);
    load();
    put_crl("ca.crl", &foreign);
    load();
    expect_lists(ca, 1, 77, "the right one stays");
    expect_kept("not signed by the same CA key");
    right.number = 6;
    put_crl("ca.crl", &right);
    load();
    expect_lists(ca, 1, 77, "the next one");
    expect_kept(NULL);
    pki_free(twin);
}

Test(trust_succession, a_list_that_is_not_due_waits_beside_the_one_in_force)
{
    struct pki_crl_spec now = listing(ca, 5),
                        ahead = {.issuer = ca, .number = 6, .this_update = 3600};

    put_ca("one.pem", ca);
    put_crl("ca.crl", &now);
    load();
    put_crl("ca.crl", &ahead);
    load();
    expect_lists(ca, 2, 77, "both");
    expect_kept(NULL);
    load();
    expect_lists(ca, 2, 77, "both, still");
    load_at(time(NULL) + 3700);
    expect_lists(ca, 1, 0, "the next one is due");
}

Test(trust_succession, what_a_file_that_breaks_lists_counts_at_once)
{
    struct pki_crl_spec before = {.issuer = ca, .number = 5}, after = listing(ca, 6);
    char *good, *both = NULL;

    put_ca("one.pem", ca);
    put_crl("ca.crl", &before);
    put_crl("other.crl", &(struct pki_crl_spec){.issuer = other});
    load();
    good = crl_text(&after);
    pki_must(asprintf(&both, "%s-----BEGIN X509 CRL-----\nMIIB\n", good) > 0, "asprintf");
    put_text(1, "ca.crl", both);
    load();
    expect_lists(ca, 2, 77, "what could be read, and what was there");
    expect_kept("PEM");
    put_text(1, "ca.crl", good);
    load();
    expect_lists(ca, 1, 77, "mended");
    expect_kept(NULL);
    free(both);
    free(good);
}

Test(trust_succession, a_broken_crl_file_beside_a_good_one_does_not_hold_it_up)
{
    struct pki_crl_spec before = {.issuer = ca, .number = 5}, after = listing(ca, 6);

    put_ca("one.pem", ca);
    put_crl("a.crl", &(struct pki_crl_spec){.issuer = other});
    put_crl("b.crl", &before);
    load();
    put_text(1, "a.crl", "broken");
    put_crl("b.crl", &after);
    load();
    expect_lists(ca, 1, 77, "the good one");
    expect_kept("it is no PEM");
}

Test(trust_succession, a_list_that_cannot_be_understood_succeeds_nothing)
{
    struct pki_crl_spec before = {.issuer = ca, .number = 5}, after = listing(ca, 6);

    after.extensions[0] = "1.2.3.4=critical,DER:0500";
    put_ca("one.pem", ca);
    put_crl("ca.crl", &before);
    load();
    put_crl("ca.crl", &after);
    load();
    expect_lists(ca, 2, 77, "its revocations count");
    expect_kept("proves nothing");
}

Test(trust_succession, the_list_of_a_root_that_was_taken_out_goes_with_it)
{
    struct pki *below =
        pki_make(&(struct pki_spec){.subject = "CN=below", .issuer = ca, .ca = true});
    struct pki_crl_spec of_ca = listing(ca, 5), of_below = listing(below, 5);

    put_ca("one.pem", ca);
    put_ca("two.pem", other);
    put_crl("ca.crl", &of_ca);
    put_crl("other.crl", &(struct pki_crl_spec){.issuer = other});
    load();
    put_ca("one.pem", below);
    put_crl("ca.crl", &of_below);
    load();
    expect_kept(NULL);
    expect_lists(ca, 0, 0, "the root is out");
    expect_lists(below, 1, 77, "the new one");
    take_away(0, "one.pem");
    put_crl("ca.crl", &(struct pki_crl_spec){.issuer = other});
    load();
    expect_kept("no file holds it");
    expect_lists(below, 1, 77, "a client may still send the CA along");
    pki_free(below);
}

Test(trust_succession, a_ca_below_another_is_no_anchor)
{
    struct pki *below =
        pki_make(&(struct pki_spec){.subject = "CN=below", .issuer = ca, .ca = true});
    struct pki *lowest =
        pki_make(&(struct pki_spec){.subject = "CN=lowest", .issuer = below, .ca = true});
    struct pki *renewed =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .same_key_as = ca, .ca = true});

    config.crl.count = 0;
    put_ca("a.pem", lowest);
    put_ca("b.pem", below);
    put_ca("c.pem", ca);
    put_ca("d.pem", other);
    put_ca("e.pem", renewed);
    load();
    cr_expect_eq(trust_anchor_count(trust), 5);
    cr_expect_eq(sk_X509_num(trust_anchors(trust)), 3, "both roots of one key, and the other");
    cr_expect_eq(sk_X509_num(trust_intermediates(trust)), 2);
    cr_expect_eq(trust_warnings(trust)->count, 2);
    cr_expect(trust_is_anchor(trust, lowest->certificate), "a CA certificate of the operator's");
    take_away(0, "c.pem");
    take_away(0, "e.pem");
    load();
    cr_expect_eq(sk_X509_num(trust_anchors(trust)), 2, "without the root it is one");
    cr_expect_eq(sk_X509_num(trust_intermediates(trust)), 1);
    pki_free(below);
    pki_free(lowest);
    pki_free(renewed);
}

Test(trust_succession, cas_that_issued_each_other_stay_anchors)
{
    struct pki *one = pki_ca("CN=one"), *two = pki_ca("CN=two");
    struct pki *one_by_two = pki_make(
        &(struct pki_spec){.subject = "CN=one", .same_key_as = one, .issuer = two, .ca = true});
    struct pki *two_by_one = pki_make(
        &(struct pki_spec){.subject = "CN=two", .same_key_as = two, .issuer = one, .ca = true});

    config.crl.count = 0;
    put_ca("a.pem", one_by_two);
    put_ca("b.pem", two_by_one);
    load();
    cr_expect_eq(sk_X509_num(trust_anchors(trust)), 2);
    put_ca("c.pem", one);
    load();
    cr_expect_eq(sk_X509_num(trust_anchors(trust)), 1, "the root is there");
    pki_free(one);
    pki_free(two);
    pki_free(one_by_two);
    pki_free(two_by_one);
}
