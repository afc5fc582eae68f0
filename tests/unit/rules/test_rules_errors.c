/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_world(void);
TestSuite(rules_errors, .init = make_world, .fini = rules_world_free);

#define ACME "issuer acme acme.cer\n"
#define BOTH ACME "issuer devices devices.cer\n"
#define HEX64 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

struct row {
    const char *text;
    const char
        *wanted; /* behind "access.rules"; all of it, or with a `*` at the end its beginning */
};

/* The world, and files that are no issuer's. */
static void make_world(void)
{
    char *pem = NULL, *twice = NULL;

    rules_world_make();
    pem = pki_pem(world_ca("acme")->certificate);
    pki_must(asprintf(&twice, "%s%s", pem, pem) > 0, "asprintf");
    free(pki_write_text(world_dir, "empty.cer", ""));
    free(pki_write_text(world_dir, "two.cer", twice));
    free(pki_write_text(world_dir, "junk.cer", "junk"));
    free(pem);
    pem = pki_key_pem(world_ca("acme")->key);
    free(pki_write_text(world_dir, "key.cer", pem));
    free(pem);
    free(twice);
}

static void expect_refused(const char *text, const char *wanted)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);
    const char *came = strstr(error.text, "access.rules");
    size_t length = strlen(wanted);

    cr_assert_null(rules, "%s was taken", text);
    cr_assert_not_null(came, "%s: %s", text, error.text);
    came += strlen("access.rules");
    if (wanted[length - 1] == '*')
        cr_expect(
            strncmp(came, wanted, length - 1) == 0, "%s: expected %s, came %s", text, wanted, came);
    else
        cr_expect_str_eq(came, wanted, "%s: expected %s, came %s", text, wanted, came);
    cr_expect_eq(
        error.kind, strstr(text, "missing") != NULL ? ERROR_FILE : ERROR_INPUT, "%s", text);
}

