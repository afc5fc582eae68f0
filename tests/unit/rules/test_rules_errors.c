/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_errors, .init = rules_world_make, .fini = rules_world_free);

#define HEX64 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Test(rules_errors, words_and_values_that_cannot_be_read_are_named_with_their_line)
{
    static const struct refusal refusals[] = {
        {"allow any user=x#", ":1: a # inside a value*"},
        {"allow any us#r=x", ":1: a quote or # where*"},
        {"issuer acme acme.cer \"more", ":1: a quote is not closed"},
        {"issuer acme \"acme.cer", ":1: a quote is not closed"},
        {"issuer acme acme.cer,other.cer", ":1: one value is expected, without a comma"},
        {"issuer \"acme\" acme.cer", ":1: a quote or # where a key or a name should be"},
        {"allow any user=", ":1: user=: a value is missing"},
        {"allow any user=\"\"", ":1: user=: a value is missing"},
        {"allow any method=GET, user=x", ":1: method=: a value is missing (no spaces*"},
        {"allow any =x", ":1: a key is missing before ="},
        {"allow any user=\"x", ":1: a quote is not closed"},
        {"allow any user=\"x\\", ":1: *"},
        {"allow any user=\"x\"y", ":1: after a quoted value a comma or a space must follow"},
        {"allow any user=x\"y\"", ":1: a quote inside a value*"},
        {"allow any user=x#y", ":1: a # inside a value*"},
        {"allow any user=a\\b", ":1: a backslash: put the value in quotes"},
        {"allow any user=\"a\\b\"", ":1: in quotes a backslash*"},
        {"allow \"any\"", ":1: a quote or # where a key or a name should be"},
        {ACME "allow dn=\"CN=#0C01616\" user=x",
            ":2: dn=CN=#0C01616: a comma or a plus must stand between the parts"},
        {ACME "allow dn=\"CN=#0C0161x\" user=x",
            ":2: dn=CN=#0C0161x: a comma or a plus must stand between the parts"},
        {ACME "allow dn=\"CN=#0603550403\" user=x", ":2: dn=CN=#0603550403: after # the DER*"},
        {ACME "allow dn=\"CN=#0C016100\" user=x", ":2: dn=CN=#0C016100: after # the DER*"},
        {ACME "allow dn=\"CN=#0C0161 ,O=\" user=x", ":2: dn=CN=#0C0161 ,O=: a value is missing"},
        {ACME "allow dn=\"CN=a\\\\q\" user=x",
            ":2: dn=CN=a\\q: after a backslash two hexadecimal digits*"},
        {ACME "allow dn=\"=a\" user=x", ":2: dn==a: each part must be TYPE=VALUE*"},
        {ACME "allow dn=\"CN=a,,O=b\" user=x", ":2: dn=CN=a,,O=b: each part must be TYPE=VALUE*"},
        {ACME "allow dn=\"CN=a+\" user=x", ":2: dn=CN=a+: each part must be TYPE=VALUE*"},
        {ACME "allow dn=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg=a "
              "user=x",
            ":2: dn=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg=a: each "
            "part must*"},
        {ACME "allow dn=\"CN=a;b\" user=x", ":2: dn=CN=a;b: one of \" ; < > stands*"},
        {"allow any user=x label=\"a b\"", ":1: label=a b: must be letters*"},
        {ACME "allow cn= Dan", ":2: cn=: a value is missing (no spaces beside = and commas)"},
        {ACME "allow cn=Dan, Eve", ":2: cn=: a value is missing (no spaces beside = and commas)"},
        {ACME "deny cn='Dan'", ":2: values are quoted with \" alone"},
        {ACME "deny cn='Dan Example'", ":2: values are quoted with \" alone"},
        {ACME "deny cn=\u201cDan\u201d", ":2: values are quoted with \" alone"},
        {ACME "deny cn=Dan,\u00abEve\u00bb", ":2: values are quoted with \" alone"},
        {ACME "deny cn=Dan\u00a0path=/x/",
            ":2: a space that is no plain one (U+00A0): type it again, in quotes"},
        {ACME "deny cn=\"Dan\u3000Example\"",
            ":2: a space that is no plain one (U+3000): type it again, in quotes"},
        {"allow any user=x host=*", ":1: host=*: leave host= out for any host"},
        {"allow any user=x host=https://a/", ":1: host=https://a/: must be a host name, without*"},
        {"allow any user=x host=::1", ":1: host=::1: must be in brackets if it is an IPv6*"},
        {"allow any user=x host=a:80", ":1: host=a:80: takes no port"},
        {"allow any user=x method=*", ":1: method=*: leave method= out for any method"},
        {"allow any user=x from=::ffff:10.0.0.0/104",
            ":1: from=::ffff:10.0.0.0/104: must be written as an IPv4 address*"},
    };

    REFUSED(refusals);
}

