/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(rules_nearest, .init = rules_world_make, .fini = rules_world_free);

/* "LINE: words|LINE: words|" */
static void expect_nearest(
    const char *text, const char *who, const struct rules_request *request, const char *wanted)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate(who, &proven);
    struct rules_subject *subject;
    struct rules_miss misses[RULES_MAX_MISSES];
    char all[2048] = "";
    size_t i, count;

    cr_assert_not_null(rules, "%s", error.text);
    subject = rules_subject_new(rules, leaf, proven, &error);
    count = rules_nearest(rules, subject, request, misses);
    for (i = 0; i < count; i++)
        (void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%zu: %s|",
            misses[i].rule->line, misses[i].words);
    cr_expect_str_eq(all, wanted, "expected %s, came %s", wanted, all);
    rules_subject_free(subject);
    sk_X509_free(proven);
    rules_release(rules);
}

#define ACME "issuer acme acme.cer\n"

Test(rules_nearest, what_fails_is_named_with_what_is_there_instead)
{
    const struct rules_request request = {.host = "H:443",
        .raw_path = "/a",
        .method = "POST",
        .remote_address = "192.0.2.1",
        .now = 1795737600};

    expect_nearest("", "eve", &request, "");
    expect_nearest("allow any user=x", "eve", &request, "");
    expect_nearest("deny any path=/b", "eve", &request, "");
    expect_nearest(
        "allow any user=x host=i", "eve", &request, "1: host=i does not hold (asked for h)|");
    expect_nearest("allow any user=x host=h path=/b", "eve", &request,
        "1: path=/b does not hold (asked for /a)|");
    expect_nearest("allow any user=x path=/b/,/c", "eve", &request,
        "1: path=/b/,/c does not hold (asked for /a)|");
    expect_nearest("allow any user=x method=GET", "eve", &request,
        "1: method=GET does not hold (asked for POST)|");
    expect_nearest("allow any user=x from=10.0.0.0/8", "eve", &request,
        "1: from=10.0.0.0/8 does not hold (asked for 192.0.2.1)|");
    expect_nearest("allow any user=x until=2026-11-26", "eve", &request,
        "1: until=2026-11-26 does not hold (it is Fri 2026-11-27T00:00:00Z)|");
    expect_nearest("allow any user=x revocation=24h", "eve", &request,
        "1: revocation=24h does not hold (it was not checked)|");
    expect_nearest(ACME "allow cn=A,B,C,D", "eve", &request,
        "2: cn=A,B,C,... does not hold (it has Eve Example)|");
    expect_nearest(
        ACME "allow dns=a.b", "eve", &request, "2: dns=a.b does not hold (it has none)|");
    expect_nearest(ACME "allow email=a@b", "two", &request,
        "2: email=a@b does not hold (it has two@acme.example, zwei@acme.example, "
        "two@elsewhere.example)|");
    expect_nearest(ACME "allow email=eve@acme.example", "mallory", &request,
        "2: issuer=acme does not hold (its chain has no such key)|");
    expect_nearest(ACME "allow serial=5a", "sam", &request,
        "2: issuer=acme does not hold (its chain has no such key)|");
    expect_nearest(ACME "group ops ou=Ops o=Acme\ngroup ops email=eve@acme.org\nallow group=ops",
        "eve", &request,
        "4: group=ops does not hold: needs ou=Ops (it has Sales) or email=eve@acme.org (it has "
        "eve@acme.example)|");
    expect_nearest(ACME "group a cn=A\ngroup b group=a\nallow group=b method=GET", "eve", &request,
        "4: group=b does not hold: needs group=a; method=GET does not hold (asked for POST)|");
}

/* One that is met and stands first in the file is not taken for the one that is named. */
Test(rules_nearest, the_issuer_that_fails_is_the_one_that_is_named)
{
    static const char *const rules[] = {"allow issuer=devices user=x",
        "allow user=x issuer=devices", "allow path=/a user=x issuer=devices",
        "allow user=x issuer=devices path=/a"};
    const struct rules_request request = {.raw_path = "/a", .now = 1795737600};
    char text[256];
    size_t i;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        (void)snprintf(text, sizeof(text), ACME "issuer devices devices.cer\n%s", rules[i]);
        expect_nearest(
            text, "eve", &request, "3: issuer=devices does not hold (its chain has no such key)|");
    }
}

