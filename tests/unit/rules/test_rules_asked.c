/* SPDX-License-Identifier: ISC */
#include "rules/rules_asked.h"
#include "rules/rules_line.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(rules_asked, .init = rules_world_make, .fini = rules_world_free);

Test(rules_asked, what_is_asked_for)
{
    static const struct row rows[] = {
        {"allow any user=x host=wiki.acme.example", "eve", "GET wiki.acme.example /", "yes 3 x"},
        {"allow any user=x host=wiki.acme.example", "eve", "GET WIKI.Acme.Example:443 /",
            "yes 3 x"},
        {"allow any user=x host=wiki.acme.example", "eve", "GET wiki.acme.example. /", "yes 3 x"},
        {"allow any user=x host=wiki.acme.example", "eve", "GET wiki.acme.example.:8443 /",
            "yes 3 x"},
        {"allow any user=x host=wiki.acme.example", "eve", "GET a.wiki.acme.example /",
            "no no_rule"},
        {"allow any user=x host=wiki.acme.example", "eve", "GET - /", "no no_rule"},
        {"allow any user=x host=*.acme.example", "eve", "GET wiki.acme.example /", "yes 3 x"},
        {"allow any user=x host=*.acme.example", "eve", "GET a.wiki.acme.example /", "no no_rule"},
        {"allow any user=x host=*.acme.example", "eve", "GET acme.example /", "no no_rule"},
        {"allow any user=x host=a.example,b.example", "eve", "GET b.example /", "yes 3 x"},
        {"allow any user=x host=*.acme.example", "eve", "GET [::1] /", "no no_rule"},
        {"allow any user=x host=*.1", "eve", "GET [::1] /", "no no_rule"},
        {"allow any user=x host=*.acme.example", "eve", "GET localhost /", "no no_rule"},
        {"deny any host=a.example\nallow any user=x", "eve", "GET a.example:x /", "no no_rule"},
        {"deny any host=a.example\nallow any user=x", "eve", "GET b@a.example /", "no no_rule"},
        {"deny any host=a.example\nallow any user=x", "eve", "GET a..example /", "no no_rule"},
        {"deny any host=a.example\nallow any user=x", "eve", "GET a.example.. /", "no no_rule"},
        {"deny any host=a.example\nallow any user=x", "eve", "GET b.example /", "yes 4 x"},
        {"deny any host=[2001:db8::1]\nallow any user=x", "eve", "GET [2001:0DB8:0::1]:443 /",
            "no 3"},
        {"deny any host=[2001:db8:0::1]\nallow any user=x", "eve", "GET [2001:db8::2] /",
            "yes 4 x"},
        {"deny any host=a.example\nallow any user=x", "eve", "GET - /", "no 3"},
        {"allow any user=x host=b.example\ndeny any host=*.example\nallow any user=x", "eve",
            "GET - /", "no 4"},
        {"allow any user=x host=[::1]", "eve", "GET [::1]:443 /", "yes 3 x"},
        {"allow any user=x path=/", "eve", "GET h /", "yes 3 x"},
        {"allow any user=x path=/", "eve", "GET h /a/b", "yes 3 x"},
        {"allow any user=x path=/", "eve", "GET h -", "no ambiguous_path"},
        {"allow any user=x path=/", "eve", "OPTIONS h *", "no ambiguous_path"},
        {"allow any user=x", "eve", "OPTIONS h *", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h /a", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h /a/", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h /a/b?c=/../d", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h /ab", "no no_rule"},
        {"allow any user=x path=/a/", "eve", "GET h /A/", "no no_rule"},
        {"allow any user=x path=/a/", "eve", "GET h /%61/x", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h /a;v=1/x", "yes 3 x"},
        {"allow any user=x path=/a", "eve", "GET h /a", "yes 3 x"},
        {"allow any user=x path=/a", "eve", "GET h /a?b", "yes 3 x"},
        {"allow any user=x path=/a", "eve", "GET h /a;b", "yes 3 x"},
        {"allow any user=x path=/a", "eve", "GET h /a/", "no no_rule"},
        {"allow any user=x path=/a,/b/", "eve", "GET h /b/c", "yes 3 x"},
        {"allow any user=x path=\"/a b\"", "eve", "GET h /a%20b", "yes 3 x"},
        {"allow any user=x path=/a%20b", "eve", "GET h /a%20b", "yes 3 x"},
        {"allow any user=x path=/a%25", "eve", "GET h /a%25", "yes 3 x"},
        {"deny any path=/secret/\nallow any user=x path=/", "eve", "GET h /secret/x", "no 3"},
        {"deny any path=/secret/\nallow any user=x path=/", "eve", "GET h /secret;a/x", "no 3"},
        {"deny any path=/secret/\nallow any user=x path=/", "eve", "GET h /secret%3Ba/x", "no 3"},
        {"deny any path=/secret/\nallow any user=x path=/", "eve", "GET h /%73ecret/x", "no 3"},
        {"deny any path=/secret/\nallow any user=x path=/", "eve", "GET h /secrets", "yes 4 x"},
        {"allow any user=x path=/a/", "eve", "GET h /r/q served=/a/b", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h /a/b served=/r/q", "no no_rule"},
        {"allow any user=x path=/a/", "eve", "GET h /a/../b served=/a/b", "no ambiguous_path"},
        {"allow any user=x path=/a/", "eve", "GET h /a/b served=/a/../b", "no ambiguous_path"},
        {"allow any user=x path=\"/a b/\"", "eve", "GET h /r redirect=/a%20b/c", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h - served=/a/b", "yes 3 x"},
        {"allow any user=x path=/a/", "eve", "GET h - redirect=/a/b", "yes 3 x"},
        {"allow any user=x path=/a%25/", "eve", "GET h /a%25/b served=/a%/b", "yes 3 x"},
        {"allow any user=x path=/", "eve", "GET h /r served=/a%2fb", "no ambiguous_path"},
        {"allow any user=x path=/\nset encoded-slash literal", "eve", "GET h /a%2Fb", "yes 3 x"},
        {"allow any user=x path=/a/\nset encoded-slash literal", "eve", "GET h /a%2Fb",
            "no no_rule"},
        {"allow any user=x path=/a%2fb\nset encoded-slash literal", "eve", "GET h /a%2Fb",
            "yes 3 x"},
        {"allow any user=x path=/\nset encoded-slash literal", "eve", "GET h /a%2F..%2Fb",
            "no ambiguous_path"},
        {"allow any user=x path=/\nset double-slash literal", "eve", "GET h //a//b", "yes 3 x"},
        {"deny any path=/a\nallow any user=x path=/", "eve", "GET h /a%3Fb", "no 3"},
        {"deny any path=/a\nallow any user=x path=/", "eve", "GET h /a%23b", "no 3"},
        {"deny any path=/a\nallow any user=x path=/", "eve", "GET h /a%3Fb served=/a?b", "no 3"},
        {"deny any path=/a\nallow any user=x path=/", "eve", "GET h /c redirect=/a%3Fb", "no 3"},
        {"deny any path=/a/\nallow any user=x path=/", "eve", "GET h /a/%3F", "no 3"},
        {"deny any path=/a\nallow any user=x path=/", "eve", "GET h /b%3Fa", "yes 4 x"},
        {"deny any path=/a\nallow any user=x path=/", "eve", "GET h /b?a%3F", "yes 4 x"},
        {"deny any path=/a%23b\nallow any user=x path=/", "eve", "GET h /a%23b", "no 3"},
        {"deny any path=/a%23b\nallow any user=x path=/", "eve", "GET h /a", "yes 4 x"},
        {"allow any user=x path=/a%23b", "eve", "GET h /a%23b", "no no_rule"},
        {"allow any user=x path=/a%23b,/a", "eve", "GET h /a%23b", "yes 3 x"},
        {"allow any user=x path=/a%23b\nallow any user=y path=/a", "eve", "GET h /a%23b",
            "no ambiguous_path"},
        {"deny any path=/a%2Fb\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2Fb%3F served=/a/b?", "no 3"},
        {"deny any path=/a/b\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2Fb%3F served=/a/b?", "no 3"},
        {"deny any path=/a%2Fb%3F\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2Fb%3F served=/a/b?", "no 3"},
        {"allow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2Fb%3F served=/a/b?", "yes 3 x"},
        {"allow any user=x", "eve", "GET h /a%23b", "yes 3 x"},
        {"deny any path=/a/\nallow any user=x path=/\nset double-slash literal", "eve",
            "GET h //a//b", "no 3"},
        {"deny any path=/a/b\nallow any user=x path=/\nset double-slash literal", "eve",
            "GET h /a//b%3Fc", "no 3"},
        {"deny any path=/a/b/c\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2Fb%2Fc", "no 3"},
        {"deny any path=/a/b\nallow any user=x path=/a%2Fb\nset encoded-slash literal", "dan",
            "GET h /a%2Fc", "no no_rule"},
        {"deny any path=/a/b/\nallow any user=x path=/a%2Fc\nset encoded-slash literal", "dan",
            "GET h /a%2Fc", "yes 4 x"},
        {"deny any path=/a/\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /c%2Fa", "yes 4 x"},
        {"deny any path=/a/\nallow any user=x path=/b/\nset encoded-slash literal", "eve",
            "GET h /a%2Fc", "no no_rule"},
        {"allow any user=x path=/a%2Fb\nallow any user=$email path=/\nset encoded-slash literal",
            "dan", "GET h /a%2Fb", "yes 3 x"},
        {"allow any user=x path=/\nset double-slash literal", "eve", "GET h /a/;b/c",
            "no ambiguous_path"},
        {"allow any user=x path=/a/\nset double-slash literal", "eve", "GET h //a/b", "no no_rule"},
        {"deny any path=/a%2Fb\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2fb served=/a/b", "no 3"},
        {"deny any path=/a/\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2fb served=/a/b", "no 3"},
        {"deny any path=/a%2Fb\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2fb redirect=/a/b", "no 3"},
        {"deny any path=/a%2Fb\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a%2fc served=/a/c", "yes 4 x"},
        {"deny any path=/a%2Fb\nallow any user=x path=/\nset encoded-slash literal", "eve",
            "GET h /a/b served=/a/b", "yes 4 x"},
        {"allow any user=x path=/a/\nset encoded-slash literal", "eve", "GET h /a%2fb served=/a/b",
            "no no_rule"},
        {"allow any user=x path=/a/b\nallow any user=y path=/a%2Fb\nset encoded-slash literal",
            "eve", "GET h /a%2fb served=/a/b", "no ambiguous_path"},
        {"allow any user=x path=/a/b\nallow any user=x path=/a%2Fb\nset encoded-slash literal",
            "eve", "GET h /a%2fb served=/a/b", "yes 3 x"},
        {"deny any path=//a/\nallow any user=x path=/\nset double-slash literal", "eve",
            "GET h //a/b served=/a/b", "no 3"},
        {"deny any path=/a/\nallow any user=x path=/\nset double-slash literal", "eve",
            "GET h //a/b served=/a/b", "no 3"},
        {"allow any user=x path=/new/\nset double-slash literal", "eve",
            "GET h /old/b served=/new/b", "yes 3 x"},
        {"deny any path=/admin/\nallow any user=x", "eve", "GET h /%2561dmin/",
            "no ambiguous_path"},
        {"allow any user=x method=GET", "eve", "GET h /", "yes 3 x"},
        {"allow any user=x method=GET", "eve", "HEAD h /", "yes 3 x"},
        {"allow any user=x method=HEAD", "eve", "GET h /", "no no_rule"},
        {"allow any user=x method=GET", "eve", "POST h /", "no no_rule"},
        {"allow any user=x method=GET", "eve", "get h /", "no no_rule"},
        {"allow any user=x method=GET", "eve", "- h /", "no no_rule"},
        {"deny any method=POST\nallow any user=x", "eve", "post h /", "no 3"},
        {"deny any method=GET\nallow any user=x", "eve", "Head h /", "no 3"},
        {"deny any method=POST\nallow any user=x", "eve", "- h /", "no 3"},
        {"deny any method=POST\nallow any user=x", "eve", "PUT h /", "yes 4 x"},
        {"deny any method=POST\nallow any user=x", "eve", "PO:ST h /", "no 3"},
        {"deny any method=POST\nallow any user=x", "eve", "POST\t h /", "no 3"},
        {"deny any method=POST\nallow any user=x", "eve", "P\xC3\x96ST h /", "no 3"},
        {"deny any method=POST\nallow any user=x", "eve", "!#$%&'*+-.^_`|~09AZaz h /", "yes 4 x"},
        {"deny any from=192.0.2.0/24\nallow any user=x", "eve", "GET h /", "no 3"},
        {"deny any from=192.0.2.0/24\nallow any user=x", "eve",
            "GET h / from=192.0.2.7,198.51.100.1", "no 3"},
        {"deny any from=192.0.2.0/24\nallow any user=x", "eve", "GET h / from=::192.0.2.7", "no 3"},
        {"deny any from=192.0.2.0/24\nallow any user=x", "eve", "GET h / from=64:ff9b::192.0.2.7",
            "no 3"},
        {"deny any from=192.0.2.0/24\nallow any user=x", "eve", "GET h / from=64:ff9b::192.0.3.7",
            "yes 4 x"},
        {"deny any from=0.0.0.0/0\nallow any user=x", "eve", "GET h / from=::1", "yes 4 x"},
        {"deny any from=0.0.0.0/0\nallow any user=x", "eve", "GET h / from=2001:db8::7", "yes 4 x"},
        {"allow any user=x from=192.0.2.0/24", "eve", "GET h / from=::192.0.2.7", "no no_rule"},
        {"deny any from=192.0.2.0/24\nallow any user=x", "eve", "GET h / from=198.51.100.1",
            "yes 4 x"},
        {"allow any user=x method=M-SEARCH,VERSION_CONTROL", "eve", "M-SEARCH h /", "yes 3 x"},
        {"allow any user=\"x\"\tlabel=y", "eve", "GET h /", "yes 3 x"},
        {"allow any user=\"x\" label=y", "eve", "GET h /", "yes 3 x"},
        {"allow any user=x method=PUT,POST", "eve", "POST h /", "yes 3 x"},
        {"allow any user=x from=192.0.2.0/24", "eve", "GET h / from=192.0.2.9", "yes 3 x"},
        {"allow any user=x from=192.0.2.0/24", "eve", "GET h / from=192.0.3.9", "no no_rule"},
        {"allow any user=x from=192.0.2.0/24", "eve", "GET h / from=::ffff:192.0.2.9", "yes 3 x"},
        {"allow any user=x from=192.0.2.0/24", "eve", "GET h /", "no no_rule"},
        {"allow any user=x from=192.0.2.0/24", "eve", "GET h / from=unix:", "no no_rule"},
        {"allow any user=x from=2001:db8::/32", "eve", "GET h / from=2001:db8:1::1", "yes 3 x"},
        {"allow any user=x from=2001:db8::1/128", "eve", "GET h / from=2001:db8::1", "yes 3 x"},
        {"allow any user=x from=2001:db8::1/128", "eve", "GET h / from=2001:db8::2", "no no_rule"},
        {"allow any user=x from=2001:db8::/31", "eve", "GET h / from=2001:db9::1", "yes 3 x"},
        {"allow any user=x from=0.0.0.0/0", "eve", "GET h / from=2001:db8::1", "no no_rule"},
    };

    TRY(TWO_ISSUERS, rows);
}

/* What is read of a request, with rules that ask about paths. */
static struct rules_asked read_asked(const char *text, const struct rules_request *request)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);
    struct rules_asked asked = {.weekday = -1, .minute = -1};

    cr_assert_not_null(rules, "%s", error.text);
    rules_asked_read(rules, request, &asked);
    rules_release(rules);
    return asked;
}

Test(rules_asked, a_time_is_a_weekday_and_a_minute_of_it_in_utc)
{
    static const struct {
        time_t now;
        int weekday, minute;
    } rows[] = {
        {0, 4, 0},                                                                  /* Thursday */
        {59, 4, 0}, {60, 4, 1}, {86399, 4, 1439}, {86400, 5, 0}, {3 * 86400, 0, 0}, /* Sunday */
        {1795737600, 5, 0}, {1795737600 + 12 * 3600 + 34 * 60, 5, 754}, {-1, 3, 1439},
        {-86400, 3, 0}, {-86401, 2, 1439}, {-4 * 86400, 0, 0},
        {253402300799, 5, 1439}, /* the end of 9999 */
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct rules_request request = {.now = rows[i].now};
        struct rules_asked asked = read_asked("deny any", &request);

        cr_expect_eq(asked.weekday, rows[i].weekday, "%lld: expected %d, came %d",
            (long long)rows[i].now, rows[i].weekday, asked.weekday);
        cr_expect_eq(asked.minute, rows[i].minute, "%lld: expected %d, came %d",
            (long long)rows[i].now, rows[i].minute, asked.minute);
    }
}

Test(rules_asked, what_is_not_given_is_not_there)
{
    const struct rules_request nothing = {.now = 0}, empty = {.host = "", .raw_path = ""};
    struct rules_asked asked = read_asked("deny any path=/", &nothing);

    cr_expect(!asked.has_host && !asked.unreadable_host && !asked.has_path && !asked.has_address);
    asked = read_asked("deny any path=/", &empty);
    cr_expect(!asked.has_host && !asked.unreadable_host && !asked.has_path && !asked.has_address);
}

Test(rules_asked, a_host_is_read_or_known_to_be_none)
{
    const struct rules_request good = {.host = "Wiki.Acme.Example.:8443"}, bad = {.host = "a..b"};
    struct rules_asked asked = read_asked("deny any", &good);

    cr_expect(asked.has_host && !asked.unreadable_host);
    cr_expect_str_eq(asked.host, "wiki.acme.example");
    asked = read_asked("deny any", &bad);
    cr_expect(!asked.has_host && asked.unreadable_host);
}

Test(rules_asked, a_path_is_read_when_a_rule_asks_for_one_and_as_the_rules_set_it)
{
    const struct rules_request plain = {.raw_path = "/%61?b"}, slash = {.raw_path = "/a%2Fb"},
                               twice = {.raw_path = "/a//b"};
    struct rules_asked asked = read_asked("deny any path=/", &plain);

    cr_assert(asked.has_path);
    cr_expect_eq(asked.path.length, 2);
    cr_expect_eq(memcmp(asked.path.text, "/a", 2), 0);
    cr_expect(!read_asked("deny any", &plain).has_path);
    cr_expect(!read_asked("deny any path=/", &slash).has_path);
    cr_expect(read_asked("deny any path=/\nset encoded-slash literal", &slash).has_path);
    cr_expect(!read_asked("deny any path=/\nset encoded-slash literal", &twice).has_path);
    cr_expect(!read_asked("deny any path=/", &twice).has_path);
    cr_expect(read_asked("deny any path=/\nset double-slash literal", &twice).has_path);
    cr_expect(!read_asked("deny any path=/\nset double-slash literal", &slash).has_path);
}

Test(rules_asked, an_address_is_a_whole_one)
{
    static const struct {
        const char *text;
        size_t length; /* 0: none */
    } rows[] = {{"192.0.2.9", 4}, {"::ffff:192.0.2.9", 4}, {"2001:db8::1", 16}, {"192.0.2.9/24", 0},
        {"192.0.2", 0}, {"", 0}, {"unix:", 0}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct rules_request request = {.remote_address = rows[i].text};
        struct rules_asked asked = read_asked("deny any", &request);

        cr_expect_eq(asked.has_address, rows[i].length > 0, "%s", rows[i].text);
        if (asked.has_address)
            cr_expect_eq(asked.address.length, rows[i].length, "%s", rows[i].text);
    }
}

/* What is asked of the request by the one line of a rule file. */
static enum rules_holds holds(const char *text, const struct rules_request *request)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);
    struct rules_asked asked;
    enum rules_holds came;

    cr_assert_not_null(rules, "%s", error.text);
    rules_asked_read(rules, request, &asked);
    came = rules_when_holds(&rules->lines[0], &asked);
    rules_release(rules);
    return came;
}

