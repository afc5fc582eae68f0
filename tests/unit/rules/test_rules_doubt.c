/* SPDX-License-Identifier: ISC */
#include "unit/base/memory_fault.h"
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Names that two programs may read as two: deny lines hold for either, allow lines for none. */
TestSuite(rules_doubt, .init = rules_world_make, .fini = rules_world_free);

#define UPN "otherName:1.3.6.1.4.1.311.20.2.3;"

Test(rules_doubt, an_odd_mailbox_is_denied_as_all_that_stands_in_it)
{
    static const struct doubt_row rows[] = {
        {"email=*@a.example", "email:*@a.example", true},
        {"email=*@a.example", "email:b*@a.example", true},
        {"email=*@a.example", "email:@a.example", true},
        {"email=*@a.example", "email:b@A.EXAMPLE.", true},
        {"email=*@a.example", "email:b@a.example@c.example", true},
        {"email=*@a.example", "email:b@c.example@a.example", true},
        {"email=b@a.example", "email:b@a.example.", true},
        {"email=b@a.example", "email:\"c\"@a.example", true},
        {"email=b@a.example", "email:B@a.example", true},
        {"email=Bd@A.example", "email:bD@a.example", true},
        {"email=a@a.example,b@a.example,Ba@a.example,bb@a.example,c@a.example",
            "email:bA@a.example", true},
        {"email=b@a.example", "email:B@a.example.org", false},
        {"email=b@a.example.org", "email:B@a.example", false},
        {"email=b@a.example", "email:C@a.example", false},
        {"email=*@xn--bcher-kva.example",
            "email:b@b\xc3\xbc"
            "cher.example",
            true},
        {"email=b@xn--bcher-kva.example",
            "email:c@b\xc3\xbc"
            "cher.example",
            true},
        {"email=*@a.example",
            "email:b@b\xc3\xbc"
            "cher.a.example",
            true},
        {"email=*@a.example",
            "email:b@b\xc3\xbc"
            "cher.example",
            true},
        {"email=*@a.example", "email:b@a\u3002example", true},
        {"email=*@a.example", "email:b@\uff41.example", true},
        {"email=*@a.example", "email:b\uff20a.example", true},
        {"email=*@a.example", "email:\uff42@c.example", false},
        {"email=*@a.example", "email:\u212a@c.example", false},
        {"email=*@xn--bcher-kva.example", "email:b\xc3\xbc@c.example", false},
        {"email=b@a.example", "otherName:1.3.6.1.5.5.7.8.9;UTF8:b@a.example", true},
        {"email=b@a.example", "otherName:1.3.6.1.5.5.7.8.9;UTF8:B@A.example", true},
        {"email=b@a.example", "otherName:1.3.6.1.5.5.7.8.9;INT:7", true},
        {"email=b@a.example", "otherName:1.3.6.1.5.5.7.8.9;UTF8:c@a.example", false},
        {"email=b@a.example", UPN "UTF8:b@a.example", false},
        {"email=*@a.example", "email:b*@c.example", false},
        {"email=*@a.example", "email:b@aa.example", false},
        {"email=*@a.example", "email:b@c.a.example", false},
        {"upn=*@a.example", UPN "UTF8:b@a.example.", true},
        {"upn=*@a.example", UPN "IA5:b@a.example", true},
        {"upn=*@a.example", UPN "IA5:b@c.example", false},
        {"upn=b@a.example", UPN "UTF8:B@a.example", true},
        {"upn=a@a.example,b@a.example,Ba@a.example,bb@a.example,c@a.example",
            UPN "UTF8:bA@a.example", true},
        {"upn=b@a.example", UPN "IA5:B@a.example", true},
        {"upn=b@a.example", "otherName:1.3.6.1.5.5.7.8.9;UTF8:b@a.example", false},
        {"upn=*@xn--bcher-kva.example",
            UPN "UTF8:b@b\xc3\xbc"
                "cher.example",
            false},
        {"upn=*@a.example", UPN "INT:7", true}, /* no text: any */
        {"upn=*@a.example", UPN "NULL", true},
        {"upn=*@a.example", UPN "BOOL:TRUE", true},
        {"upn=*@a.example,c@a.example", UPN "NULL," UPN "NULL", true},
        {"upn=*@a.example", UPN "OID:1.2.3.4", true},
        {"upn=*@a.example", UPN "IA5:", true},
    };

    TRY_DOUBTS(rows);
}