Test(rules_errors, each_mistake_is_named_with_its_line)
{
    static const struct row rows[] = {
        {"alow any", ":1: 'alow' is no kind of line; did you mean 'allow'?"},
        {"\n# x\nrule any", ":3: 'rule' is no kind of line*"},
        {"allow=any", ":1: 'allow' is no kind of line*"},
        {ACME "allow emial=eve@acme.example", ":2: 'emial' is no key; did you mean 'email'?"},
        {"allow any usr=x", ":1: 'usr' is no key; did you mean 'user'?"},
        {"allow any xyzzy=x", ":1: 'xyzzy' is no key"},
        {"group ops any\nallow group=opps", ":2: group 'opps' is not defined (groups: ops); did "
                                            "you mean 'ops'?"},
        {"allow group=ops user=x", ":1: group 'ops' is not defined (groups: none)"},
        {"allow any user=map:m", ":1: map 'm' is not defined (maps: none)"},
        {ACME "allow issuer=acne user=x",
            ":2: issuer 'acne' is not defined (issuers: acme); did you mean 'acme'?"},
        {BOTH "allow email=eve@acme.example",
            ":3: email= without issuer=, and this file has 2 issuers"},
        {"allow cn=x", ":1: cn= without issuer=, and this file has no issuer line"},
        {BOTH "allow serial=1", ":3: serial= without issuer=, and this file has 2 issuers"},
        {BOTH "allow policy=1.2 user=x", ":3: policy= without issuer=*"},
        {BOTH "group g ou=x\nallow group=g", ":3: ou= without issuer=*"},
        {BOTH "map g ou=x user=y", ":3: ou= without issuer=*"},
        {"allow any path=/a path=/b", ":1: path= twice; write a comma"},
        {"allow any user=x user=y", ":1: user= twice; write a comma"},
        {"allow any any user=x", ":1: 'any' twice"},
        {"allow any", ":1: 'any' names nobody: say user="},
        {ACME "allow issuer=acme", ":2: this line names nobody: say user="},
        {ACME "allow policy=1.2.3", ":2: this line names nobody: say user="},
        {ACME "group g issuer=acme\nallow group=g",
            ":3: group 'g' has a line that names nobody: say user="},
        {ACME "group g cn=x\ngroup g any\nallow group=g",
            ":4: group 'g' has a line that names nobody: say user="},
        {ACME "group g any\ngroup h group=g\nallow group=h",
            ":4: group 'h' has a line that names nobody: say user="},
        {"allow user=x", ":1: names nobody: write whom, or 'any'"},
        {"deny path=/", ":1: names nobody: write whom, or 'any'"},
        {ACME "deny any cn=x", ":2: 'any' stands beside no other key of identity"},
        {"deny any user=x", ":1: user= is no part of a deny line"},
        {"group g any path=/", ":1: path= is no part of a group line"},
        {"group g any user=x", ":1: user= is no part of a group line"},
        {"map m any label=x user=y", ":1: label= is no part of a map line"},
        {"map m any", ":1: a map line needs user="},
        {"map m any user=map:m", ":1: a map cannot refer to a map"},
        {"issuer acme other.cer", ":1: other.cer is not among the CAs in --ca"},
        {"issuer acme missing.cer", ":1: *"},
        {ACME "issuer acme devices.cer", ":2: issuer 'acme' is defined on line 1 already"},
        {"issuer acme spki:12", ":1: spki:12 must be followed by SHA-256 in 64*"},
        {"issuer acme sha256:" HEX64 "00", ":1: sha256: must be followed by*"},
        {"issuer acme", ":1: after 'issuer acme' a value is missing"},
        {"issuer", ":1: after 'issuer' a name must stand*"},
        {"issuer a/b acme.cer", ":1: after 'issuer' a name must stand*"},
        {"issuer acme empty.cer", ":1: *"},
        {"issuer acme two.cer", ":1: two.cer must hold one certificate"},
        {"issuer acme junk.cer", ":1: *"},
        {"issuer acme key.cer", ":1: *"},
        {ACME "allow dn=\"CN=#0C01616\" user=x",
            ":2: dn=CN=#0C01616: a comma or a plus must stand between the parts"},
        {ACME "group a cn=x\ngroup b any\nallow group=a,b",
            ":4: group 'b' has a line that names nobody: say user="},
        {ACME "allow dn=\"CN=#0C0161x\" user=x",
            ":2: dn=CN=#0C0161x: a comma or a plus must stand between the parts"},
        {ACME "allow dn=\"CN=#0603550403\" user=x", ":2: dn=CN=#0603550403: after # the DER*"},
        {ACME "allow dn=\"CN=#0C016100\" user=x", ":2: dn=CN=#0C016100: after # the DER*"},
        {ACME "allow dn=\"CN=#0C0161 ,O=\" user=x", ":2: dn=CN=#0C0161 ,O=: a value is missing"},
        {"allow any user=$sha", ":1: 'sha' is no key that names somebody*"},
        {"allow group=g9 user=x\ngroup a any\ngroup b any\ngroup c any\ngroup d any\ngroup e any\n"
         "group f any\ngroup h any\ngroup i any\ngroup j any",
            ":1: group 'g9' is not defined (groups: a, b, c, d, e, f, h, i, ...)*"},
        {"allow group=g9 user=x\ngroup a any\ngroup b any\ngroup c any\ngroup d any\ngroup e any\n"
         "group f any\ngroup h any\ngroup i any",
            ":1: group 'g9' is not defined (groups: a, b, c, d, e, f, h, i)*"},
        {"allow any user=x#", ":1: a # inside a value*"},
        {"allow any us#r=x", ":1: a quote or # where*"},
        {"allow any aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg=x",
            ":1: 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg' is no key"},
        {"group aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg any",
            ":1: after 'group' a name must stand*"},
        {"allow any user=x since=2026-12-31T12:00:00Z until=2026-12-31T11:59:59Z",
            ":1: until= is before since="},
        {"issuer acme acme.cer \"more", ":1: a quote is not closed"},
        {"issuer acme \"acme.cer", ":1: a quote is not closed"},
        {"issuer acme acme.cer,other.cer", ":1: one value is expected, without a comma"},
        {"issuer acme \"\"", ":1: after 'issuer acme' a value is missing"},
        {"issuer acme=x acme.cer", ":1: after 'issuer' a name must stand*"},
        {"issuer \"acme\" acme.cer", ":1: a quote or # where a key or a name should be"},
        {"group", ":1: after 'group' a name must stand*"},
        {"map", ":1: after 'map' a name must stand*"},
        {ACME "allow dn=\"=a\" user=x", ":2: dn==a: each part must be TYPE=VALUE*"},
        {ACME "allow dn=\"CN=a,,O=b\" user=x", ":2: dn=CN=a,,O=b: each part must be TYPE=VALUE*"},
        {ACME "allow dn=\"CN=a+\" user=x", ":2: dn=CN=a+: each part must be TYPE=VALUE*"},
        {ACME "allow dn=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg=a "
              "user=x",
            ":2: dn=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg=a: each "
            "part must*"},
        {"issuer acme acme.cer more", ":1: 'more' is too much on this line"},
        {"set", ":1: after 'set' a name must stand*"},
        {"set encoded-slsh literal",
            ":1: 'encoded-slsh' is no setting; did you mean 'encoded-slash'?"},
        {"set explain all", ":1: set explain: the one value is 'full'"},
        {"set explain full\nset explain full", ":2: set explain twice"},
        {"group a group=a", ":1: group 'a' is part of itself"},
        {"group a group=b\ngroup b group=c\ngroup c group=a", ":1: group 'a' is part of itself"},
        {"allow any user=x since=2026-12-31 until=2026-12-30", ":1: until= is before since="},
        {"allow any user=x since=2026-12-31,2026-12-30", ":1: since= takes one value"},
        {"allow any user=x,y", ":1: user= takes one value"},
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
        {"allow somebody user=x", ":1: 'somebody' is no key=value"},
        {"allow any user=*", ":1: user=* needs one key of which every value has a `*`*"},
        {ACME "allow email=a@b.c user=*", ":2: user=* needs one key*"},
        {ACME "allow email=*@b.c,a@b.c user=*", ":2: user=* needs one key*"},
        {ACME "allow email=*@b.c dns=*.b.c user=*", ":2: user=* needs one key*"},
        {ACME "allow ip=192.0.2.0/24 user=*", ":2: user=* needs one key*"},
        {"allow any user=a*", ":1: user=: `*` stands alone"},
        {"allow any user=$nobody", ":1: 'nobody' is no key that names somebody"},
        {"allow any user=$issuer", ":1: 'issuer' is no key that names somebody*"},
        {"allow any user=$policy", ":1: 'policy' is no key that names somebody*"},
        {"allow any user=$host", ":1: 'host' is no key that names somebody*"},
        {"allow any user=map:", ":1: user=map: names no map"},
        {"allow any user=x label=\"a b\"", ":1: label=a b: must be letters*"},
        {ACME "allow CN=x", ":2: 'CN' is no key; did you mean 'cn'?"},
        {"ALLOW any user=x", ":1: 'ALLOW' is no kind of line; did you mean 'allow'?"},
        {"allow any user=$CN", ":1: 'CN' is no key that names somebody; did you mean 'cn'?"},
        {"allow any user=$mail", ":1: 'mail' is no key that names somebody; did you mean 'email'?"},
        {"allow any user=$hosts", ":1: 'hosts' is no key that names somebody"},
        {"allow any user=x path!=/a/",
            ":1: 'path!' is no key: there is no negation, write a deny line above"},
        {ACME "allow cn = Dan", ":2: 'cn' is no key=value (no spaces beside = and commas)"},
        {ACME "allow cn= Dan", ":2: cn=: a value is missing (no spaces beside = and commas)"},
        {ACME "allow cn=Dan, Eve", ":2: cn=: a value is missing (no spaces beside = and commas)"},
        {"allow * user=x", ":1: '*' is no key=value: everybody is `any`"},
        {"allow any \\", ":1: '\\' is no key=value: a rule is one line"},
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
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused(rows[i].text, rows[i].wanted);
}

Test(rules_errors, values_that_mean_nothing_are_refused)
{
    static const char *const terms[] = {"email=eve", "email=@acme.example", "email=eve@",
        "email=e*@acme.example", "email=*@*.example", "email=**@acme.example", "upn=*", "dns=*",
        "dns=*.", "dns=a.*.example", "dns=a..b", "dns=.a", "dns=a.", "dns=**.a", "dns=a b",
        "uri=acme", "uri=:x", "uri=spiffe://*", "uri=spiffe://*/a", "uri=spiffe:///x/*",
        "uri=spiffe://a/*/b", "uri=spiffe://a/b*", "uri=spiffe://a/***", "uri=spiffe://a/*?",
        "uri=urn:*", "ip=1.2.3", "ip=1.2.3.4/33", "ip=1.2.3.4/", "ip=1.2.3.4/08", "ip=1.2.3.4/24",
        "ip=::/129", "ip=1.2.3.0/-1", "ip=2001:db8::1/32", "ip=x", "serial=xyz", "serial=-",
        "serial=0x12", "serial=1:", "serial=:1", "serial=1 2",
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
        "path=/a?b", "path=/a;b", "path=/100%", "path=/%5c", "path=\"/a\\\\b\"", "path=/%00",
        "path=https://h/", "method=get", "method=G@T", "from=x", "from=10.0.0.1/8",
        "since=tomorrow", "since=2026-02-30", "until=@1", "until=31.12.2026", "hours=9-17",
        "hours=09:00", "hours=09:00-09:00", "hours=24:00-05:00", "hours=09:60-10:00",
        "hours=09:00-25:00", "hours=09:00-24:01", "hours=09:00-10:00x", "days=monday", "days=mon-",
        "days=-fri", "days=mon-fri-sat", "days=1", "revocation=24", "revocation=0h",
        "revocation=-1h", "revocation=24m", "revocation=fresh", "revocation=999999h", "label=a,b"};
    size_t i;

    for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        char text[512];

        (void)snprintf(
            text, sizeof(text), "issuer acme acme.cer\nallow issuer=acme user=x %s", terms[i]);
        expect_refused(text, ":2: *");
    }
}