Test(rules_errors, values_that_mean_nothing_are_refused)
{
    static const char *const terms[] = {"email=eve", "email=@acme.example", "email=eve@",
        "email=e*@acme.example", "email=*e@acme.example", "email=a@*", "email=a@*.example",
        "email=*@*.example", "email=**@acme.example", "upn=*", "dns=*", "dns=*.", "dns=a.*.example",
        "dns=a..b", "dns=.a", "dns=a.", "dns=**.a", "dns=a b", "uri=acme", "uri=:x",
        "uri=spiffe://*", "uri=spiffe://*/a", "uri=spiffe:///x/*", "uri=spiffe://a/*/b",
        "uri=spiffe://a/b*", "uri=spiffe://a/***", "uri=spiffe://a/*?", "uri=urn:*", "ip=1.2.3",
        "ip=1.2.3.4/33", "ip=1.2.3.4/", "ip=1.2.3.4/08", "ip=1.2.3.4/24", "ip=::/129",
        "ip=1.2.3.0/-1", "ip=2001:db8::1/32", "ip=x", "serial=xyz", "serial=-", "serial=0x12",
        "serial=1:", "serial=:1", "serial=1 2",
        "ip=11112222333344445555666677778888999900001111222233334444", "from=1.2.3.4/1x",
        "ip=128.0.0.0/1x", "from=1.2.3.4/0x8", "from=1.2.3.0/0008", "policy=01.2.3",
        "policy=1.2.3.", "days=mo", "days=mond", "days=mon-frid", "days=xyz", "method=\"\x5e\"",
        "method=A{", "hours=0a:00-10:00", "hours=09:00_10:00", "hours=09x00-10:00",
        "hours=09:00-10x00", "revocation=0d", "revocation=h", "uri=***", "uri=s://a/b?c/*",
        "uri=s://a/b#c/*", "uri=s://a/b///*", "host=*.", "host=*.*.a", "uri=s:***",
        "uri=s://a/b/c*", "uri=s://a*/**", "sha256=12", "sha256=" HEX64 "00", "sha256=" HEX64 "x",
        "sha256=x", "spki=" HEX64 "0", "policy=1", "policy=clientAuth", "policy=1.2.x", "cn=*",
        "ou=Ops*", "dn=\"CN=*\"", "dn=Eve", "dn=\"CN=\"", "dn=\"CN=a,\"", "dn=\"XYZZY=a\"",
        "dn=\"CN=a;b\"", "dn=\"CN=#zz\"", "dn=\"CN=#0101FF\"", "dn=\"CN=#0500\"", "dn=\"CN=a\\\\\"",
        "dn=\"CN=\\\\q\"", "dn=\"CN=\\\\ff\"", "group=a/b", "host=a:80", "host=a.", "host=*",
        "host=a.*.b", "host=a/b", "host=-.", "host=a..b", "path=a", "path=/a/*", "path=/a/../b",
        "path=/a?b", "path=/a;b", "path=/a%3bb", "path=/a%3Bb/", "path=/%2541", "host=*.[::1]",
        "uri=s://a/b%20c/*", "uri=s://a/../b/**", "uri=s://a/b//c/*", "uri=s://a/./*",
        "uri=s://a/j\u00f6rg/**", "path=/100%", "path=/%5c", "path=\"/a\\\\b\"", "path=/%00",
        "path=https://h/", "method=get", "method=G@T", "from=x", "from=10.0.0.1/8",
        "since=tomorrow", "since=2026-02-30", "until=@1", "until=31.12.2026", "hours=9-17",
        "hours=09:00", "hours=09:00-09:00", "hours=24:00-05:00", "hours=09:60-10:00",
        "hours=09:00-25:00", "hours=09:00-24:01", "hours=09:00-10:00x", "days=monday", "days=mon-",
        "days=-fri", "days=mon-fri-sat", "days=1", "revocation=24", "revocation=0h",
        "revocation=-1h", "revocation=24m", "revocation=fresh", "revocation=999999h", "label=a,b",
        "ip=0.0.0.0/", "from=::/", "ip=10.0.0.0/08", "from=0.0.0.0/00"};
    size_t i;

    for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        char text[512];

        (void)snprintf(
            text, sizeof(text), "issuer acme acme.cer\nallow issuer=acme user=x %s", terms[i]);
        expect_rules_refused(text, ":2: *");
    }
}

/* count times a piece, then an end. */
static void expect_repeated(
    const char *begin, const char *piece, size_t count, const char *end, const char *wanted)
{
    char text[RULES_MAX_LINE + 64];
    size_t i, length = (size_t)snprintf(text, sizeof(text), "%s", begin);

    for (i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s", piece);
    (void)snprintf(text + length, sizeof(text) - length, "%s", end);
    expect_rules_taken_or(text, wanted);
}

Test(rules_errors, names_and_their_parts_have_a_limit)
{
    expect_repeated(ACME "allow dn=\"", "O=a,", 63, "O=a\" user=x", NULL);
    expect_repeated(ACME "allow dn=\"", "O=a,", 64, "O=a\" user=x", ":2: dn=O=a,O=a,*");
    expect_repeated("group ", "n", 64, " any", NULL);
    expect_repeated("group ", "n", 65, " any", ":1: after 'group' a name must stand*");
}
