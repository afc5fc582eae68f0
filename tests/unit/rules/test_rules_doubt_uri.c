/* SPDX-License-Identifier: ISC */
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>

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
        {"uri=spiffe://a%62/b/**", "URI:spiffe://a%62/b//c", true},
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
