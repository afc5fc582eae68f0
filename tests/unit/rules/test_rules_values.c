/* SPDX-License-Identifier: ISC */
#include "rules/rules_values.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

Test(rules_values, names_are_compared_in_their_forms)
{
    char form[64] = "";
    size_t at = 0;

    rules_form_mailbox("Dan@Acme.Example", 16, form, &at);
    cr_expect_eq(at, 3);
    cr_expect_eq(memcmp(form, "Dan@acme.example", 16), 0, "the local part has its case");
    rules_form_mailbox("A@B@C", 5, form, &at);
    cr_expect_eq(at, 3, "the last @ counts");
    rules_form_mailbox("Dan", 3, form, &at);
    cr_expect_eq(at, 3);
    rules_form_lower("AZ", 2, form);
    cr_expect_str_eq(form, "az");
    rules_form_lower("WWW.\xC3\x84", 6, form);
    cr_expect_eq(memcmp(form, "www.\xC3\x84", 6), 0, "ASCII alone");
    cr_expect_eq(rules_form_uri("SPIFFE://Acme.Example/Ops", 25, form), 21);
    cr_expect_eq(memcmp(form, "spiffe://acme.example/Ops", 25), 0);
    cr_expect_eq(rules_form_uri("S://AZ/AZ", 9, form), 6);
    cr_expect_str_eq(form, "s://az/AZ");
    cr_expect_eq(rules_form_uri("S://", 4, form), 4, "the host is empty");
    cr_expect_eq(rules_form_uri("URN:Acme", 8, form), 8, "there is no path");
    cr_expect_eq(memcmp(form, "urn:Acme", 8), 0);
    cr_expect_eq(rules_form_uri("URN:ACME/Ops", 12, form), 8, "there is no host");
    cr_expect_eq(memcmp(form, "urn:ACME/Ops", 12), 0);
    cr_expect_eq(rules_form_uri("URN:ACME:Ops", 12, form), 12);
    cr_expect_eq(memcmp(form, "urn:acme:Ops", 12), 0, "the namespace");
    cr_expect_eq(rules_form_uri("TAG:ACME:Ops", 12, form), 12);
    cr_expect_eq(memcmp(form, "tag:ACME:Ops", 12), 0);
}

Test(rules_values, a_value_is_read_as_its_key_asks)
{
    static const struct {
        enum rules_key key;
        const char *word;
        bool good;
        enum rules_form form;
    } rows[] = {
        {KEY_EMAIL, "dan@acme.example", true, FORM_EXACT},
        {KEY_EMAIL, "*@acme.example", true, FORM_DOMAIN},
        {KEY_EMAIL, "dan*@acme.example", false, FORM_EXACT},
        {KEY_DNS, "*.acme.example", true, FORM_DOMAIN},
        {KEY_DNS, "a.*.example", false, FORM_EXACT},
        {KEY_URI, "spiffe://acme.example/ops/*", true, FORM_SEGMENT},
        {KEY_URI, "spiffe://acme.example/**", true, FORM_BELOW},
        {KEY_SERIAL, "00DA", true, FORM_EXACT},
        {KEY_SERIAL, "xyz", false, FORM_EXACT},
        {KEY_SHA256, "abcd", false, FORM_EXACT},
        {KEY_POLICY, "1.2.3", true, FORM_EXACT},
        {KEY_POLICY, "1.2.x", false, FORM_EXACT},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules rules = {.number = 1};
        struct rules_value value = {.word = rows[i].word};
        struct error error = {0};
        bool good = rules_value_read(&rules, rows[i].key, &value, &error);

        cr_expect_eq(good, rows[i].good, "%s: %s", rows[i].word, error.text);
        cr_expect(!good || value.form == rows[i].form, "%s: form %d", rows[i].word, value.form);
        cr_expect(good || error.kind == ERROR_INPUT || error.kind == ERROR_USAGE);
        rules_arena_free(&rules.arena);
        sk_X509_NAME_pop_free(rules.names, X509_NAME_free);
    }
}