Test(rules_nearest, what_is_not_known_is_named_too)
{
    const struct rules_request nothing = {.now = 1795737600};
    const struct rules_request checked = {.raw_path = "/a",
        .now = 1795737600,
        .revocation_good = true,
        .revocation_this_update = 1795737600 - 2 * 86400};
    const struct rules_request good = {
        .raw_path = "/a", .now = 1795737600, .revocation_good = true};

    expect_nearest(
        "allow any user=x host=i", "eve", &nothing, "1: host=i does not hold (asked for no host)|");
    expect_nearest("allow any user=x method=GET", "eve", &nothing,
        "1: method=GET does not hold (asked for no method)|");
    expect_nearest("allow any user=x from=10.0.0.0/8", "eve", &nothing,
        "1: from=10.0.0.0/8 does not hold (asked for no address)|");
    expect_nearest("allow any user=x path=/b", "eve", &nothing,
        "1: path=/b does not hold (asked for no path)|");
    expect_nearest("allow any user=x revocation=24h", "eve", &checked,
        "1: revocation=24h does not hold (checked as of 2026-11-25T00:00:00Z)|");
    expect_nearest("allow any user=x revocation=24h", "eve", &good,
        "1: revocation=24h does not hold (it was not checked)|");
    expect_nearest("allow any user=x days=sat", "eve", &nothing,
        "1: days=sat does not hold (it is Fri 2026-11-27T00:00:00Z)|");
}

Test(rules_nearest, of_groups_each_line_is_told_and_of_many_names_three)
{
    const struct rules_request request = {.raw_path = "/a", .now = 1795737600};

    expect_nearest(ACME "group a cn=A ou=B\ngroup b email=x@y.z\ngroup c cn=\"Eve Example\"\n"
                        "allow group=a,b user=x\nallow group=c path=/b",
        "eve", &request,
        "5: group=a,b does not hold: needs cn=A (it has Eve Example) and ou=B (it has Sales) or "
        "email=x@y.z (it has eve@acme.example)|6: path=/b does not hold (asked for /a)|");
    expect_nearest(ACME "group a cn=\"Eve Example\" ou=B\nallow group=a user=x", "eve", &request,
        "3: group=a does not hold: needs ou=B (it has Sales)|");
    expect_nearest("issuer devices devices.cer\nallow uri=x:y", "dots", &request,
        "2: uri=x:y does not hold (it has spiffe://acme.example/ops/../sensor/7, "
        "spiffe://acme.example/ops//7, spiffe://acme.example/ops/%2e%2e, ...)|");
    expect_nearest(
        ACME "allow ou=x", "multi", &request, "2: ou=x does not hold (it has Dev, Ops)|");
    expect_nearest(
        ACME "allow cn=A,B,C", "eve", &request, "2: cn=A,B,C does not hold (it has Eve Example)|");
}

Test(rules_nearest, a_policy_for_which_not_all_cas_vouch_is_told_so)
{
    const struct rules_request request = {.raw_path = "/a", .now = 1795737600};

    expect_nearest(ACME "allow policy=1.2.3.5 user=x", "sam", &request,
        "2: policy=1.2.3.5 does not hold (it has 1.2.3.4, 1.2.3.5 (not all its CAs vouch for "
        "it))|");
    expect_nearest(ACME "group g policy=1.2.3.5\nallow group=g user=x", "sam", &request,
        "3: group=g does not hold: needs policy=1.2.3.5 (it has 1.2.3.4, 1.2.3.5 (not all its CAs "
        "vouch for it))|");
    expect_nearest(ACME "allow policy=1.2.3.6 user=x", "dan", &request,
        "2: policy=1.2.3.6 does not hold (it has 1.2.3.4, 1.2.3.5)|");
}

