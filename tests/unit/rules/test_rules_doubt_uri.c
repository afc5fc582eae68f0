/* SPDX-License-Identifier: ISC */
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* URIs that two programs may read as two. */
TestSuite(rules_doubt_uri, .init = rules_world_make, .fini = rules_world_free);

Test(rules_doubt_uri, a_uri_is_denied_as_what_is_left_when_all_is_decoded_and_resolved)
{
    static const struct doubt_row rows[] = {
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b//c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/./b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/d/../b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/../b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/%62/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/d/%2e%2E/b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b%2Fc", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b/c?d", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b/c#d", true},
        {"uri=spiffe://a/b/*", "URI:spiffe://a/b/*", true},
        {"uri=spiffe://a/b/*", "URI:spiffe://a/b/", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://A:1/b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://u@a/b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a./b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://%61/b/c", true},
        {"uri=spiffe://a.b/b/**", "URI:spiffe://%41%2Eb/b/c", true},
        {"uri=spiffe://a%20/b/**", "URI:spiffe://a%20/b//c", true},
        {"uri=urn:ab/b/**", "URI:urn:a%62/b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://%62/b/c", false},
        {"uri=spiffe://a/**", "URI:spiffe://a//", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/%62", true},
        {"uri=spiffe://a/pq/**", "URI:spiffe://a/%70%71/c", true},
        {"uri=spiffe://a/fade/**", "URI:spiffe://a//fade/c", true},
        {"uri=spiffe://a/fade/**", "URI:spiffe://a/fa%64%65/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/c/../%62/%63", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/c/d/..\\\\..\\\\b", true},
        {"uri=spiffe://a/...b/**", "URI:spiffe://a//...b/c", true},
        {"uri=spiffe://a/.b/**", "URI:spiffe://a/./.b", true},
        {"uri=spiffe://a/b/c/**", "URI:spiffe://a/b//", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://ca/b//d", true},
        {"uri=spiffe://a/b/**", "URI:spiff://a/b//d", false},
        {"uri=spiffe://a/b/**", "URI:spifff://a/b//d", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b//%", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b//%6", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b//%zz", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/%zz/b/c", false},
        {"uri=spiffe://a/b/**", "URI:a/b//d", false},
        {"uri=spiffe://a/b/**", "URI:spiffe:/b//d", false},
        {"uri=urn:a/b/**", "URI:URN:a/b//c", true},
        {"uri=urn:a/b/**", "URI:URN:c/b//c", false},
        {"uri=urn:ab/b/**", "URI:urn:ab/b//c", true},
        {"uri=urn:ab/b/**", "URI:urn:cd/b//c", false},
        {"uri=file:/b/**", "URI:file:///b/c", true},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/bb//c", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b/../c", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/c?/b/d", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://c/b//d", false},
        {"uri=spiffe://a/b/**", "URI:https://a/b//d", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/b", false},
        {"uri=spiffe://a/b/**", "URI:spiffe://a/%6", false},
        {"uri=spiffe://a/b", "URI:spiffe://a//b", true},
        {"uri=spiffe://a/b", "URI:spiffe://a/%62", true},
        {"uri=spiffe://a/b/", "URI:spiffe://a//b", true},
        {"uri=spiffe://a", "URI:spiffe://a/", true},
        {"uri=spiffe://a/b", "URI:spiffe://a/b?c", true},
        {"uri=spiffe://a/b?c", "URI:spiffe://a/b?d", false},
        {"uri=\"spiffe://a/b#c\"", "URI:spiffe://a/b#d", false},
        {"uri=spiffe://a/b", "URI:spiffe://a//b/c", false},
        {"uri=spiffe://a/b/c", "URI:spiffe://a//b", false},
        {"uri=spiffe://a/b", "URI:spiffe://a/%63", false},
    };

    TRY_DOUBTS(rows);
}

Test(rules_doubt_uri, a_uri_is_denied_as_one_that_is_equal_by_its_scheme)
{
    static const struct doubt_row rows[] = {
        {"uri=s://a/", "URI:s://a", true},
        {"uri=s://a/", "URI:s://b", false},
        {"uri=s://a/", "URI:s://a/b", false},
        {"uri=s://a/b/", "URI:s://a/b", false},
        {"uri=urn:a:b", "URI:urn:a:b#c", true},
        {"uri=urn:a:b", "URI:URN:A:b?+c", true},
        {"uri=urn:a:b", "URI:urn:a:b?=c", true},
        {"uri=urn:a:b/c", "URI:urn:a:b/c#/d", true},
        {"uri=urn:a:b", "URI:urn:a:bc#d", false},
        {"uri=urn:a:b", "URI:urn:a:B", false},
        {"uri=urn:a:b", "URI:urna:A:b", false},
        {"uri=\"urn:a:b#c\"", "URI:urn:a:b", false},
    };

    TRY_DOUBTS(rows);
}

Test(rules_doubt_uri, the_case_of_a_host_without_slashes_does_not_count)
{
    static const struct doubt_row rows[] = {
        {"uri=sip:e@a.example", "URI:sip:e@A.example", true},
        {"uri=sip:E@a.example", "URI:SIP:E@A.example", true},
        {"uri=sip:E@a.example", "URI:SIP:e@A.example", false},
        {"uri=sip:e@a.example", "URI:sip:e@A.example;c=d", true},
        {"uri=sip:e@a.example", "URI:sip:e@a.example:5060", true},
        {"uri=sip:e@a.example", "URI:sip:e@A.example?c", true},
        {"uri=sip:e@a.example", "URI:sip:f@A.example", false},
        {"uri=sip:a.example", "URI:sip:A.example", true},
        {"uri=sips:a.example", "URI:sips:A.example;c", true},
        {"uri=x:a.example", "URI:x:A.example", false},
        {"uri=xmpp:E@a.example/b", "URI:xmpp:E@A.example/b", true},
        {"uri=xmpp:E@a.example/**", "URI:xmpp:E@A.example/b", true},
        {"uri=xmpp:e@a.example/**", "URI:xmpp:e@b.example/b", false},
        {"uri=urn:a:b@c", "URI:urn:a:b@C", false},
        {"uri=mailto:e@a.example", "URI:mailto:e@a.example.", true},
        {"uri=sip:e@a.example", "URI:sip:e@a.example.;c", true},
        {"uri=sip:a.example", "URI:sip:a.example.", true},
        {"uri=xmpp:e@a.example/b", "URI:xmpp:e@a.example./b", true},
        {"uri=xmpp:e@a.example/*", "URI:xmpp:e@a.example./b", true},
        {"uri=urn:a:b", "URI:urn:a:b.", false},
        {"uri=urn:a:%C3%A9", "URI:urn:a:%c3%a9", true},
        {"uri=urn:a:%C3%A9", "URI:urn:a:%c3%a8", false},
        {"uri=s://a:81/b", "URI:s://a:081/b", true},
        {"uri=s://a:81/b/*", "URI:s://a:081/b/c", true},
    };

    TRY_DOUBTS(rows);
}

/* A line with one of these is refused, and told to be written as it is here. */
Test(rules_doubt_uri, a_uri_in_its_plain_form_is_denied_as_it_was_written)
{
    static const struct doubt_row rows[] = {
        {"uri=sip:e@a.example?c=D", "URI:sip:e@A.example?c=D", true},
        {"uri=sip:e@a.example?c=D", "URI:sip:e@A.example?c=d", false},
        {"uri=sip:e@a.example?c=D", "URI:sip:e@A.example", false},
        {"uri=s://a/b?c", "URI:s://a/%62?c", true},
        {"uri=s://a/b?c", "URI:s://A./d/../b?c", true},
        {"uri=s://a/b?c", "URI:s://a//b?d", false},
        {"uri=s://a/b?c", "URI:s://a//b", false},
        {"uri=\"s://a/b#c\"", "URI:s://a//b#c", true},
        {"uri=https://a/b?c", "URI:https://a:443/b?c", true},
        {"uri=https://a?c", "URI:https://a:443?c", true},
        {"uri=https://a:81/b", "URI:https://a.:81/b", true},
        {"uri=https://a:81/b/*", "URI:https://a.:81/b/c", true},
        {"uri=https://a:81/b", "URI:https://a.:82/b", false},
        {"uri=s://a/b/", "URI:s://a/b/c%2fd/..", true},
    };

    TRY_DOUBTS(rows);
}

/* A value, and what a deny line is to have in its place; NULL: it can stay. */
static void expect_written(const char *value, const char *plain)
{
    char text[300], wanted[600] = "";
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    (void)snprintf(text, sizeof(text), ACME "deny uri=\"%s\"\nallow any user=x\n", value);
    if (plain != NULL)
        (void)snprintf(wanted, sizeof(wanted),
            "to be denied, it is written uri=%s, which holds for both", plain);
    rules = world_rules(text, NULL, &error);
    cr_expect(plain == NULL ? rules != NULL : rules == NULL && strstr(error.text, wanted) != NULL,
        "%s: expected %s, came %s", value, wanted, rules == NULL ? error.text : "no error");
    rules_release(rules);
    (void)snprintf(text, sizeof(text), ACME "allow uri=\"%s\" user=x\n", value);
    rules = world_rules(text, NULL, &error);
    cr_expect_not_null(rules, "%s: allow: %s", value, error.text);
    rules_release(rules);
}

Test(rules_doubt_uri, a_uri_is_denied_in_its_plain_form)
{
    static const char *const rows[][2] = {
        {"https://a.example/%61", "https://a.example/a"},
        {"https://a.example/%7e%2A%2fb%2", "https://a.example/~%2A%2fb%2"},
        {"https://a.example/%zz", NULL},
        {"https://a.example:443/a", "https://a.example/a"},
        {"HTTPS://A.example:/a", "https://a.example/a"},
        {"http://a.example:80", "http://a.example"},
        {"http://a.example:443/", NULL},
        {"wss://a.example.:443/", "wss://a.example/"},
        {"ws://a.example.:81/", "ws://a.example:81/"},
        {"ftp://u@a.example:21/", "ftp://u@a.example/"},
        {"https://[::1]/", NULL},
        {"https://[::1]:443/", "https://[::1]/"},
        {"https://a%62.example./", "https://ab.example/"},
        {"https://a%42.example/", "https://ab.example/"},
        {"https://a.example/a/../b", "https://a.example/b"},
        {"https://a.example/a/b/..", "https://a.example/a/"},
        {"https://a.example/a/.", "https://a.example/a/"},
        {"https://a.example/..", "https://a.example/"},
        {"https://a.example/a//b/", "https://a.example/a/b/"},
        {"https://a.example/a/%2e%2E/b?c/../d", "https://a.example/b?c/../d"},
        {"https://a.example/a\\\\b", "https://a.example/a/b"},
        {"https://a.example/a\\\\", "https://a.example/a/"},
        {"https://a.example/a/", NULL},
        {"https://a.example/...", NULL},
        {"https://a.example/%C3%A9?%61", NULL},
        {"https://a.example", NULL},
        {"https://a.example?b", NULL},
        {"s://a:1/b/**", NULL},
        {"s://a./b/**", "s://a/b/**"},
        {"s://a./b/*", "s://a/b/*"},
        {"s:///b", NULL},
        {"s://./b", "s:///b"},
        {"sip:E@A.example;C", "sip:E@a.example;C"},
        {"sip:A.example", "sip:a.example"},
        {"sips:A.example", "sips:a.example"},
        {"xmpp:e@A.example/B", "xmpp:e@a.example/B"},
        {"urn:a:B@C", NULL},
        {"x:A.example", NULL},
        {"mailto:%65@a.example", "mailto:e@a.example"},
        {"mailto:e@A%2Eexample.", "mailto:e@a.example"},
        {"sip:a.example.;b", "sip:a.example;b"},
        {"urn:a:%62%3A%c3%A9", "urn:a:b%3A%c3%A9"},
        {"urn:a:b.", NULL},
        {"https://a.example:0443/", "https://a.example/"},
        {"s://a:0081/", "s://a:81/"},
        {"s://a:0/", NULL},
        {"x:A/./b", "x:A/b"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_written(rows[i][0], rows[i][1]);
}

Test(rules_doubt_uri, a_uri_that_has_no_plain_form_is_not_denied)
{
    static const char *const values[] = {
        "s://a/b c", "s://\u00e4/b", "s:\\\\a", "s://a/%00", "https:a/b", "https:///a/b"};
    char text[200];
    struct error error;
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        (void)snprintf(text, sizeof(text), ACME "deny uri=\"%s\"\n", values[i]);
        cr_expect_null(world_rules(text, NULL, &error), "%s", values[i]);
        cr_expect_not_null(strstr(error.text, "to be denied, a URI has two slashes"), "%s: %s",
            values[i], error.text);
    }
}

Test(rules_doubt_uri, a_group_that_a_deny_line_names_has_plain_uris)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"group g uri=s://a/%61\nallow group=g user=x\n", true},
        {"group g uri=s://a/%61\ndeny group=g\n", false},
        {"group g uri=s://a/%61\ngroup h group=g\ndeny group=h\n", false},
        {"group g group=h\ngroup h uri=s://a/b,s://a/%61\ndeny group=g\n", false},
        {"group g cn=b\ngroup h uri=s://a/%61\ndeny group=g\nallow group=h user=x\n", true},
        {"map m uri=s://a/%61 user=x\nallow cn=a user=map:m\n", true},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[300];
        struct error error = {.kind = ERROR_NONE};
        struct rules *rules;

        (void)snprintf(text, sizeof(text), ACME "%s", rows[i].text);
        rules = world_rules(text, NULL, &error);
        cr_expect_eq(rules != NULL, rows[i].good, "%s: %s", rows[i].text, error.text);
        rules_release(rules);
    }
}

/* Browsers and libraries leave such characters out, end there, or take a backslash for a slash. */
Test(rules_doubt_uri, a_uri_with_what_no_uri_has_is_denied_as_any)
{
    static const struct doubt_row rows[] = {
        {"uri=s://a/b", "URI:s://a/b c", true},
        {"uri=s://a/b", "URI:s://a/\x7f", true},
        {"uri=s://a/b", "URI:s://a/%00", true},
        {"uri=s://a/b", "URI:s://a/%1F", true},
        {"uri=s://a/b", "URI:s://a/%7f", true},
        {"uri=s://a/b", "URI:s:\\\\\\\\a\\\\b", true},
        {"uri=s://a/b", "URI:s:/\\\\a/b", true},
        {"uri=s://a/b",
            "URI:s://\xc3\xa4"
            "/b",
            true},
        {"uri=https://a/b", "URI:https:a/c", true},
        {"uri=https://a/b", "URI:HTTP:/a/c", true},
        {"uri=https://a/b", "URI:wss:///a/c", true},
        {"uri=https://a/b", "URI:ws:a", true},
        {"uri=https://a/b", "URI:ftp:/", true},
        {"uri=https://a/b", "URI:https://a/c", false},
        {"uri=https://a/b", "URI:httpx:a/c", false},
        {"uri=https://a/b", "URI:s:///a/b", false},
        {"uri=s://a/b", "URI:s://a/c\xc3\xa4", false},
        {"uri=s://a/b", "URI:s://a/%20", false},
        {"uri=s://a/b", "URI:s://a/%7e", false},
        {"uri=s://a/b", "URI:s://a/%0", false},
        {"uri=s://a/b", "URI:s://a/%", false},
        {"uri=s://a/b", "URI:s://a/%0g", false},
        {"uri=s://a/b", "URI:s://a/c\\\\d", false},
    };

    TRY_DOUBTS(rows);
}
