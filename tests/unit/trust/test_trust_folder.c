/* SPDX-License-Identifier: ISC */
#include "unit/trust/trust_folders.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* CAs in a folder whose files change. */

TestSuite(trust_folder, .init = trust_folders_make, .fini = trust_folders_free);

Test(trust_folder, a_ca_that_was_taken_out_is_out_though_another_file_is_broken)
{
    trust_config.crl.count = 0;
    trust_put_ca("one.pem", ca);
    trust_put_ca("two.pem", other);
    trust_load_now();
    trust_put_text(0, "one.pem", "broken");
    trust_take_away(0, "two.pem");
    trust_put_text(0, "new.pem", "broken too");
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate), "the broken file keeps what it held");
    cr_expect_not(trust_is_anchor(snapshot, other->certificate));
    cr_expect_eq(trust_kept_count(snapshot), 2);
    cr_expect_not(trust_kept(snapshot, 0)->held, "new.pem");
    cr_expect(trust_kept(snapshot, 1)->held, "one.pem");
    trust_put_ca("one.pem", ca);
    trust_take_away(0, "new.pem");
    trust_load_now();
    trust_expect_kept(NULL);
}

Test(trust_folder, a_folder_that_is_gone_or_empty_keeps_its_files)
{
    trust_config.crl.count = 0;
    trust_put_ca("one.pem", ca);
    trust_load_now();
    trust_take_away(0, "one.pem");
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate));
    trust_expect_kept("holds no file");
    pki_must(rmdir(trust_folders[0]) == 0, "rmdir");
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate));
    trust_expect_kept("No such file or directory");
}

/* Else a CA below one that was lost would be an anchor of its own. */
Test(trust_folder, a_folder_in_whose_place_nothing_can_be_read_keeps_its_files)
{
    trust_config.crl.count = 0;
    trust_put_ca("one.pem", ca);
    trust_load_now();
    trust_take_away(0, "one.pem");
    trust_put_text(0, "two.pem", "broken");
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate), "another file, which is broken");
    trust_take_away(0, "two.pem");
    pki_must(
        rmdir(trust_folders[0]) == 0 && symlink("/dev/null", trust_folders[0]) == 0, "symlink");
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate), "a link to an empty file");
    cr_expect_eq(trust_kept_count(snapshot), 1);
    pki_must(unlink(trust_folders[0]) == 0, "unlink");
}

Test(trust_folder, a_file_in_whose_place_is_a_folder_of_broken_files_is_kept)
{
    const struct list folders = trust_config.ca;
    char *path = NULL;

    trust_config.crl.count = 0;
    trust_put_ca("one.pem", ca);
    pki_must(asprintf(&path, "%s/one.pem", trust_folders[0]) > 0, "memory");
    trust_config.ca = (struct list){.items = &path, .count = 1};
    trust_load_now();
    trust_take_away(0, "one.pem");
    pki_must(mkdir(path, 0700) == 0, "mkdir");
    trust_put_text(0, "one.pem/new.pem", "broken");
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate));
    trust_take_away(0, "one.pem/new.pem");
    pki_must(rmdir(path) == 0, "rmdir");
    trust_config.ca = folders;
    free(path);
}

Test(trust_folder, backups_and_links_to_nothing_are_no_anchors_and_are_told)
{
    static const char *const names[] = {"a.pem~", "a.pem.bak", "a.pem.dpkg-old", "a.pem.rpmsave",
        "README", "a.pem.orig", "1234567.0", "123456789.0", "1234567g.0", "12345678.x"};
    char *link = NULL;
    size_t i;

    trust_put_ca("one.PEM", ca);
    trust_put_ca("9d66eef0.0", ca);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        trust_put_ca(names[i], other);
    pki_must(
        asprintf(&link, "%s/12345678.0", trust_folders[0]) > 0 && symlink("gone.pem", link) == 0,
        "symlink");
    free(link);
    trust_config.crl.count = 0;
    trust_load_now();
    cr_expect_eq(trust_anchor_count(snapshot), 2);
    cr_expect_not(trust_is_anchor(snapshot, other->certificate));
    cr_assert_eq(trust_warnings(snapshot)->count, 1);
    cr_expect_not_null(strstr(trust_warnings(snapshot)->items[0], "README, a.pem.bak"), "%s",
        trust_warnings(snapshot)->items[0]);
    cr_expect_not_null(strstr(trust_warnings(snapshot)->items[0], "and 3 more"), "%s",
        trust_warnings(snapshot)->items[0]);
}

Test(trust_folder, a_ca_below_another_is_no_anchor)
{
    struct pki *below =
        pki_make(&(struct pki_spec){.subject = "CN=below", .issuer = ca, .ca = true});
    struct pki *lowest =
        pki_make(&(struct pki_spec){.subject = "CN=lowest", .issuer = below, .ca = true});
    struct pki *renewed =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .same_key_as = ca, .ca = true});

    trust_config.crl.count = 0;
    trust_put_ca("a.pem", lowest);
    trust_put_ca("b.pem", below);
    trust_put_ca("c.pem", ca);
    trust_put_ca("d.pem", other);
    trust_put_ca("e.pem", renewed);
    trust_load_now();
    cr_expect_eq(trust_anchor_count(snapshot), 5);
    cr_expect_eq(sk_X509_num(trust_anchors(snapshot)), 3, "both roots of one key, and the other");
    cr_expect_eq(sk_X509_num(trust_intermediates(snapshot)), 2);
    cr_expect_eq(trust_warnings(snapshot)->count, 2);
    cr_expect(trust_is_anchor(snapshot, lowest->certificate), "a CA certificate of the operator's");
    trust_take_away(0, "c.pem");
    trust_take_away(0, "e.pem");
    trust_load_now();
    cr_expect_eq(sk_X509_num(trust_anchors(snapshot)), 2, "without the root it is one");
    cr_expect_eq(sk_X509_num(trust_intermediates(snapshot)), 1);
    pki_free(below);
    pki_free(lowest);
    pki_free(renewed);
}

Test(trust_folder, cas_that_issued_each_other_stay_anchors)
{
    struct pki *one = pki_ca("CN=one"), *two = pki_ca("CN=two");
    struct pki *one_by_two = pki_make(
        &(struct pki_spec){.subject = "CN=one", .same_key_as = one, .issuer = two, .ca = true});
    struct pki *two_by_one = pki_make(
        &(struct pki_spec){.subject = "CN=two", .same_key_as = two, .issuer = one, .ca = true});

    trust_config.crl.count = 0;
    trust_put_ca("a.pem", one_by_two);
    trust_put_ca("b.pem", two_by_one);
    trust_load_now();
    cr_expect_eq(sk_X509_num(trust_anchors(snapshot)), 2);
    trust_put_ca("c.pem", one);
    trust_load_now();
    cr_expect_eq(sk_X509_num(trust_anchors(snapshot)), 1, "the root is there");
    pki_free(one);
    pki_free(two);
    pki_free(one_by_two);
    pki_free(two_by_one);
}
