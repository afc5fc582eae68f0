/* SPDX-License-Identifier: ISC */
#include "trust/trust_shared.h"
#include "unit/trust/trust_folders.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One folder of CAs and CRLs, as `openssl rehash` makes it for Apache httpd and OpenSSL. */

static const struct pki_revoked gone = {.serial = 4711};
static const struct pki_crl_spec list_of_ca = {.revoked = &gone, .revoked_count = 1};

static void put_crl(const char *name, const struct pki *issuer)
{
    struct pki_crl_spec spec = list_of_ca;
    char *text;

    spec.issuer = issuer;
    text = trust_crl_text(&spec);
    trust_put_text(0, name, text);
    free(text);
}

static void share(void)
{
    trust_folders_make();
    trust_config.crl = trust_config.ca;
    trust_put_ca("ca.pem", ca);
    trust_put_ca("9d66eef0.0", other);
    put_crl("9d66eef0.r0", ca);
}

TestSuite(trust_shared, .init = share, .fini = trust_folders_free);

static const char *last_warning(void)
{
    const struct list *warnings = trust_warnings(snapshot);

    return warnings->count > 0 ? warnings->items[warnings->count - 1] : "";
}

static void expect_refused(const char *words)
{
    struct error error = {.kind = ERROR_NONE};
    struct trust *trust = load_trust(&trust_config, &error);

    cr_expect_null(trust, "%s", words);
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_not_null(strstr(error.text, words), "expected '%s' in '%s'", words, error.text);
    trust_release(trust);
}

Test(trust_shared, a_folder_of_both_is_read_for_both_and_that_is_told)
{
    trust_load_now();
    cr_expect_eq(trust_anchor_count(snapshot), 2);
    trust_expect_lists(ca, 1, 4711, "the list of the folder");
    cr_expect_not_null(strstr(last_warning(), "1 of its files hold CRLs, 2 hold certificates"),
        "%s", last_warning());
    trust_expect_kept(NULL);
    trust_load_now();
    cr_expect_eq(trust_anchor_count(snapshot), 2);
    trust_expect_lists(ca, 1, 4711, "again");
    trust_expect_kept(NULL);
}

/* Otherwise what it revokes would be overlooked. */
Test(trust_shared, a_crl_that_no_option_reads_is_refused)
{
    trust_config.crl.count = 0;
    expect_refused("it holds a CRL");
}

Test(trust_shared, a_certificate_that_no_option_reads_is_refused)
{
    char *alone = WRITE("alone.pem", ca);

    trust_config.ca = (struct list){&alone, 1};
    expect_refused("it holds a certificate");
    trust_config.ca = trust_config.crl;
    free(alone);
}

Test(trust_shared, each_option_must_find_something)
{
    trust_take_away(0, "9d66eef0.r0");
    expect_refused("no file in it holds a CRL");
    trust_take_away(0, "ca.pem");
    trust_take_away(0, "9d66eef0.0");
    put_crl("9d66eef0.r0", ca);
    expect_refused("no file in it holds a certificate");
}

/* Which of both would count is for nobody to guess. */
Test(trust_shared, a_file_of_both_is_refused)
{
    char *crl = trust_crl_text(&(struct pki_crl_spec){.issuer = ca});
    char *certificate = pki_pem(ca->certificate), *both = NULL;

    pki_must(asprintf(&both, "%s%s", certificate, crl) > 0, "asprintf");
    trust_put_text(0, "both.pem", both);
    expect_refused("it holds a CRL");
    free(both);
    free(certificate);
    free(crl);
}

Test(trust_shared, new_files_count_for_their_part)
{
    trust_put_ca("other.pem", other);
    trust_take_away(0, "9d66eef0.0");
    trust_load_now();
    put_crl("other.crl", other);
    trust_put_ca("third.pem", leaf);
    trust_load_now();
    trust_expect_lists(other, 1, 4711, "a new one");
    trust_expect_kept("is not a CA certificate");
    trust_take_away(0, "third.pem");
    trust_load_now();
    trust_expect_kept(NULL);
}

