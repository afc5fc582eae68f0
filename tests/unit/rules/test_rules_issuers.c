/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void make_world(void);
TestSuite(rules_issuers, .init = make_world, .fini = rules_world_free);

#define HEX64 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

/* The world, and files that are no issuer's. */
static void make_world(void)
{
    char *pem = NULL, *twice = NULL;

    rules_world_make();
    pem = pki_pem(world_ca("acme")->certificate);
    pki_must(asprintf(&twice, "%s%s", pem, pem) > 0, "asprintf");
    free(pki_write_text(world_dir, "empty.cer", ""));
    free(pki_write_text(world_dir, "two.cer", twice));
    free(pki_write_text(world_dir, "junk.cer", "junk"));
    free(pem);
    pem = pki_key_pem(world_ca("acme")->key);
    free(pki_write_text(world_dir, "key.cer", pem));
    free(pem);
    free(twice);
}

Test(rules_issuers, what_is_no_trusted_ca_is_refused)
{
    static const struct refusal refusals[] = {
        {"issuer acme other.cer", ":1: other.cer is not among the CAs in --ca and --intermediates"},
        {"issuer acme missing.cer", ":1: *"},
        {ACME "issuer acme devices.cer", ":2: issuer 'acme' is defined on line 1 already"},
        {"issuer acme spki:12", ":1: spki: must be followed by SHA-256 in 64*"},
        {"issuer acme sha256:" HEX64 "00", ":1: sha256: must be followed by*"},
        {"issuer acme empty.cer", ":1: *"},
        {"issuer acme two.cer", ":1: two.cer must hold one certificate"},
        {"issuer acme junk.cer", ":1: *"},
        {"issuer acme key.cer", ":1: *"},
    };

    REFUSED(refusals);
}

/* Whoever can exchange the certificate can name another CA. */
Test(rules_issuers, a_file_that_others_may_write_to_is_refused)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;
    char *path = NULL;

    pki_must(asprintf(&path, "%s/acme.cer", world_dir) > 0, "asprintf");
    cr_assert_eq(chmod(path, 0664), 0);
    cr_expect_null(world_rules("issuer acme acme.cer", NULL, &error));
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_not_null(strstr(error.text, "access.rules:1: "), "%s", error.text);
    cr_expect_not_null(
        strstr(error.text, "may write to the CA certificate of an issuer line (mode 0664)"), "%s",
        error.text);
    cr_assert_eq(chmod(path, 0640), 0);
    rules = world_rules("issuer acme acme.cer", NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    free(path);
}
