/* SPDX-License-Identifier: ISC */
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_alternative_names, .init = rules_world_make, .fini = rules_world_free);

#define UPN "otherName:1.3.6.1.4.1.311.20.2.3;"

Test(rules_alternative_names, a_pattern_is_met_by_names_of_its_own_shape_alone)
{
    static const struct names_row rows[] = {
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
        {"allow dns=*.a.example", "DNS:b@c.a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:b c.a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:b;c.a.example", "no no_rule"},
        {"allow dns=*.a.example", "DNS:b.*.a.example", "no no_rule"},
        {"allow dns=*.a.example user=*", "DNS:b_-1.a.example", "yes 2 b_-1"},
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

    TRY_NAMES(rows);
}

/* Without a rule about a kind of name it is not read; all kinds together are. */
Test(rules_alternative_names, of_each_kind_of_name_all_are_looked_at)
{
    static const char names[] = "email:b@a.example,DNS:b.a.example,URI:s://a/b,IP:192.0.2.7," UPN
                                "UTF8:u@a.example,RID:1.2.3,email:c@a.example";
    static const struct names_row rows[] = {
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

    TRY_NAMES(rows);
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

Test(rules_alternative_names, names_of_odd_bytes_are_compared_as_they_are)
{
    const struct pki_spec spec = {.customise = add_odd};

    expect_for("allow ip=0.0.0.0/0,::/0 user=x", &spec, "no no_rule");
    expect_for("allow any user=$ip", &spec, "no 2 no_user_name");
    expect_for("allow email=b@a", &spec, "no no_rule");
    expect_for("allow any user=$email", &spec, "yes 2 b@a%00.c");
    expect_for("allow dns=*.b.c.d", &spec, "no no_rule");
    expect_for("allow any user=$dns", &spec, "yes 2 a%0A.b.c.d");
}

static void add_empty_names(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x06\x82\x00\x82\x00\x86\x00", 8);
}

Test(rules_alternative_names, an_empty_name_names_nobody)
{
    const struct pki_spec spec = {.customise = add_empty_names};

    expect_for("allow any user=$dns", &spec, "no 2 no_user_name");
    expect_for("allow any user=$uri", &spec, "no 2 no_user_name");
    expect_for("allow uri=s://a/** user=x", &spec, "no no_rule");
    expect_for("allow any user=x", &spec, "yes 2 x");
}

static void add_latin_uri(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x09\x86\x07s://a/\xe9", 11);
}

Test(rules_alternative_names, a_uri_of_bytes_beyond_ascii_meets_no_pattern)
{
    const struct pki_spec spec = {.customise = add_latin_uri};

    expect_for("allow uri=s://a/* user=x", &spec, "no no_rule");
    expect_for("allow any user=$uri", &spec, "yes 2 s://a/%E9");
}