/* RFC 5280 section 4.1.2.6: addresses of old stand in the subject. */
Test(rules_doubt, a_mail_address_in_the_subject_is_denied_and_never_allowed)
{
    static const struct {
        const char *value, *subject;
        bool denied;
    } rows[] = {
        {"email=b@a.example", "emailAddress=b@A.example,CN=Dan", true},
        {"email=*@a.example", "CN=Dan+emailAddress=b@a.example", true},
        {"email=*@a.example", "emailAddress=b@a.example.,CN=Dan", true},
        {"email=b@a.example", "emailAddress=bb@a.example,CN=Dan", false},
        {"email=*@a.example", "emailAddress=b@c.a.example,CN=Dan", false},
        {"email=*@a.example", "CN=b@a.example", false},
        {"cn=b@a.example", "emailAddress=b@a.example,CN=Dan", false},
    };
    char text[200], words[700];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct pki_spec spec = {.subject = rows[i].subject};

        (void)snprintf(
            text, sizeof(text), "issuer acme acme.cer\ndeny %s\nallow any user=x\n", rows[i].value);
        world_decide_made(text, &spec, words);
        cr_expect_str_eq(words, rows[i].denied ? "no 2" : "yes 3 x", "deny %s, %s: came %s",
            rows[i].value, rows[i].subject, words);
        (void)snprintf(text, sizeof(text), "issuer acme acme.cer\nallow %s\n", rows[i].value);
        world_decide_made(text, &spec, words);
        cr_expect_str_eq(
            words, "no no_rule", "allow %s, %s: came %s", rows[i].value, rows[i].subject, words);
    }
}

Test(rules_doubt, an_odd_host_is_denied_as_all_that_stands_in_it)
{
    static const struct doubt_row rows[] = {
        {"dns=*.a.example", "DNS:*.a.example", true},
        {"dns=b.a.example", "DNS:*.A.example", true},
        {"dns=c.b.a.example", "DNS:*.a.example", true},
        {"dns=*.b.a.example", "DNS:*.a.example", true},
        {"dns=b.c.example", "DNS:*.a.example", false},
        {"dns=example", "DNS:*.a.longer.name", false},
        {"dns=a.example", "DNS:b*.example", true},
        {"dns=a.example", "DNS:*", true},
        {"dns=a.example", "DNS:a.*", true},
        {"dns=*.a.example", "DNS:.a.example", true},
        {"dns=*.a.example", "DNS:b.A.example.", true},
        {"dns=b.a.example", "DNS:b.a.example.", true},
        {"dns=b.a.example", "DNS:b.a.example:443", true},
        {"dns=b.a.example", "DNS:b.a.example\x7f", true},
        {"dns=b.a.example", "DNS:c b.a.example", true},
        {"dns=b.a.example",
            "DNS:b.a.ex\x7f"
            "ample",
            true},
        {"dns=b.a.example",
            "DNS:b.a.ex\u00ad"
            "ample",
            true},
        {"dns=b.a.example",
            "DNS:b.a.ex\u200b"
            "ample",
            true},
        {"dns=b.a.example", "DNS:c.\xe4", true},
        {"dns=b.a.example", "DNS:c!b.a.example", true},
        {"dns=b.a.example", "DNS:b.a.example~", true},
        {"dns=b.a.example", "DNS:b.a.example/", true},
        {"dns=b.a.example", "DNS:b.a_example", false},
        {"dns=*.xn--bcher-kva.example",
            "DNS:a.b\xc3\xbc"
            "cher.example",
            true},
        {"dns=xn--bcher-kva.example",
            "DNS:b\xc3\xbc"
            "cher.example",
            true},
        {"dns=a.example",
            "DNS:b\xc3\xbc"
            "cher.example",
            true},
        {"dns=a.example", "DNS:a\u3002example", true},
        {"dns=a.example", "DNS:\uff41.example", true},
        {"dns=a.example", "DNS:\x1f", true},
        {"dns=xn--bcher-kva.example", "DNS:c..example", false},
        {"dns=*.a.example", "DNS:c..b.example", false},
        {"dns=*.a.example", "DNS:c.b.a.example", false},
        {"dns=*.a.example", "DNS:a.example", false},
    };

    TRY_DOUBTS(rows);
}

