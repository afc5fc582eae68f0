/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verdict.h"
#include "verify/verify_causes.h"

#include <criterion/criterion.h>
#include <openssl/x509_vfy.h>
#include <string.h>

Test(verify_causes, each_has_a_sentence_of_its_own_and_a_number_that_is_known)
{
    int i, j;

    cr_expect_str_eq(verify_cause_words(CAUSE_OF_CODE), "");
    for (i = CAUSE_OF_CODE + 1; i < CAUSE_COUNT; i++) {
        const char *words = verify_cause_words((enum verify_cause)i);

        cr_assert_not_null(words, "cause %d", i);
        cr_expect_gt(strlen(words), 10, "cause %d: %s", i, words);
        cr_expect_not_null(
            verdict_error_name(verify_cause_code((enum verify_cause)i)), "cause %d", i);
        for (j = CAUSE_OF_CODE + 1; j < i; j++)
            cr_expect_str_neq(words, verify_cause_words((enum verify_cause)j), "%d and %d", i, j);
    }
}

Test(verify_causes, a_cause_is_told_with_the_number_that_fits_it)
{
    cr_expect_eq(verify_cause_code(CAUSE_SELF_SIGNED), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    cr_expect_eq(verify_cause_code(CAUSE_SIGNATURE), X509_V_ERR_CERT_SIGNATURE_FAILURE);
}

/* A client with these alternative names below a CA with these name constraints. */
static void expect_constrained(
    const char *constraints, const char *names, enum verify_cause cause, const char *words)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .extensions = {constraints}});
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = between, .extensions = {names}});

    verify_expect_words(&(struct setup){.ca = {root}, .chain = {between}}, leaf, VERDICT_UNTRUSTED,
        verify_cause_code(cause), words);
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

Test(verify_causes, what_name_constraints_refuse_is_told)
{
    expect_constrained("nameConstraints=critical,excluded;DNS:example.org",
        "subjectAltName=DNS:*.org", CAUSE_CONSTRAINT, "a name in it is one that its CA must not");
    expect_constrained("nameConstraints=critical,excluded;email:example.org",
        "subjectAltName=email:a@b@example.net", CAUSE_CONSTRAINT_NAME,
        "a name in it is of a form to which the name constraints of its CA cannot be applied");
    expect_constrained("nameConstraints=critical,permitted;IP:10.0.0.1/255.0.0.255",
        "subjectAltName=IP:10.1.1.1", CAUSE_CONSTRAINT_UNREADABLE,
        "the name constraints of its CA have an address mask with holes");
}

Test(verify_causes, an_issuers_key_that_cannot_be_used_is_told)
{
    static char oid[] = "1.2.3.4";
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .customise = pki_foreign_key,
        .context = oid});
    struct pki *leaf = pki_client("CN=x", between);

    verify_expect_words(&(struct setup){.ca = {root}, .intermediates = {between}}, leaf,
        VERDICT_UNTRUSTED, verify_cause_code(CAUSE_CA_KEY_UNKNOWN),
        "the key of its issuer cannot be read, or is of a kind that");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

Test(verify_causes, an_issuer_that_is_missing_is_told)
{
    struct pki *root = pki_ca("CN=Root"), *other = pki_ca("CN=Other");
    struct pki *leaf = pki_client("CN=x", other);

    verify_expect_words(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED,
        verify_cause_code(CAUSE_ISSUER_UNKNOWN),
        "the trusted CA did not sign it (its issuer is CN=Other), or an intermediate certificate "
        "is missing");
    pki_free(leaf);
    pki_free(other);
    pki_free(root);
}