Test(rules_errors, a_file_is_text_of_bounded_size)
{
    static char text[RULES_MAX_LINES * 2 + 64];
    char line[RULES_MAX_LINE + 16];
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    expect_refused("# \x01", ":1: has a control or invisible character (U+0001)");
    expect_refused("# \xe2\x80\xae", ":1: has a control or invisible character (U+202E)");
    expect_refused(
        "\xef\xbb\xbf# x", ":1: begins with a byte order mark: save the file as UTF-8 without one");
    expect_refused("#\xef\xbb\xbf", ":1: has a control or invisible character (U+FEFF)");
    expect_refused("\n\xef\xbb\xbf# x", ":2: has a control or invisible character (U+FEFF)");
    expect_refused("\n# \xff", ":2: is not UTF-8");
    memset(line, '#', RULES_MAX_LINE + 1);
    line[RULES_MAX_LINE + 1] = '\0';
    expect_refused(line, ":1: the line is longer than 4096 bytes");
    line[RULES_MAX_LINE] = '\0';
    rules = world_rules(line, NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    memset(text, '\n', RULES_MAX_LINES);
    rules = world_rules(text, NULL, &error);
    cr_expect_not_null(rules, "%s", error.text);
    rules_release(rules);
    strcpy(text + RULES_MAX_LINES, "#");
    expect_refused(text, ":10001: more than 10000 lines");
}

/* count times a piece, then an end. */
static void expect_repeated(
    const char *begin, const char *piece, size_t count, const char *end, const char *wanted)
{
    char text[RULES_MAX_LINE + 64];
    struct rules *rules = NULL;
    size_t i, length = (size_t)snprintf(text, sizeof(text), "%s", begin);

    for (i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s", piece);
    (void)snprintf(text + length, sizeof(text) - length, "%s", end);
    if (wanted != NULL) {
        expect_refused(text, wanted);
        return;
    }
    rules = world_rules(text, NULL, NULL);
    cr_expect_not_null(rules, "%s", text);
    rules_release(rules);
}

/* A chain of groups, each of which is the next one. */
static void expect_chain(size_t count, const char *wanted)
{
    char text[2048];
    size_t i, length = 0;
    struct rules *rules = NULL;

    for (i = 1; i < count; i++)
        length += (size_t)snprintf(
            text + length, sizeof(text) - length, "group g%02zu group=g%02zu\n", i, i + 1);
    (void)snprintf(text + length, sizeof(text) - length, "group g%02zu any", count);
    if (wanted != NULL) {
        expect_refused(text, wanted);
        return;
    }
    rules = world_rules(text, NULL, NULL);
    cr_expect_not_null(rules, "%s", text);
    rules_release(rules);
}

Test(rules_errors, names_parts_and_groups_within_groups_have_a_limit)
{
    expect_repeated(ACME "allow dn=\"", "O=a,", 63, "O=a\" user=x", NULL);
    expect_repeated(ACME "allow dn=\"", "O=a,", 64, "O=a\" user=x", ":2: dn=O=a,O=a,*");
    expect_repeated("group ", "n", 64, " any", NULL);
    expect_repeated("group ", "n", 65, " any", ":1: after 'group' a name must stand*");
    expect_chain(32, NULL);
    expect_chain(33, ":33: groups within groups: more than 32");
}