Test(rules_nearest, of_many_policies_three_are_told_each_with_what_it_is_worth)
{
    struct pki *made = pki_make(&(struct pki_spec){.issuer = world_ca("sub"),
        .extensions = {"certificatePolicies=1.2.3.4,1.2.3.5,1.2.3.6,1.2.3.7"}});
    STACK_OF(X509) *proven = world_chain(made->certificate, "sub");
    struct rules *rules = world_rules(ACME "allow policy=1.2.3.7 user=x", NULL, NULL);
    struct rules_subject *subject = rules_subject_new(rules, made->certificate, proven, NULL);
    const struct rules_request request = {.now = 1795737600};
    struct rules_miss misses[RULES_MAX_MISSES];

    cr_assert_eq(rules_nearest(rules, subject, &request, misses), 1);
    cr_expect_str_eq(misses[0].words,
        "policy=1.2.3.7 does not hold (it has 1.2.3.4, 1.2.3.5 (not all its CAs vouch for it), "
        "1.2.3.6 (not all its CAs vouch for it), ...)");
    rules_subject_free(subject);
    rules_release(rules);
    sk_X509_free(proven);
    pki_free(made);
}

Test(rules_nearest, of_many_names_three_are_told)
{
    struct pki *made = pki_make(&(struct pki_spec){.issuer = world_ca("acme"),
        .extensions = {"subjectAltName=DNS:a,DNS:b,DNS:c,DNS:d,DNS:e,email:x@y.z,DNS:f"}});
    STACK_OF(X509) *proven = world_chain(made->certificate, "acme");
    struct rules *rules = world_rules(ACME "allow dns=q email=*@q.z", NULL, NULL);
    struct rules_subject *subject = rules_subject_new(rules, made->certificate, proven, NULL);
    const struct rules_request request = {.now = 1795737600};
    struct rules_miss misses[RULES_MAX_MISSES];

    cr_assert_eq(rules_nearest(rules, subject, &request, misses), 1);
    cr_expect_str_eq(misses[0].words,
        "email=*@q.z does not hold (it has x@y.z); dns=q does not hold (it has a, b, c, ...)");
    rules_subject_free(subject);
    rules_release(rules);
    sk_X509_free(proven);
    pki_free(made);
}

Test(rules_nearest, fewer_failures_come_first_then_the_earlier_line)
{
    const struct rules_request request = {
        .host = "h", .raw_path = "/a", .method = "GET", .now = 1795737600};

    expect_nearest(ACME "allow cn=A host=i path=/b\n"
                        "allow cn=A path=/a\n"
                        "allow any user=x host=i\n"
                        "allow cn=B path=/a\n"
                        "allow any user=x path=/a method=PUT\n"
                        "allow any user=x path=/b\n",
        "eve", &request,
        "6: method=PUT does not hold (asked for GET)|3: cn=A does not hold (it has Eve Example)|"
        "5: cn=B does not hold (it has Eve Example)|");
}

Test(rules_nearest, of_many_that_are_as_near_the_first_are_told)
{
    const struct rules_request request = {.raw_path = "/a", .now = 1795737600};

    expect_nearest("allow any user=x path=/b\nallow any user=x path=/c\nallow any user=x path=/d\n"
                   "allow any user=x path=/e\nallow any user=x path=/f",
        "eve", &request,
        "1: path=/b does not hold (asked for /a)|2: path=/c does not hold (asked for /a)|"
        "3: path=/d does not hold (asked for /a)|");
}

Test(rules_nearest, long_words_are_cut)
{
    const struct rules_request request = {.raw_path = "/a", .now = 1795737600};
    char text[1024] = ACME, all[512];
    struct rules_miss misses[RULES_MAX_MISSES];
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate("eve", &proven);
    struct rules *rules;
    struct rules_subject *subject;
    int i;

    for (i = 0; i < 12; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
            "group g cn=aaaaaaaaaaaaaaaaaaaaaaaaaaa%d\n", i);
    strcat(text, "allow group=g");
    rules = world_rules(text, NULL, NULL);
    subject = rules_subject_new(rules, leaf, proven, NULL);
    cr_assert_eq(rules_nearest(rules, subject, &request, misses), 1);
    (void)snprintf(all, sizeof(all), "%s", misses[0].words);
    cr_expect_lt(strlen(all), sizeof(misses[0].words));
    cr_expect_str_eq(all + strlen(all) - 3, "...");
    rules_subject_free(subject);
    sk_X509_free(proven);
    rules_release(rules);
}