Test(rules_values, a_uri_with_a_control_character_is_not_plain)
{
    cr_expect(rules_uri_is_plain("/a~", 0, 3));
    cr_expect_not(rules_uri_is_plain("/a\x7f", 0, 3));
    cr_expect_not(rules_uri_is_plain("/a\x1f", 0, 3));
}

Test(rules_values, a_serial_number_has_a_limit)
{
    char digits[131];
    struct rules rules = {.number = 1};
    struct rules_value value = {.word = digits};
    struct error error = {0};

    memset(digits, '1', sizeof(digits) - 1);
    digits[130] = '\0';
    cr_expect_not(rules_value_read(&rules, KEY_SERIAL, &value, &error));
    digits[128] = '\0';
    cr_expect(rules_value_read(&rules, KEY_SERIAL, &value, &error), "%s", error.text);
    rules_arena_free(&rules.arena);
}

#define HEX64 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Test(
    rules_values, what_means_nothing_is_refused, .init = rules_world_make, .fini = rules_world_free)
{
    static const char *const terms[] = {"email=eve", "email=@acme.example", "email=eve@",
        "email=e*@acme.example", "email=*e@acme.example", "email=a@*", "email=a@*.example",
        "email=*@*.example", "email=**@acme.example", "upn=*", "dns=*", "dns=*.", "dns=a.*.example",
        "dns=a..b", "dns=.a", "dns=a.", "dns=**.a", "dns=a b", "uri=acme", "uri=:x",
        "uri=spiffe://*", "uri=spiffe://*/a", "uri=spiffe:///x/*", "uri=spiffe://a/*/b",
        "uri=spiffe://a/b*", "uri=s://a/bc*", "uri=spiffe://a/***", "uri=spiffe://a/*?",
        "uri=urn:*", "ip=1.2.3", "ip=1.2.3.4/33", "ip=1.2.3.4/", "ip=1.2.3.4/08", "ip=1.2.3.4/24",
        "ip=::/129", "ip=1.2.3.0/-1", "ip=2001:db8::1/32", "ip=x", "serial=xyz", "serial=-",
        "serial=0x12", "serial=1:", "serial=:1", "serial=1 2",
        "ip=11112222333344445555666677778888999900001111222233334444", "from=1.2.3.4/1x",
        "ip=128.0.0.0/1x", "from=1.2.3.4/0x8", "from=1.2.3.0/0008", "policy=01.2.3",
        "policy=1.2.3.", "uri=***", "uri=s://a/b?c/*", "uri=s://a/b#c/*", "uri=s://a/b///*",
        "uri=s:***", "uri=s://a/b/c*", "uri=s://a*/**", "sha256=12", "sha256=" HEX64 "00",
        "sha256=" HEX64 "x", "sha256=x", "spki=" HEX64 "0", "policy=1", "policy=clientAuth",
        "policy=1.2.x", "cn=*", "ou=Ops*", "dn=\"CN=*\"", "dn=Eve", "dn=\"CN=\"", "dn=\"CN=a,\"",
        "dn=\"XYZZY=a\"", "dn=\"CN=a;b\"", "dn=\"CN=#zz\"", "dn=\"CN=#0101FF\"", "dn=\"CN=#0500\"",
        "dn=\"CN=a\\\\\"", "dn=\"CN=\\\\q\"", "dn=\"CN=\\\\ff\"", "group=a/b", "uri=s://a/b%20c/*",
        "uri=s://a/../b/**", "uri=s://a/b//c/*", "uri=s://a/./*", "uri=s://a/j\u00f6rg/**",
        "from=x", "from=10.0.0.1/8", "label=a,b", "ip=0.0.0.0/", "from=::/", "ip=10.0.0.0/08",
        "from=0.0.0.0/00"};

    expect_terms_refused(terms, sizeof(terms) / sizeof(terms[0]));
}
