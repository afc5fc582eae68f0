/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Certificates with odd names: what they meet, and what name they give. */
TestSuite(rules_subject, .init = rules_world_make, .fini = rules_world_free);

#define ACME "issuer acme acme.cer\n"

struct row {
    const char *rule, *names, *wanted; /* the rule is line 2; `names` is subjectAltName */
};

static void try_rows(const struct row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        char text[2048], extension[2048], words[700];
        const struct pki_spec spec = {.extensions = {extension}};

        (void)snprintf(text, sizeof(text), ACME "%s", rows[i].rule);
        (void)snprintf(extension, sizeof(extension), "subjectAltName=%s", rows[i].names);
        world_decide_made(text, &spec, words);
        cr_expect_str_eq(words, rows[i].wanted, "%s, %s: expected %s, came %s", rows[i].rule,
            rows[i].names, rows[i].wanted, words);
    }
}

#define TRY(rows) try_rows(rows, sizeof(rows) / sizeof((rows)[0]))
#define UPN "otherName:1.3.6.1.4.1.311.20.2.3;"

Test(rules_subject, a_pattern_is_met_by_names_of_its_own_shape_alone)
{
    static const struct row rows[] = {
        {"allow email=*@a.example", "email:b@a.example", "yes 2 b@a.example"},
        {"allow email=*@a.example", "email:@a.example", "no no_rule"},
        {"allow email=*@a.example", "email:a.example", "no no_rule"},
        {"allow email=*@a.example", "email:*@a.example", "no no_rule"},
        {"allow email=*@a.example", "email:b*@a.example", "no no_rule"},
        {"allow email=*@a.example", "email:b@c@a.example", "no no_rule"},
        {"allow email=*@a.example", "email:b@a.example@", "no no_rule"},
        {"allow email=b@a.example", "email:b@A.EXAMPLE", "yes 2 b@A.EXAMPLE"},
        {"allow email=b@a.example", "email:@a.example", "no no_rule"},
        {"allow email=*@a.example user=*", "email:b@a.example,email:c@b.example", "yes 2 b"},
        {"allow email=*@a.example,*@b.example user=*", "email:b@a.example,email:b@b.example",
            "yes 2 b"},
        {"allow email=*@a.example,*@b.example user=*", "email:b@a.example,email:c@b.example",
            "no 2 no_user_name"},
        {"allow email=*@a.example,*@b.example user=*", "email:b@a.example,email:bc@b.example",
            "no 2 no_user_name"},
        {"allow dns=*.a.example", "DNS:b.a.example", "yes 2 b.a.example"},
        {"allow dns=*.a.example", "DNS:.a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:c.b.a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:*.a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:b*.a.example", "no no_rule"},
        {"allow dns=*.example", "DNS:localhost", "no no_rule"},
        {"allow dns=localhost", "DNS:LocalHost", "yes 2 LocalHost"},
        {"allow uri=s://a/*", "URI:s://a/b", "yes 2 s://a/b"},
        {"allow uri=s://a/* user=*", "URI:S://u@A/b", "no no_rule"},
        {"allow uri=s://u@A/* user=*", "URI:S://u@a/b", "yes 2 b"},
        {"allow uri=s://v@u@A/* user=*", "URI:S://v@u@a/b", "yes 2 b"},
        {"allow uri=s://a/** user=*", "URI:s://a/b/c", "yes 2 b/c"},
        {"allow uri=s://a/*", "URI:s://a/b/", "no no_rule"},
        {"allow uri=s://a/*", "URI:s://a/", "no no_rule"},
        {"allow uri=s://a/*", "URI:s://a", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a?b/c", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a#b/c", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://*/b", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/.", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/../b", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a//b", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/b%2fc", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/b?c", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/b\\\\c", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/b c", "no no_rule"},
        {"allow uri=s://a/**", "URI:s://a/b~", "yes 2 s://a/b%7E"},
        {"allow uri=s://a/**", "URI:s://a/.b/..c/d.", "yes 2 s://a/.b/..c/d."},
        {"allow uri=urn:acme/* user=*", "URI:URN:acme/b", "yes 2 b"},
        {"allow uri=urn:acme/* user=*", "URI:urn:Acme/b", "no no_rule"},
        {"allow uri=urn:acme", "URI:urn:acme", "yes 2 urn:acme"},
        {"allow uri=s:/ab", "URI:s:/ab", "yes 2 s:/ab"},
        {"allow uri=s:a", "URI:a", "no no_rule"},
        {"allow upn=*@a.example user=*", UPN "UTF8:b@a.example", "yes 2 b"},
        {"allow upn=*@a.example user=*", UPN "IA5:b@a.example", "no no_rule"},
        {"allow upn=*@a.example user=*", "otherName:1.2.3;UTF8:b@a.example", "no no_rule"},
        {"allow upn=*@a.example user=*", "email:b@a.example", "no no_rule"},
        {"allow ip=192.0.2.0/25", "IP:192.0.2.127", "yes 2 192.0.2.127"},
        {"allow ip=192.0.2.0/25", "IP:192.0.2.128", "no no_rule"},
        {"allow ip=192.0.2.0/24,192.0.2.7,192.0.2.6", "IP:192.0.2.7", "yes 2 192.0.2.7"},
        {"allow ip=::/0", "IP:192.0.2.7", "no no_rule"},
        {"allow ip=192.0.2.6,192.0.2.8,192.0.2.4/30,2001:db8::1", "IP:192.0.2.7",
            "yes 2 192.0.2.7"},
        {"allow ip=2001:db8::1,192.0.2.8/32,192.0.2.7,2001:db8::/32,0.0.0.0/1", "IP:192.0.2.7",
            "yes 2 192.0.2.7"},
        {"allow ip=2001:db8::/33,192.0.2.8,2001:db8:8000::/33", "IP:2001:db8:8000::1",
            "yes 2 2001:db8:8000::1"},
        {"allow email=*@a.example", "RID:1.2.3,DNS:a.example", "no no_rule"},
    };

    TRY(rows);
}

/* Without a rule about a kind of name it is not read; all kinds together are. */
Test(rules_subject, of_each_kind_of_name_all_are_looked_at)
{
    static const char names[] = "email:b@a.example,DNS:b.a.example,URI:s://a/b,IP:192.0.2.7," UPN
                                "UTF8:u@a.example,RID:1.2.3,email:c@a.example";
    static const struct row rows[] = {
        {"allow any user=$dns", names, "yes 2 b.a.example"},
        {"allow any user=$uri", names, "yes 2 s://a/b"},
        {"allow any user=$ip", names, "yes 2 192.0.2.7"},
        {"allow any user=$upn", names, "yes 2 u@a.example"},
        {"allow any user=$email", names, "no 2 no_user_name"},
        {"allow email=c@a.example dns=b.a.example uri=s://a/b ip=192.0.2.7 upn=u@a.example", names,
            "yes 2 c@a.example"},
        {"allow dns=b.a.example uri=s://a/b ip=192.0.2.7 upn=u@a.example", names,
            "yes 2 u@a.example"},
        {"allow dns=b.a.example uri=s://a/b ip=192.0.2.7", names, "yes 2 s://a/b"},
        {"allow dns=b.a.example ip=192.0.2.7", names, "yes 2 b.a.example"},
        {"allow email=d@a.example", names, "no no_rule"},
    };

    TRY(rows);
}

static void expect(const char *rule, const struct pki_spec *spec, const char *wanted)
{
    char text[2048], words[700];

    (void)snprintf(text, sizeof(text), ACME "%s", rule);
    world_decide_made(text, spec, words);
    cr_expect_str_eq(words, wanted, "%s: expected %s, came %s", rule, wanted, words);
}

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
Test(rules_subject, names_that_cannot_be_read_meet_nothing)
{
    char alternative_names[] = "2.5.29.17", policies[] = "2.5.29.32";
    const struct pki_spec names = {.customise = spoil_names, .context = alternative_names};
    const struct pki_spec policy = {.customise = spoil_names, .context = policies};
    const struct pki_spec twice = {.customise = add_twice};

    expect("allow any user=x", &names, "no no_rule");
    expect("allow any user=x", &policy, "no no_rule");
    expect("deny any", &policy, "no no_rule");
    expect("allow cn=test", &names, "no no_rule");
    expect("allow any user=x", &twice, "no no_rule");
}

/* An address of 5 bytes, a mail address with a NUL byte, a DNS name with a control character. */
static void add_odd(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false,
        "\x30\x19\x87\x05\x01\x02\x03\x04\x05\x81\x06"
        "b@a\0.c\x82\x08"
        "a\n.b.c.d",
        27);
}

