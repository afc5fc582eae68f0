/* SPDX-License-Identifier: ISC */
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_names, .init = rules_world_make, .fini = rules_world_free);

static void spoil_names(X509 *certificate, void *context)
{
    const char *oid = context;

    pki_add_raw_extension(certificate, oid, false, "\x30\x05", 2);
}

static void add_twice(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x03\x82\x01\x61", 5);
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x03\x82\x01\x62", 5);
}

/* Nothing is read of half a certificate: no line holds, not even one for all. */
Test(rules_names, names_that_cannot_be_read_meet_nothing)
{
    char alternative_names[] = "2.5.29.17", policies[] = "2.5.29.32";
    const struct pki_spec names = {.customise = spoil_names, .context = alternative_names};
    const struct pki_spec policy = {.customise = spoil_names, .context = policies};
    const struct pki_spec twice = {.customise = add_twice};

    expect_for("allow any user=x", &names, "no no_rule");
    expect_for("allow any user=x", &policy, "no no_rule");
    expect_for("deny any", &policy, "no no_rule");
    expect_for("allow cn=test", &names, "no no_rule");
    expect_for("allow any user=x", &twice, "no no_rule");
}

static void name_of_bits(X509 *certificate, void *context)
{
    X509_NAME *name = X509_NAME_new();

    (void)context;
    pki_name_add(name, "CN", V_ASN1_BIT_STRING, "\x01\x02", 2, false);
    pki_name_add(name, "OU", V_ASN1_UTF8STRING, "Ops", 3, false);
    pki_must(X509_set_subject_name(certificate, name) == 1, "a subject");
    X509_NAME_free(name);
}

Test(rules_names, an_attribute_that_is_no_text_names_nobody_and_is_denied_as_anything)
{
    const struct pki_spec spec = {.customise = name_of_bits};

    expect_for("allow ou=Ops user=$ou", &spec, "yes 2 Ops");
    expect_for("allow ou=Ops user=$cn", &spec, "no 2 no_user_name");
    expect_for("allow ou=Ops user=$ou\ndeny cn=test", &spec, "yes 2 Ops");
    expect_for("deny cn=test\nallow any user=x", &spec, "no 2");
    expect_for("deny ou=test\nallow any user=x", &spec, "yes 3 x");
}

Test(rules_names, a_serial_number_is_compared_without_zeros_before_it)
{
    char longest[129], text[256];
    struct pki_spec spec = {.serial_hex = "0"};

    expect_for("allow serial=0", &spec, "yes 2 0");
    expect_for("allow serial=000", &spec, "yes 2 0");
    expect_for("allow serial=-0", &spec, "yes 2 0");
    expect_for("allow serial=1", &spec, "no no_rule");
    spec.serial_hex = "-1F";
    expect_for("allow serial=-1f", &spec, "yes 2 -1f");
    expect_for("allow serial=-001F", &spec, "yes 2 -1f");
    expect_for("allow serial=1f", &spec, "no no_rule");
    memset(longest, 'A', 128);
    longest[128] = '\0';
    spec.serial_hex = longest;
    (void)snprintf(text, sizeof(text), "allow serial=%s user=x", longest);
    expect_for(text, &spec, "yes 2 x");
    expect_for("allow any user=$serial", &spec,
        "yes 2 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    spec.serial_hex = "01AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    expect_for("allow any user=$serial", &spec, "no 2 no_user_name");
    expect_for("deny serial=1\nallow any user=x", &spec, "yes 3 x");
}

Test(rules_names, policies_are_all_looked_at)
{
    const struct pki_spec spec = {
        .extensions = {"certificatePolicies=1.2.3.4,2.999.1,1.2.3.99999999999999999999"}};

    expect_for("allow policy=2.999.1 user=x", &spec, "yes 2 x");
    expect_for("allow policy=1.2.3.99999999999999999999 user=x", &spec, "yes 2 x");
    expect_for("allow policy=1.2.3 user=x", &spec, "no no_rule");
}

/* Neither one that is longer than a rule may name. */
Test(rules_names, a_policy_of_very_many_parts_is_passed_over)
{
    char extension[700] = "certificatePolicies=1.2.3.4,1.2";
    const struct pki_spec spec = {.extensions = {extension}};
    size_t i, length = strlen(extension);

    for (i = 0; i < 130; i++)
        length += (size_t)snprintf(extension + length, sizeof(extension) - length, ".1");
    expect_for("allow policy=1.2.3.4 user=x", &spec, "yes 2 x");
    expect_for("allow policy=1.2.1.1 user=x", &spec, "no no_rule");
}

/* There is room for each. */
Test(rules_names, a_certificate_may_have_many_policies)
{
    char policies[1024] = "certificatePolicies=1.2.0";
    const struct pki_spec spec = {.subject = "CN=Dan", .extensions = {policies}};
    size_t i, length = strlen(policies);

    for (i = 1; i < 40; i++)
        length += (size_t)snprintf(policies + length, sizeof(policies) - length, ",1.2.%zu", i);
    expect_for("allow policy=1.2.39 user=$cn", &spec, "yes 2 Dan");
    expect_for("allow policy=1.2.40 user=$cn", &spec, "no no_rule");
}

/* RFC 5280 section 6.1: the sub CA, whose own policies are 1.2.3.4 alone, does not vouch for the
 * other one of its client. Who denies it means what the client says. */
Test(rules_names, a_policy_is_allowed_when_all_of_the_path_vouch_for_it_and_denied_in_any_case)
{
    static const struct row rows[] = {
        {"allow issuer=acme policy=1.2.3.4 user=x", "sam", "GET h /", "yes 3 x"},
        {"allow issuer=acme policy=1.2.3.5 user=x", "sam", "GET h /", "no no_rule"},
        {"allow issuer=sub policy=1.2.3.5 user=x", "sam", "GET h /", "no no_rule"},
        {"allow issuer=acme policy=1.2.3.4,1.2.3.5 user=x", "sam", "GET h /", "yes 3 x"},
        {"allow issuer=acme policy=1.2.3.5 user=x", "dan", "GET h /", "yes 3 x"},
        {"deny issuer=acme policy=1.2.3.5\nallow any user=x", "sam", "GET h /", "no 3"},
        {"deny issuer=acme policy=1.2.3.4\nallow any user=x", "sam", "GET h /", "no 3"},
        {"deny issuer=acme policy=1.2.3.6\nallow any user=x", "sam", "GET h /", "yes 4 x"},
        {"group g issuer=acme policy=1.2.3.5\nallow group=g user=x", "sam", "GET h /",
            "no no_rule"},
        {"group g issuer=acme policy=1.2.3.5\ndeny group=g\nallow any user=x", "sam", "GET h /",
            "no 4"},
        {"map m issuer=acme policy=1.2.3.5 user=boss\nmap m issuer=acme cn=Sam user=sam\n"
         "allow any user=map:m",
            "sam", "GET h /", "yes 5 sam"},
        {"map m issuer=acme policy=1.2.3.5 user=boss\nallow any user=map:m", "sam", "GET h /",
            "no 4 no_user_name"},
    };

    TRY(ACME "issuer sub sub.cer\n", rows);
}
