/* SPDX-License-Identifier: ISC */
#include "rules/rules_resolve.h"
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(rules_warn, .init = rules_world_make, .fini = rules_world_free);

#define ACME "issuer acme acme.cer\n"
#define HEX64 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void expect_warnings(const char *text, const char *wanted)
{
    struct list warnings = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, &warnings, &error);
    char all[2048] = "";
    size_t i;

    cr_assert_not_null(rules, "%s: %s", text, error.text);
    for (i = 0; i < warnings.count; i++) {
        strcat(all, strstr(warnings.items[i], "access.rules") + strlen("access.rules"));
        strcat(all, "|");
    }
    cr_expect_str_eq(all, wanted, "%s: expected %s, came %s", text, wanted, all);
    list_free(&warnings);
    rules_release(rules);
}

Test(rules_warn, what_is_odd_but_no_error_is_a_warning)
{
    expect_warnings("", ": no line allows anybody|");
    expect_warnings("deny any", ": no line allows anybody|");
    expect_warnings("allow any user=x", "");
    expect_warnings("allow any user=x\ndeny any", ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x path=/a/\ndeny any path=/a/b/,/a/c",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x path=/a/\ndeny any path=/ab", "");
    expect_warnings("allow any user=x path=/a/\ndeny any path=/a/,/b/", "");
    expect_warnings("allow any user=x path=/a\ndeny any path=/a/", "");
    expect_warnings("allow any user=x method=GET\nallow any user=x method=HEAD",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x method=HEAD\ndeny any method=GET", "");
    expect_warnings("allow any user=x host=a\ndeny any host=b", "");
    expect_warnings(
        "allow any user=x path=/\ndeny any path=/a", ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x path=/ab/\ndeny any path=/a", "");
    expect_warnings("allow any user=x path=/ab/\ndeny any path=/ac/d", "");
    expect_warnings("allow any user=x method=GET\ndeny any method=PUT", "");
    expect_warnings("allow any user=x hours=01:00-02:00\ndeny any hours=01:00-03:00", "");
    expect_warnings("allow any user=x hours=01:00-02:00\ndeny any hours=00:00-02:00", "");
    expect_warnings("allow any user=x from=10.0.0.0/8\ndeny any from=11.0.0.0/16", "");
    expect_warnings("allow any user=x from=10.0.0.0/8\ndeny any from=2001:db8::/32", "");
    expect_warnings("allow any user=x host=a\ndeny any", "");
    expect_warnings("allow any user=x days=mon\ndeny any days=mon,tue", "");
    expect_warnings("deny any from=10.0.0.0/8\nallow any user=x from=10.1.0.0/16",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("deny any from=10.0.0.0/8\nallow any user=x from=10.0.0.0/8",
        ":2: can never decide, line 1 is wider|");
    expect_warnings(ACME "deny ip=10.0.0.0/8\nallow ip=10.0.0.0/8 user=x",
        ":3: can never decide, line 2 is wider|");
    expect_warnings(ACME "deny ip=10.0.0.0/9\nallow ip=10.0.0.0/8 user=x", "");
    expect_warnings("allow any user=x from=10.1.0.0/16\ndeny any from=10.0.0.0/8", "");
    expect_warnings(ACME "allow cn=a\ndeny cn=A ou=b", ":3: can never decide, line 2 is wider|");
    expect_warnings(ACME "allow cn=a,b\ndeny cn=b", ":3: can never decide, line 2 is wider|");
    expect_warnings(ACME "allow cn=b\ndeny cn=b,c", "");
    expect_warnings("allow any user=x since=2026-01-01\ndeny any since=2026-02-01",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x since=2026-01-01\ndeny any since=2026-01-01",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x until=2999-01-01\ndeny any until=2999-01-01",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x revocation=7d\ndeny any revocation=7d",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x since=2026-02-01\ndeny any since=2026-01-01", "");
    expect_warnings("allow any user=x until=2999-02-01\ndeny any until=2999-01-01",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x until=2999-01-01\ndeny any until=2999-02-01", "");
    expect_warnings("allow any user=x hours=01:00-02:00\ndeny any hours=01:00-02:00 days=mon",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x days=mon\ndeny any hours=22:00-02:00 days=mon", "");
    expect_warnings("allow any user=x days=mon-fri\ndeny any days=tue",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x days=tue\ndeny any days=mon-fri", "");
    expect_warnings("allow any user=x revocation=7d\ndeny any revocation=24h",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x revocation=24h\ndeny any revocation=7d", "");
    expect_warnings("allow any user=x revocation=checked\ndeny any revocation=7d",
        ":2: can never decide, line 1 is wider|");
    expect_warnings("allow any user=x revocation=7d\ndeny any revocation=checked", "");
    expect_warnings("allow any user=x until=2001-01-01", ":1: until= has passed|");
    expect_warnings("group g any\nallow any user=x", ":1: group 'g' is not used|");
    expect_warnings("map m any user=y\nallow any user=x", ":1: map 'm' is not used|");
    expect_warnings("group g any\ngroup h group=g\nallow group=h user=x", "");
    expect_warnings("issuer a spki:" HEX64 "\nallow issuer=a user=x",
        ":1: issuer 'a' is not among the CAs in --ca and --intermediates|");
}

Test(rules_warn, a_denied_path_of_another_host_is_not_what_is_allowed)
{
    expect_warnings("deny any host=wiki.acme.example path=/admin\n"
                    "allow any user=x host=other.acme.example",
        "");
}

Test(rules_warn, until_has_passed_from_its_moment_on)
{
    struct list warnings = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules("allow any user=x until=2030-01-01T00:00:00Z", NULL, &error);

    cr_assert_not_null(rules, "%s", error.text);
    cr_expect(rules_warn(rules, 1893456000, &warnings, &error));
    cr_expect_eq(warnings.count, 0);
    cr_expect(rules_warn(rules, 1893456001, &warnings, &error));
    cr_expect_eq(warnings.count, 1);
    list_free(&warnings);
    rules_release(rules);
}

#define UNKNOWN ":2: can decide only when host, method or address is unknown, line 1 is wider|"
#define NEVER ":2: can never decide, line 1 is wider|"

/* A deny line holds for what is not known, where an allow line does not. */
Test(rules_warn, a_deny_line_below_a_wider_allow_line_decides_what_is_unknown)
{
    char words[700];
    struct rules *rules =
        world_rules("allow any user=x host=a\ndeny any host=a\nallow any user=y", NULL, NULL);

    cr_assert_not_null(rules);
    world_decide(rules, "eve", "GET - /", words);
    cr_expect_str_eq(words, "no 2");
    rules_release(rules);
    expect_warnings("allow any user=x host=a\ndeny any host=a", UNKNOWN);
    expect_warnings("allow any user=x method=GET\ndeny any method=HEAD", UNKNOWN);
    expect_warnings("allow any user=x from=10.0.0.0/8\ndeny any from=10.1.0.0/16", UNKNOWN);
    expect_warnings("allow any user=x path=/a/ method=GET\ndeny any path=/a/b method=GET", UNKNOWN);
    expect_warnings("allow any user=x host=a\nallow any user=x host=a path=/", NEVER);
    expect_warnings("deny any host=a\ndeny any host=a path=/\nallow any user=x", NEVER);
    expect_warnings("deny any host=a\nallow any user=x host=a path=/", NEVER);
    expect_warnings("allow any user=x path=/a/\ndeny any host=a path=/a/", NEVER);
}

Test(rules_warn, a_pattern_of_hosts_is_wider_than_the_hosts_it_stands_for)
{
    expect_warnings("deny any host=*.a.b\nallow any user=x host=c.a.b", NEVER);
    expect_warnings("allow any user=x host=*.a.b\ndeny any host=c.a.b", UNKNOWN);
    expect_warnings("deny any host=*.a.b\nallow any user=x host=d.c.a.b", "");
    expect_warnings("deny any host=*.a.b\nallow any user=x host=a.b", "");
    expect_warnings("deny any host=*.a.b\nallow any user=x host=*.c.a.b", "");
    expect_warnings("deny any host=*.a.b\nallow any user=x host=c", "");
    expect_warnings("deny any host=*.a.b\nallow any user=x host=[::ffff:1.2.3.4]", "");
    expect_warnings("deny any host=c.a.b\nallow any user=x host=*.a.b", "");
}

/* Serial numbers below an intermediate: a deny line takes them, an allow line does not. */
Test(rules_warn, an_allow_line_with_a_serial_number_is_not_wider_than_a_deny_line)
{
    expect_warnings(
        ACME "deny serial=1\nallow serial=1 user=x", ":3: can never decide, line 2 is wider|");
    expect_warnings(ACME "allow serial=1 user=x\nallow serial=1 user=x path=/",
        ":3: can never decide, line 2 is wider|");
    expect_warnings(ACME "allow serial=1 user=x\ndeny serial=1", "");
    expect_warnings(ACME "group g serial=1\nallow group=g user=x\ndeny group=g", "");
    expect_warnings(
        ACME "group g serial=1\ngroup h group=g\nallow group=h user=x\ndeny group=h", "");
    expect_warnings(
        ACME "group g serial=1\ngroup h cn=a\nallow group=h,g user=x\ndeny group=h,g", "");
    expect_warnings(
        ACME "group g serial=1\ngroup h cn=a\nallow group=h user=x\ndeny group=h,g", "");
    expect_warnings(ACME "group h cn=a\nallow group=h user=x\ndeny group=h",
        ":4: can never decide, line 3 is wider|");
}

Test(rules_warn, a_nul_byte_is_refused)
{
    static const char text[] = "deny any\n# \0\nallow any user=x\n";
    const struct bytes bytes = {
        .data = (unsigned char *)(uintptr_t)text, .length = sizeof(text) - 1};
    struct list files = {.count = 0};
    struct error error = {.kind = ERROR_NONE};

    cr_expect_null(rules_make("r", &bytes, world_trust, &files, NULL, &error));
    cr_expect_str_eq(error.text, "r:2: has a NUL byte");
    cr_expect_null(rules_make("r", &bytes, world_trust, &files, NULL, NULL));
}

/* FILE is relative to the folder of the rules, or absolute; rules without a folder are in this one.
 */
Test(rules_warn, an_issuers_file_is_looked_for_beside_the_rules)
{
    char text[512];
    struct bytes bytes;
    struct list files = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    (void)snprintf(text, sizeof(text), "issuer a %s/acme.cer\ndeny issuer=a", world_dir);
    rules = world_rules(text, NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    cr_assert_eq(chdir(world_dir), 0);
    bytes = (struct bytes){.data = (unsigned char *)text,
        .length = (size_t)snprintf(text, sizeof(text), "issuer a acme.cer\ndeny issuer=a")};
    rules = rules_make("access.rules", &bytes, world_trust, &files, NULL, &error);
    cr_assert_not_null(rules, "%s", error.text);
    cr_assert_eq(files.count, 1);
    cr_expect_str_eq(files.items[0], "acme.cer");
    rules_release(rules);
    list_free(&files);
    cr_expect_null(rules_make("access.rules", &bytes, NULL, &files, NULL, &error));
    cr_expect_not_null(strstr(error.text, "acme.cer is not among the CAs"), "%s", error.text);
    list_free(&files);
}

Test(rules_warn, an_issuer_may_be_given_by_digest)
{
    static const char *const cas[] = {"acme", "sub"};
    size_t i;

    for (i = 0; i < 4; i++) {
        char text[256], words[700];
        struct list warnings = {.count = 0};
        struct rules *rules;

        (void)snprintf(text, sizeof(text), "issuer a %s:%s\nallow issuer=a user=x",
            i % 2 != 0 ? "spki" : "sha256", world_digest(cas[i / 2], i % 2 != 0));
        rules = world_rules(text, &warnings, NULL);
        cr_assert_not_null(rules, "%s", text);
        cr_expect_eq(warnings.count, 0, "%s", text);
        world_decide(rules, "sam", "GET h /", words);
        cr_expect_str_eq(words, "yes 2 x", "%s", text);
        world_decide(rules, "eve", "GET h /", words);
        cr_expect_str_eq(words, i < 2 ? "yes 2 x" : "no no_rule", "%s", text);
        world_decide(rules, "sensor", "GET h /", words);
        cr_expect_str_eq(words, "no no_rule", "%s", text);
        list_free(&warnings);
        rules_release(rules);
    }
}

Test(rules_warn, a_path_that_is_denied_without_what_is_below_it_is_a_warning)
{
    static const char open[] = ":1: path=/admin denies this path alone, and line 2 allows /admin/: "
                               "to deny that too, write path=/admin/|";

    expect_warnings("deny any path=/admin\nallow any user=x", open);
    expect_warnings("deny any path=/admin\nallow any user=x path=/", open);
    expect_warnings("deny any path=/admin\nallow any user=x path=/admin/", open);
    expect_warnings("deny any path=/admin host=a\nallow any user=x host=*.b", open);
    expect_warnings("deny any path=/a,/admin host=a\nallow any user=x host=a,b path=/admin/", open);
    expect_warnings("deny any path=/admin host=a\nallow any user=x", open);
    expect_warnings("deny any path=/admin host=*.b\nallow any user=x host=a.b", open);
    expect_warnings("deny any path=/admin/\nallow any user=x", "");
    expect_warnings("deny any path=/admin,/admin/\nallow any user=x", "");
    expect_warnings("deny any path=/admin\ndeny any path=/admin/\nallow any user=x", "");
    expect_warnings("deny any path=/admin\nallow any user=x path=/pub/", "");
    expect_warnings("deny any path=/admin host=a\nallow any user=x host=b", "");
    expect_warnings("allow any user=x path=/pub/\ndeny any path=/admin", "");
}