Test(rules_subject, names_of_odd_bytes_are_compared_as_they_are)
{
    const struct pki_spec spec = {.customise = add_odd};

    expect("allow ip=0.0.0.0/0,::/0 user=x", &spec, "no no_rule");
    expect("allow any user=$ip", &spec, "no 2 no_user_name");
    expect("allow email=b@a", &spec, "no no_rule");
    expect("allow any user=$email", &spec, "yes 2 b@a%00.c");
    expect("allow dns=*.b.c.d", &spec, "yes 2 a%0A.b.c.d");
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

static void add_empty_names(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x06\x82\x00\x82\x00\x86\x00", 8);
}

Test(rules_subject, an_empty_name_names_nobody)
{
    const struct pki_spec spec = {.customise = add_empty_names};

    expect("allow any user=$dns", &spec, "no 2 no_user_name");
    expect("allow any user=$uri", &spec, "no 2 no_user_name");
    expect("allow uri=s://a/** user=x", &spec, "no no_rule");
    expect("allow any user=x", &spec, "yes 2 x");
}

static void add_latin_uri(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x09\x86\x07s://a/\xe9", 11);
}

Test(rules_subject, a_uri_of_bytes_beyond_ascii_meets_no_pattern)
{
    const struct pki_spec spec = {.customise = add_latin_uri};

    expect("allow uri=s://a/* user=x", &spec, "no no_rule");
    expect("allow any user=$uri", &spec, "yes 2 s://a/%E9");
}

Test(rules_subject, an_attribute_that_is_no_text_names_nobody_and_is_denied_as_anything)
{
    const struct pki_spec spec = {.customise = name_of_bits};

    expect("allow ou=Ops user=$ou", &spec, "yes 2 Ops");
    expect("allow ou=Ops user=$cn", &spec, "no 2 no_user_name");
    expect("allow ou=Ops user=$ou\ndeny cn=test", &spec, "yes 2 Ops");
    expect("deny cn=test\nallow any user=x", &spec, "no 2");
    expect("deny ou=test\nallow any user=x", &spec, "yes 3 x");
}

Test(rules_subject, a_serial_number_is_compared_without_zeros_before_it)
{
    char longest[129], text[256];
    struct pki_spec spec = {.serial_hex = "0"};

    expect("allow serial=0", &spec, "yes 2 0");
    expect("allow serial=000", &spec, "yes 2 0");
    expect("allow serial=-0", &spec, "yes 2 0");
    expect("allow serial=1", &spec, "no no_rule");
    spec.serial_hex = "-1F";
    expect("allow serial=-1f", &spec, "yes 2 -1f");
    expect("allow serial=-001F", &spec, "yes 2 -1f");
    expect("allow serial=1f", &spec, "no no_rule");
    memset(longest, 'A', 128);
    longest[128] = '\0';
    spec.serial_hex = longest;
    (void)snprintf(text, sizeof(text), "allow serial=%s user=x", longest);
    expect(text, &spec, "yes 2 x");
    expect("allow any user=$serial", &spec,
        "yes 2 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    spec.serial_hex = "01AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    expect("allow any user=$serial", &spec, "no 2 no_user_name");
    expect("deny serial=1\nallow any user=x", &spec, "yes 3 x");
}

Test(rules_subject, policies_are_all_looked_at)
{
    const struct pki_spec spec = {
        .extensions = {"certificatePolicies=1.2.3.4,2.999.1,1.2.3.99999999999999999999"}};

    expect("allow policy=2.999.1 user=x", &spec, "yes 2 x");
    expect("allow policy=1.2.3.99999999999999999999 user=x", &spec, "yes 2 x");
    expect("allow policy=1.2.3 user=x", &spec, "no no_rule");
}

/* Neither one that is longer than a rule may name. */
Test(rules_subject, a_policy_of_very_many_parts_is_passed_over)
{
    char extension[700] = "certificatePolicies=1.2.3.4,1.2";
    const struct pki_spec spec = {.extensions = {extension}};
    size_t i, length = strlen(extension);

    for (i = 0; i < 130; i++)
        length += (size_t)snprintf(extension + length, sizeof(extension) - length, ".1");
    expect("allow policy=1.2.3.4 user=x", &spec, "yes 2 x");
    expect("allow policy=1.2.1.1 user=x", &spec, "no no_rule");
}

/* Without a chain there is no issuer: lines about names do not hold. */
Test(rules_subject, without_a_proven_chain_no_name_counts)
{
    struct rules *rules =
        world_rules(ACME "allow cn=\"Eve Example\"\nallow any user=x", NULL, NULL);
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate("eve", &proven);
    struct rules_subject *subject = rules_subject_new(rules, leaf, NULL, NULL);

    cr_assert_not_null(subject);
    cr_expect_not(rules_subject_meets(subject, 0));
    cr_expect(rules_subject_meets(subject, 1));
    cr_expect_null(rules_subject_issuer(rules, subject));
    rules_subject_free(subject);
    rules_subject_free(NULL);
    sk_X509_free(proven);
    rules_release(rules);
}

/* There is room for each. */
Test(rules_subject, a_certificate_may_have_many_policies)
{
    char policies[1024] = "certificatePolicies=1.2.0";
    const struct pki_spec spec = {.subject = "CN=Dan", .extensions = {policies}};
    size_t i, length = strlen(policies);

    for (i = 1; i < 40; i++)
        length += (size_t)snprintf(policies + length, sizeof(policies) - length, ",1.2.%zu", i);
    expect("allow policy=1.2.39 user=$cn", &spec, "yes 2 Dan");
    expect("allow policy=1.2.40 user=$cn", &spec, "no no_rule");
}
