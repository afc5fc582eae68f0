/* SPDX-License-Identifier: ISC */
#include "certificate/policies.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

#define CONSTRAINTS "policyConstraints=critical,requireExplicitPolicy:0"

Test(policies, constraints_without_policies_are_lost)
{
    static const struct {
        const char *extensions[2];
        bool lost;
    } cases[] = {
        {{NULL}, false},
        {{"certificatePolicies=1.2.3.4"}, false},
        {{CONSTRAINTS, "certificatePolicies=1.2.3.4"}, false},
        {{CONSTRAINTS}, true},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki *ca = pki_make(&(struct pki_spec){
            .ca = true, .extensions = {cases[i].extensions[0], cases[i].extensions[1]}});

        cr_expect_eq(policies_are_lost(ca->certificate), cases[i].lost, "case %zu", i);
        pki_free(ca);
    }
}

/* A leak would fail the sanitized run. */
Test(policies, one_that_is_settled_is_marked_when_its_policies_are_invalid)
{
    struct pki *sound =
        pki_make(&(struct pki_spec){.extensions = {CONSTRAINTS, "certificatePolicies=1.2.3.4"}});
    struct pki *twice =
        pki_make(&(struct pki_spec){.extensions = {"certificatePolicies=1.2.3.4,1.2.3.4"}});

    cr_expect(policies_settle(sound->certificate));
    cr_expect_eq(X509_get_extension_flags(sound->certificate) & EXFLAG_INVALID_POLICY, 0);
    cr_expect(policies_settle(twice->certificate));
    cr_expect_neq(X509_get_extension_flags(twice->certificate) & EXFLAG_INVALID_POLICY, 0);
    pki_free(twice);
    pki_free(sound);
}
