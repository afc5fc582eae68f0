/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_errors, .init = rules_world_make, .fini = rules_world_free);

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
        {"allow any user=\"x\"y", ":1: a quoted value must be followed by a comma or a space"},
        {"allow any user=x\"y\"", ":1: a quote inside a value*"},
        {"allow any user=x#y", ":1: a # inside a value*"},
        {"allow any user=a\\b", ":1: a backslash: put the value in quotes"},
        {"allow any user=\"a\\b\"", ":1: in quotes a backslash*"},
        {"allow \"any\"", ":1: a quote or # where a key or a name should be"},
        {ACME "allow dn=\"CN=#0C01616\" user=x",
            ":2: dn=CN=#0C01616: a comma or a plus is missing between the parts"},
        {ACME "allow dn=\"CN=#0C0161x\" user=x",
            ":2: dn=CN=#0C0161x: a comma or a plus is missing between the parts"},
        {ACME "allow dn=\"CN=#0603550403\" user=x",
            ":2: dn=CN=#0603550403: # must be followed by the DER*"},
        {ACME "allow dn=\"CN=#0C016100\" user=x",
            ":2: dn=CN=#0C016100: # must be followed by the DER*"},
        {ACME "allow dn=\"CN=#0C0161 ,O=\" user=x", ":2: dn=CN=#0C0161 ,O=: a value is missing"},
        {ACME "allow dn=\"CN=a\\\\q\" user=x",
            ":2: dn=CN=a\\q: a backslash must be followed by two hexadecimal digits*"},
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
        {ACME "deny cn='Dan'", ":2: values are quoted with \" only"},
        {ACME "deny cn='Dan Example'", ":2: values are quoted with \" only"},
        {ACME "deny cn=\u201cDan\u201d", ":2: values are quoted with \" only"},
        {ACME "deny cn=Dan,\u00abEve\u00bb", ":2: values are quoted with \" only"},
        {ACME "deny cn=Dan\u00a0path=/x/",
            ":2: a space that is not a plain one (U+00A0): type it again, in quotes"},
        {ACME "deny cn=\"Dan\u3000Example\"",
            ":2: a space that is not a plain one (U+3000): type it again, in quotes"},
        {ACME "deny cn==Dan",
            ":2: there is no comparison but `=`; a value that begins with `=` stands in quotes"},
        {ACME "deny cn=~Dan", ":2: there is no comparison but `=`;*"},
        {ACME "deny cn=^Dan$", ":2: there is no comparison but `=`;*"},
        {ACME "deny cn=Eve,(Dan|Eve)", ":2: there is no comparison but `=`;*"},
        {ACME "deny dn=CN=Dan,O=Acme",
            ":2: dn=: a name with commas stands in quotes, and so does each of several"},
        {ACME "deny dn=\"CN=Dan\",O=Acme", ":2: dn=: a name with commas stands in quotes*"},
        {"allow any user=x user=y", ":1: user= twice"},
        {"allow any user=x label=a label=b", ":1: label= twice"},
        {"allow any user=x until=2026-01-01 until=2026-01-02", ":1: until= twice"},
        {"allow any user=x method=GET method=PUT", ":1: method= twice; write a comma"},
        {"allow any user=svc-$cn", ":1: user=: $KEY stands alone"},
        {"allow any user=a$1$cn", ":1: user=: $KEY stands alone"},
        {"allow any user=svc-$a", ":1: user=: $KEY stands alone"},
        {"allow any user=svc-$z", ":1: user=: $KEY stands alone"},
        {"allow any user=$cn-$o", ":1: 'cn-$o' is no key that names somebody*"},
        {"allow any user=x method=ANY", ":1: method=ANY: leave method= out for any method"},
        {"deny any method=GET,all", ":1: method=all: leave method= out for any method"},
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

/* What looks like one of these mistakes and is none. */
Test(rules_errors, what_is_part_of_a_name_is_taken)
{
    expect_rules_taken_or(ACME "deny cn=\"=Dan\",\"~\",\"^a$\",\"(a)\",a=b,a~,a^,a(b)", NULL);
    expect_rules_taken_or(ACME "deny dn=\"CN=Dan,O=Acme\",\"CN=Eve\"", NULL);
    expect_rules_taken_or(ACME "deny dn=CN=Dan", NULL);
    expect_rules_taken_or("allow any user=pc1$", NULL);
    expect_rules_taken_or("allow any user=a$1", NULL);
    expect_rules_taken_or("allow any user=a$~", NULL);
    expect_rules_taken_or("allow any user=x method=ALLOW", NULL);
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
    expect_repeated("group ", "n", 65, " any", ":1: 'group' must be followed by a name*");
}
