/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <string.h>

static void add_unreadable(X509 *certificate, void *oid)
{
    pki_add_raw_extension(certificate, oid, false, "\x05\x00", 2);
}

Test(verify_policy, an_extension_about_policies_that_cannot_be_read_is_untrusted)
{
    static char oids[][12] = {"2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54"};
    struct pki *root = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = root,
            .ca = true,
            .customise = add_unreadable,
            .context = oids[i]});
        struct pki *below = pki_client("CN=x", between);
        struct verdict verdict;
        struct pki *leaf = pki_make(&(struct pki_spec){
            .subject = "CN=x", .issuer = root, .customise = add_unreadable, .context = oids[i]});

        (void)verify_both(
            &(struct setup){.ca = {root}, .chain = {between}}, below, VERDICT_UNTRUSTED, oids[i]);
        verdict = verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED, oids[i]);
        cr_expect(strstr(verdict.reason, oids[i]) != NULL &&
                      strstr(verdict.reason, " cannot be read") != NULL,
            "%s: %s", oids[i], verdict.reason);
        pki_free(leaf);
        pki_free(below);
        pki_free(between);
    }
    pki_free(root);
}