Test(rules_asked, only_what_fails_by_revocation_alone_would_hold_with_a_newer_list)
{
    const struct rules_request old = {.method = "GET", .now = 1000},
                               good = {.method = "GET", .now = 1000, .revocation_good = true},
                               other = {.method = "PUT", .now = 1000};
    static const char line[] = "deny any revocation=checked method=GET";

    cr_expect_eq(holds(line, &good), RULES_HOLDS);
    cr_expect_eq(holds(line, &old), RULES_HOLDS_BUT_OLD);
    cr_expect_eq(holds(line, &other), RULES_HOLDS_NOT);
    cr_expect_eq(holds("deny any", &old), RULES_HOLDS);
}

Test(rules_asked, an_age_ends_with_its_last_second)
{
    struct rules_request request = {
        .now = 100000, .revocation_good = true, .revocation_this_update = 100000 - 3600};

    cr_expect_eq(holds("deny any revocation=1h", &request), RULES_HOLDS);
    request.revocation_this_update--;
    cr_expect_eq(holds("deny any revocation=1h", &request), RULES_HOLDS_BUT_OLD);
    request.revocation_this_update = request.now + 60;
    cr_expect_eq(holds("deny any revocation=1h", &request), RULES_HOLDS);
    request.revocation_good = false;
    cr_expect_eq(holds("deny any revocation=1h", &request), RULES_HOLDS_BUT_OLD);
}