/* Of each kind of name the values of that kind alone are doubtful, wherever they stand. */
Test(rules_doubt, an_odd_name_of_one_kind_is_none_of_another)
{
    static const char rules[] = "issuer acme acme.cer\ndeny email=*@a.example\n"
                                "deny uri=spiffe://a.example/**\ndeny dns=*.a.example\n"
                                "deny ip=192.0.2.0/24\ndeny upn=*@a.example\nallow any user=x\n";
    static const char *const rows[][2] = {{"email:*@a.example", "no 2"},
        {"URI:spiffe://a.example//", "no 3"}, {"DNS:b.a.example.", "no 4"},
        {"IP:::ffff:192.0.2.7", "no 5"}, {UPN "IA5:b@a.example", "no 6"},
        {"email:*@b.example,DNS:b..example,URI:spiffe://b//," UPN "IA5:a@b.example", "yes 7 x"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char extension[256], words[700];
        const struct pki_spec spec = {.extensions = {extension}};

        (void)snprintf(extension, sizeof(extension), "subjectAltName=%s", rows[i][0]);
        world_decide_made(rules, &spec, words);
        cr_expect_str_eq(words, rows[i][1], "%s: came %s", rows[i][0], words);
    }
}

Test(rules_doubt, an_address_of_ipv4_in_the_form_of_ipv6_is_denied_as_either)
{
    static const struct doubt_row rows[] = {
        {"ip=192.0.2.0/24", "IP:::ffff:192.0.2.7", true},
        {"ip=192.0.2.0/24", "DER:30:07:87:05:C6:33:64:07:01", true}, /* of no length that is one */
        {"ip=2001:db8::/32", "DER:30:05:87:03:C6:33:64", true},
        {"ip=192.0.2.0/24", "IP:::192.0.2.7", true},
        {"ip=192.0.2.0/24", "IP:64:ff9b::192.0.2.7", true},
        {"ip=192.0.2.0/24", "IP:64:ff9b:1::192.0.2.7", false},
        {"ip=192.0.2.0/24", "IP:::1:192.0.2.7", false},
        {"ip=192.0.2.0/24", "IP:64:ff9b::198.51.100.7", false},
        {"ip=0.0.0.0/0", "IP:::1", false},
        {"ip=0.0.0.0/0", "IP:2001:db8::7", false},
        {"ip=192.0.2.0/24", "IP:::ffff:198.51.100.7", false},
        {"ip=192.0.2.0/24", "IP:198.51.100.7", false},
        {"ip=2001:db8::/32", "IP:::ffff:192.0.2.7", false},
        {"ip=::ffff:192.0.2.7", "IP:192.0.2.7", true},
        {"ip=::ffff:0:0/96", "IP:192.0.2.7", true},
        {"ip=::ffff:192.0.2.8", "IP:192.0.2.7", false},
        {"ip=::192.0.2.7", "IP:192.0.2.7", false},
        {"ip=::/96", "IP:192.0.2.7", false},
    };

    TRY_DOUBTS(rows);
}

Test(rules_doubt, a_group_that_a_deny_line_names_takes_in_what_is_doubtful)
{
    const struct pki_spec spec = {.extensions = {"subjectAltName=email:b*@a.example"}};
    char words[700];

    world_decide_made("issuer acme acme.cer\ngroup g email=*@a.example\ndeny group=g\nallow any "
                      "user=x\n",
        &spec, words);
    cr_expect_str_eq(words, "no 3", "came %s", words);
    world_decide_made(
        "issuer acme acme.cer\ngroup g email=*@a.example\nallow group=g user=x\n", &spec, words);
    cr_expect_str_eq(words, "no no_rule", "came %s", words);
}

/* A name that could not be looked at for want of memory is not passed over. */
Test(rules_doubt, without_memory_nothing_is_decided_or_the_deny_line_holds)
{
    struct pki *made = pki_make(&(struct pki_spec){
        .issuer = world_ca("acme"), .extensions = {"subjectAltName=" UPN "IA5:b@a.example"}});
    STACK_OF(X509) *proven = world_chain(made->certificate, "acme");
    struct rules *rules =
        world_rules("issuer acme acme.cer\ndeny upn=*@a.example\nallow any user=x\n", NULL, NULL);
    const struct rules_request request = {.method = "GET"};
    unsigned long nth, count = 1;

    for (nth = 0; nth <= count; nth++) {
        struct rules_decision decision = {.allowed = true};
        struct rules_subject *subject;

        memory_fault_at(nth, false);
        subject = rules_subject_new(rules, made->certificate, proven, NULL);
        count = nth == 0 ? memory_fault_count() : count;
        memory_fault_at(0, false);
        if (subject == NULL)
            continue;
        rules_decide(rules, subject, &request, &decision);
        cr_expect_not(decision.allowed, "allocation %lu", nth);
        rules_subject_free(subject);
    }
    cr_expect_gt(count, 3);
    rules_release(rules);
    sk_X509_free(proven);
    pki_free(made);
}

/* A number, with what stands before and behind it. */
struct numbered {
    const char *before, *behind;
};

/* What comes of 1,500 names beside 60 deny lines for others. The first name alone is let in. */
static void expect_of_many(struct numbered name, struct numbered denied, const char *wanted)
{
    static char text[300000], extension[90000];
    const struct pki_spec spec = {.extensions = {extension}};
    char words[700];
    size_t i, at;

    at = (size_t)snprintf(extension, sizeof(extension), "subjectAltName=");
    for (i = 0; i < 1500; i++)
        at += (size_t)snprintf(extension + at, sizeof(extension) - at, "%s%s%zu%s",
            i > 0 ? "," : "", name.before, i, name.behind);
    at = (size_t)snprintf(text, sizeof(text), "issuer acme acme.cer\n");
    for (i = 0; i < 60; i++)
        at += (size_t)snprintf(
            text + at, sizeof(text) - at, "deny %s%zu%s\n", denied.before, i, denied.behind);
    (void)snprintf(text + at, sizeof(text) - at, "allow any user=x\n");
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, wanted, "came %s", words);
    extension[strcspn(extension, ",")] = '\0';
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, "yes 62 x", "came %s", words);
}