/* A file that is broken is told once, by the part that read it. */
Test(trust_shared, a_file_that_breaks_keeps_what_it_held)
{
    trust_load_now();
    trust_put_text(0, "9d66eef0.r0", "broken");
    trust_load_now();
    trust_expect_lists(ca, 1, 4711, "a broken list");
    cr_expect_eq(trust_kept_count(snapshot), 1);
    cr_expect(trust_kept(snapshot, 0)->held);
    trust_put_text(0, "9d66eef0.0", "broken");
    trust_put_text(0, "new.pem", "broken");
    trust_load_now();
    cr_expect_eq(trust_kept_count(snapshot), 3, "%zu", trust_kept_count(snapshot));
    cr_expect(trust_is_anchor(snapshot, other->certificate));
    trust_take_away(0, "new.pem");
    trust_put_ca("9d66eef0.0", other);
    put_crl("9d66eef0.r0", ca);
    trust_load_now();
    trust_expect_kept(NULL);
}

/* Neither a CA nor a list goes away since its file holds the other thing now. */
Test(trust_shared, a_file_that_changes_sides_keeps_what_it_held)
{
    trust_load_now();
    trust_put_ca("9d66eef0.r0", ca);
    trust_load_now();
    trust_expect_lists(ca, 1, 4711, "a CA in its place");
    trust_expect_kept("it holds a certificate");
    put_crl("9d66eef0.r0", ca);
    put_crl("9d66eef0.0", other);
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, other->certificate));
    trust_expect_kept("it holds a CRL");
}

Test(trust_shared, a_folder_without_any_list_left_keeps_them)
{
    int i;

    trust_load_now();
    trust_take_away(0, "9d66eef0.r0");
    for (i = 0; i < 3; i++) {
        trust_load_now();
        trust_expect_lists(ca, 1, 4711, "kept");
        trust_expect_kept("no file in it holds a CRL");
    }
    trust_take_away(0, "ca.pem");
    trust_take_away(0, "9d66eef0.0");
    put_crl("9d66eef0.r0", ca);
    trust_load_now();
    cr_expect(trust_is_anchor(snapshot, ca->certificate));
    trust_expect_kept("no file in it holds a certificate");
}

Test(trust_shared, a_folder_is_the_same_under_another_name)
{
    const struct trust_options options = {
        &trust_config.ca, &trust_config.intermediates, &trust_config.crl, NULL};
    char *dotted = NULL, *file = NULL, *link = NULL;

    cr_expect_eq(trust_paths(&options, TRUST_CA), &trust_config.ca);
    cr_expect_eq(trust_paths(&options, TRUST_INTERMEDIATES), &trust_config.intermediates);
    cr_expect_eq(trust_paths(&options, TRUST_CRL), &trust_config.crl);
    pki_must(asprintf(&dotted, "%s/.", trust_folders[0]) > 0 &&
                 asprintf(&file, "%s/ca.pem", trust_folders[0]) > 0 &&
                 asprintf(&link, "%s/link", trust_folders[1]) > 0 &&
                 symlink(trust_folders[0], link) == 0,
        "paths");
    cr_expect(trust_is_shared(&options, TRUST_CA, trust_folders[0]));
    cr_expect(trust_is_shared(&options, TRUST_INTERMEDIATES, dotted));
    cr_expect(trust_is_shared(&options, TRUST_CRL, link));
    cr_expect_not(trust_is_shared(&options, TRUST_CA, trust_folders[1]));
    cr_expect_not(trust_is_shared(&options, TRUST_CRL, "/nowhere"));
    trust_config.ca = trust_config.crl = (struct list){&file, 1};
    cr_expect_not(trust_is_shared(&options, TRUST_CA, file), "no folder");
    trust_config.ca = trust_config.crl = (struct list){&trust_folders[0], 1};
    unlink(link);
    free(link);
    free(dotted);
    free(file);
}