Test(rules_asked, a_term_holds_by_any_of_its_values_and_no_key_of_identity_does)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules =
        world_rules(ACME "deny issuer=acme method=PUT,GET host=a.example", NULL, &error);
    const struct rules_request request = {.method = "GET", .host = "b.example"};
    struct rules_asked asked;
    const struct rules_line *line;

    cr_assert_not_null(rules, "%s", error.text);
    line = &rules->lines[1];
    rules_asked_read(rules, &request, &asked);
    cr_expect(rules_term_holds(line, rules_line_term(line, KEY_METHOD), &asked));
    cr_expect_not(rules_term_holds(line, rules_line_term(line, KEY_HOST), &asked));
    cr_expect_not(rules_term_holds(line, rules_line_term(line, KEY_ISSUER), &asked));
    rules_release(rules);
}

Test(rules_asked, what_the_front_does_not_say_is_unknown_and_lets_a_deny_line_hold)
{
    static const struct {
        const char *allow, *deny;
        enum rules_key key;
    } rows[] = {
        {"allow any user=x host=a.example", "deny any host=a.example", KEY_HOST},
        {"allow any user=x method=GET", "deny any method=GET", KEY_METHOD},
        {"allow any user=x from=192.0.2.1", "deny any from=192.0.2.1", KEY_FROM},
    };
    const struct rules_request nothing = {.now = 0},
                               all = {.host = "b", .method = "PUT", .remote_address = "192.0.2.2"};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules_asked asked = read_asked("deny any", &nothing);

        cr_expect(rules_key_is_unknown(rows[i].key, &asked), "%s", rows[i].deny);
        asked = read_asked("deny any", &all);
        cr_expect_not(rules_key_is_unknown(rows[i].key, &asked), "%s", rows[i].deny);
        cr_expect_eq(holds(rows[i].deny, &nothing), RULES_HOLDS, "%s", rows[i].deny);
        cr_expect_eq(holds(rows[i].allow, &nothing), RULES_HOLDS_NOT, "%s", rows[i].allow);
        cr_expect_eq(holds(rows[i].deny, &all), RULES_HOLDS_NOT, "%s", rows[i].deny);
    }
}