/* What is compared is bounded: then a deny line of the key holds, whatever its value. */
Test(rules_doubt, more_odd_names_than_are_compared_are_denied_as_anything)
{
    expect_of_many(
        (struct numbered){"email:b*@", ".example"}, (struct numbered){"email=c@", ".org"}, "no 2");
}

Test(rules_doubt, more_odd_uris_than_are_compared_are_denied_as_anything)
{
    expect_of_many((struct numbered){"URI:spiffe://a//", ""},
        (struct numbered){"uri=spiffe://b", "/**"}, "no 2");
}

Test(rules_doubt, of_names_whose_case_alone_is_doubtful_none_are_too_many)
{
    expect_of_many((struct numbered){UPN "UTF8:\xc3\xa4", "@a.example"},
        (struct numbered){"upn=\xc3\xb6", "@a.example"}, "yes 62 x");
}

/* Patterns are looked up in as much of a URI as a line has room for; its last segment counts all
 * the same. */
Test(rules_doubt, of_a_uri_longer_than_any_line_the_last_segment_is_still_the_last)
{
    static char extension[9000];
    const struct pki_spec spec = {.extensions = {extension}};
    static const char text[] = "issuer acme acme.cer\nallow uri=spiffe://a/* user=x\n"
                               "allow uri=spiffe://a/** user=y\n";
    char words[700];
    size_t at;

    at = (size_t)snprintf(extension, sizeof(extension), "subjectAltName=URI:spiffe://a/");
    memset(extension + at, 'b', 5000);
    extension[at + 5000] = '\0';
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, "yes 2 x", "one segment: came %s", words);
    memcpy(extension + at + 5000, "/c", 3);
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, "yes 3 y", "two segments: came %s", words);
}

Test(rules_doubt, an_odd_uri_longer_than_any_line_is_denied_as_any)
{
    static char extension[9000];
    const struct pki_spec spec = {.extensions = {extension}};
    static const char text[] = "issuer acme acme.cer\ndeny uri=s://a/b?c\nallow any user=x\n";
    char words[700];
    size_t at, i;

    at = (size_t)snprintf(extension, sizeof(extension), "subjectAltName=URI:s://a/");
    for (i = 0; i < 5000; i += 2)
        memcpy(extension + at + i, "./", 2);
    memcpy(extension + at + i, "b?c", 4);
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, "no 2", "dots: came %s", words);
    memset(extension + at, 'b', strlen(extension + at));
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, "yes 3 x", "a name: came %s", words);
}
