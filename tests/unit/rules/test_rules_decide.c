/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Line 1 is `issuer acme acme.cer`, line 2 `issuer devices devices.cer`; the rules begin on line 3.
 */
TestSuite(rules_decide, .init = rules_world_make, .fini = rules_world_free);

Test(rules_decide, who_is_meant)
{
    static const struct row rows[] = {
        {"", "eve", "GET h /", "no no_rule"},
        {"# a comment\n\n  \t\n", "eve", "GET h /", "no no_rule"},
        {"allow any user=x", "eve", "GET h /", "yes 3 x"},
        {"deny any", "eve", "GET h /", "no 3"},
        {"deny any\nallow any user=x", "eve", "GET h /", "no 3"},
        {"allow any user=x\ndeny any", "eve", "GET h /", "yes 3 x"},
        {"allow issuer=acme user=a", "eve", "GET h /", "yes 3 a"},
        {"allow issuer=acme user=a", "sensor", "GET h /", "no no_rule"},
        {"allow issuer=devices user=a", "sensor", "GET h /", "yes 3 a"},
        {"allow issuer=acme,devices user=a", "sensor", "GET h /", "yes 3 a"},
        {"allow issuer=acme user=a", "sam", "GET h /", "yes 3 a"},
        {"allow issuer=acme email=eve@acme.example", "eve", "GET h /", "yes 3 eve@acme.example"},
        {"allow issuer=acme email=eve@acme.example", "mallory", "GET h /", "no no_rule"},
        {"allow issuer=devices email=eve@acme.example", "mallory", "GET h /",
            "yes 3 eve@acme.example"},
        {"allow issuer=acme email=eve@ACME.Example", "eve", "GET h /", "yes 3 eve@acme.example"},
        {"allow issuer=acme email=Eve@acme.example", "eve", "GET h /", "no no_rule"},
        {"allow issuer=acme email=dan@acme.example", "dan", "GET h /", "yes 3 dan@Acme.Example"},
        {"allow issuer=acme email=eve@acme.exampl", "eve", "GET h /", "no no_rule"},
        {"allow issuer=acme email=ve@acme.example", "eve", "GET h /", "no no_rule"},
        {"allow issuer=acme email=*@acme.example", "eve", "GET h /", "yes 3 eve@acme.example"},
        {"allow issuer=acme email=*@example", "eve", "GET h /", "no no_rule"},
        {"allow issuer=acme email=*@me.example", "eve", "GET h /", "no no_rule"},
        {"allow issuer=acme email=*@ACME.example", "dan", "GET h /", "yes 3 dan@Acme.Example"},
        {"allow issuer=acme email=*@acme.example user=*", "eve", "GET h /", "yes 3 eve"},
        {"allow issuer=acme email=*@acme.example", "star", "GET h /", "no no_rule"},
        {"allow issuer=acme dns=*.acme.example", "star", "GET h /", "no no_rule"},
        {"allow issuer=acme uri=spiffe://acme.example/ops/*", "star", "GET h /", "no no_rule"},
        {"allow issuer=acme uri=spiffe://acme.example/**", "star", "GET h /", "no no_rule"},
        {"allow issuer=acme email=*@acme.example", "two", "GET h /", "no 3 no_user_name"},
        {"allow issuer=acme email=*@acme.example user=*", "two", "GET h /", "no 3 no_user_name"},
        {"allow issuer=acme email=*@elsewhere.example", "two", "GET h /",
            "yes 3 two@elsewhere.example"},
        {"allow issuer=acme email=zwei@acme.example", "two", "GET h /", "yes 3 zwei@acme.example"},
        {"allow issuer=acme email=zwei@acme.example user=$email", "two", "GET h /",
            "no 3 no_user_name"},
        {"allow issuer=acme upn=dan@corp.example", "dan", "GET h /", "yes 3 dan@CORP.example"},
        {"allow issuer=acme email=*@acme.example upn=dan@corp.example user=*", "dan", "GET h /",
            "yes 3 dan"},
        {"allow issuer=acme upn=*@corp.example user=*", "dan", "GET h /", "yes 3 dan"},
        {"allow issuer=acme email=dan@corp.example", "dan", "GET h /", "no no_rule"},
        {"allow issuer=acme cn=Dan", "dan", "GET h /", "yes 3 Dan"},
        {"allow issuer=acme cn=dan", "dan", "GET h /", "yes 3 Dan"},
        {"allow issuer=acme cn=\" DAN \"", "dan", "GET h /", "yes 3 Dan"},
        {"allow issuer=acme cn=Da", "dan", "GET h /", "no no_rule"},
        {"allow issuer=acme cn=Eve,Dan", "dan", "GET h /", "yes 3 Dan"},
        {"allow issuer=acme cn=Zwei", "two", "GET h /", "yes 3 Zwei"},
        {"allow issuer=acme cn=Two,Zwei", "two", "GET h /", "no 3 no_user_name"},
        {"allow issuer=acme cn=\"Night Auditor\" user=n", "night", "GET h /", "yes 3 n"},
        {"allow issuer=acme cn=\"J\xc3\xb6rg, M\"", "umlaut", "GET h /", "yes 3 J%C3%B6rg%2C%20M"},
        {"allow issuer=acme ou=Ops o=Acme", "dan", "GET h /", "yes 3 Ops"},
        {"allow issuer=acme ou=Ops o=Other", "dan", "GET h /", "no no_rule"},
        {"allow issuer=acme ou=Dev user=$uid", "multi", "GET h /", "yes 3 m1"},
        {"allow issuer=acme ou=Ops user=$uid", "multi", "GET h /", "yes 3 m1"},
        {"allow issuer=acme cn=\"Eve Example\" user=$c", "eve", "GET h /", "yes 3 GB"},
        {"allow issuer=acme ou=Ops user=$ou", "multi", "GET h /", "no 3 no_user_name"},
        {"allow issuer=acme uid=m1", "multi", "GET h /", "yes 3 m1"},
        {"allow issuer=acme dc=org", "multi", "GET h /", "yes 3 org"},
        {"allow issuer=acme c=gb user=$cn", "eve", "GET h /", "yes 3 Eve%20Example"},
        {"allow issuer=acme dn=\"CN=Dan,OU=Ops,O=Acme\"", "dan", "GET h /",
            "yes 3 CN%3DDan%2COU%3DOps%2CO%3DAcme"},
        {"allow issuer=acme dn=\"cn=dan, ou=ops, o=ACME\" user=d", "dan", "GET h /", "yes 3 d"},
        {"allow issuer=acme dn=\"O=Acme,OU=Ops,CN=Dan\" user=d", "dan", "GET h /", "no no_rule"},
        {"allow issuer=acme dn=\"OU=Ops,O=Acme\" user=d", "dan", "GET h /", "no no_rule"},
        {"allow issuer=acme dn=\"CN=Multi+UID=m1,OU=Ops,OU=Dev,O=Acme,DC=example,DC=org\" user=m",
            "multi", "GET h /", "yes 3 m"},
        {"allow issuer=acme dn=\"UID=m1+CN=Multi,OU=Ops,OU=Dev,O=Acme,DC=example,DC=org\" user=m",
            "multi", "GET h /", "yes 3 m"},
        {"allow issuer=acme dn=\"CN=Multi,UID=m1,OU=Ops,OU=Dev,O=Acme,DC=example,DC=org\" user=m",
            "multi", "GET h /", "no no_rule"},
        {"allow issuer=acme dn=\"CN=J\\\\C3\\\\B6rg\\\\, M,O=Acme\" user=j", "umlaut", "GET h /",
            "yes 3 j"},
        {"allow issuer=acme dn=\"CN=\\\\44\\\\61n,OU=\\\\4f\\\\70s,O=Acme\" user=d", "dan",
            "GET h /", "yes 3 d"},
        {"allow issuer=acme dn=\"CN=Eve\\\\20Example,OU=Sales,O=Acme,C=GB\" user=e", "eve",
            "GET h /", "yes 3 e"},
        {"allow issuer=acme dn=\"CN=Dan  ,OU= Ops,O=Acme \" user=d", "dan", "GET h /", "yes 3 d"},
        {"allow issuer=acme dn=\"2.5.4.3=Dan,OU=Ops,O=Acme\" user=d", "dan", "GET h /", "yes 3 d"},
        {"allow issuer=acme dn=\"CN=#0C0344616E,OU=Ops,O=Acme\" user=d", "dan", "GET h /",
            "yes 3 d"},
        {"allow issuer=devices uri=spiffe://acme.example/sensor/7", "sensor", "GET h /",
            "yes 3 spiffe://acme.example/sensor/7"},
        {"allow issuer=devices uri=SPIFFE://ACME.example/sensor/7 user=s", "sensor", "GET h /",
            "yes 3 s"},
        {"allow issuer=devices uri=spiffe://acme.example/Sensor/7 user=s", "sensor", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/sensor/* user=*", "sensor", "GET h /",
            "yes 3 7"},
        {"allow issuer=devices uri=spiffe://acme.example/* user=*", "sensor", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/** user=*", "sensor", "GET h /",
            "yes 3 sensor/7"},
        {"allow issuer=devices uri=spiffe://acme.example/ops/* user=*", "deep", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/ops/** user=*", "deep", "GET h /",
            "yes 3 eu/7"},
        {"allow issuer=devices uri=spiffe://acme.example/op/** user=*", "deep", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/ops/eu/7/** user=*", "deep", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/ops/** user=x", "dots", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/ops/* user=x", "dots", "GET h /",
            "no no_rule"},
        {"allow issuer=devices uri=spiffe://acme.example/ops/../sensor/7 user=x", "dots", "GET h /",
            "yes 3 x"},
        {"allow issuer=devices dns=*.sensor.acme.example user=*", "sensor", "GET h /", "yes 3 7"},
        {"allow issuer=devices dns=*.acme.example", "sensor", "GET h /", "no no_rule"},
        {"allow issuer=devices dns=7.SENSOR.acme.example", "sensor", "GET h /",
            "yes 3 7.sensor.acme.example"},
        {"allow issuer=devices ip=192.0.2.0/24", "sensor", "GET h /", "yes 3 192.0.2.7"},
        {"allow issuer=devices ip=192.0.2.7", "sensor", "GET h /", "yes 3 192.0.2.7"},
        {"allow issuer=devices ip=192.0.2.0/30", "sensor", "GET h /", "no no_rule"},
        {"allow issuer=devices ip=0.0.0.0/0", "sensor", "GET h /", "yes 3 192.0.2.7"},
        {"allow issuer=devices ip=2001:db8::/32", "sensor", "GET h /", "yes 3 2001:db8::7"},
        {"allow issuer=devices ip=0.0.0.0/0,::/0", "sensor", "GET h /", "no 3 no_user_name"},
        {"allow issuer=acme serial=e1", "eve", "GET h /", "yes 3 e1"},
        {"allow issuer=acme serial=00:E1", "eve", "GET h /", "yes 3 e1"},
        {"allow issuer=devices serial=e1", "eve", "GET h /", "no no_rule"},
        {"deny issuer=acme serial=e1\nallow any user=x", "eve", "GET h /", "no 3"},
        {"deny issuer=acme serial=e1\nallow any user=x", "mallory", "GET h /", "yes 4 x"},
        {"allow issuer=acme serial=5a user=s", "sam", "GET h /", "no no_rule"},
        {"deny issuer=acme serial=5a\nallow any user=x", "sam", "GET h /", "no 3"},
        {"deny issuer=devices serial=5a\nallow any user=x", "sam", "GET h /", "yes 4 x"},
        {"group g issuer=acme serial=5a\ndeny group=g\nallow any user=x", "sam", "GET h /", "no 4"},
        {"group g issuer=acme serial=5a\ngroup h group=g\ndeny group=h\nallow any user=x", "sam",
            "GET h /", "no 5"},
        {"group g issuer=acme serial=5a\nallow group=g user=s", "sam", "GET h /", "no no_rule"},
        {"group g issuer=acme serial=5a\ngroup h group=g\nallow group=h user=s", "sam", "GET h /",
            "no no_rule"},
        {"allow issuer=devices ip=192.0.0.0/24 user=a\nallow issuer=devices ip=192.0.0.0/8 user=b",
            "sensor", "GET h /", "yes 4 b"},
        {"deny issuer=devices ip=192.0.0.0/8\nallow issuer=devices ip=192.0.0.0/24,192.0.2.0/24 "
         "user=b",
            "sensor", "GET h /", "no 3"},
        {"allow issuer=acme policy=1.2.3.4 user=p", "dan", "GET h /", "yes 3 p"},
        {"allow issuer=acme policy=1.2.3 user=p", "dan", "GET h /", "no no_rule"},
        {"allow any user=x # that is all", "eve", "GET h /", "yes 3 x"},
        {"\tallow\tany\tuser=x\t", "eve", "GET h /", "yes 3 x"},
        {"allow user=x any", "eve", "GET h /", "yes 3 x"},
        {"allow any user=x\r\n", "eve", "GET h /", "yes 3 x"},
        {"deny issuer=acme cn=Dan\nallow issuer=acme ou=Ops user=$cn", "dan", "GET h /", "no 3"},
        {"deny issuer=acme cn=Dan\nallow issuer=acme ou=Ops user=$cn", "sam", "GET h /",
            "yes 4 Sam"},
    };

    TRY(TWO_ISSUERS, rows);
}

Test(rules_decide, pins_need_no_issuer)
{
    static const char *const keys[] = {"spki", "sha256"};
    size_t i;

    for (i = 0; i < 2; i++) {
        char text[256];
        const struct row rows[] = {
            {text, "eve", "GET h /", "yes 1 x"},
            {text, "mallory", "GET h /", "no no_rule"},
        };

        (void)snprintf(
            text, sizeof(text), "allow %s=%s user=x", keys[i], world_digest("eve", i == 0));
        TRY("", rows);
    }
}

/* The file of the manual. */
Test(rules_decide, an_example_file)
{
    static const char text[] =
        "issuer  acme    acme.cer\n"
        "issuer  devices devices.cer\n"
        "group   ops     issuer=acme ou=Ops o=Acme\n"
        "group   ops     issuer=acme email=eve@acme.org\n"
        "map     people  issuer=acme email=*@acme.example user=*\n"
        "deny    issuer=acme serial=2c0d85fbfa3d3ae4 label=lost-laptop\n"
        "allow   group=ops host=wiki.acme.example path=/admin/ revocation=24h user=map:people "
        "label=wiki-admin\n"
        "deny    any host=wiki.acme.example path=/admin/\n"
        "allow   issuer=acme email=*@acme.example host=wiki.acme.example user=map:people\n"
        "allow   issuer=devices uri=spiffe://acme.example/sensor/* host=api.acme.example "
        "path=/v1/ingest method=POST\n"
        "allow   issuer=acme cn=\"Night Auditor\" path=/reports/ method=GET hours=22:00-05:00 "
        "days=mon-fri\n"
        "allow   any host=status.acme.example method=GET user=$sha256\n";
    static const struct row rows[] = {
        {text, "dan", "GET wiki.acme.example /admin/users crl=2026-11-26T12:00:00Z", "yes 7 dan"},
        {text, "dan", "GET wiki.acme.example /admin/users crl=2026-11-25T12:00:00Z", "no 8"},
        {text, "eve", "GET wiki.acme.example /admin/users crl=2026-11-26T12:00:00Z", "no 8"},
        {text, "eve", "GET wiki.acme.example /pages", "yes 9 eve"},
        {text, "eve", "GET wiki.acme.example /pages/../admin/", "no ambiguous_path"},
        {text, "mallory", "GET wiki.acme.example /pages", "no no_rule"},
        {text, "sensor", "POST api.acme.example /v1/ingest",
            "yes 10 spiffe://acme.example/sensor/7"},
        {text, "sensor", "GET api.acme.example /v1/ingest", "no no_rule"},
        {text, "sensor", "POST api.acme.example /v1/ingest/", "no no_rule"},
        {text, "night", "GET any.example /reports/q at=2026-11-28T01:00:00Z",
            "yes 11 %20%20night%20%20%20AUDITOR%20"},
        {text, "night", "POST any.example /reports/q at=2026-11-28T01:00:00Z", "no no_rule"},
    };

    TRY("", rows);
}

Test(rules_decide, a_key_of_which_the_request_says_nothing_is_named)
{
    static const struct {
        struct rules_request request;
        const char *key; /* NULL: none */
    } rows[] = {
        {{.host = "a", .raw_path = "/", .method = "GET", .remote_address = "192.0.2.1"}, NULL},
        {{.host = "a", .raw_path = "/", .method = "GET"}, "from"},
        {{.host = "a", .raw_path = "/", .method = "GET", .remote_address = "x"}, "from"},
        {{.host = "a", .raw_path = "/", .remote_address = "192.0.2.1"}, "method"},
        {{.raw_path = "/", .method = "GET", .remote_address = "192.0.2.1"}, "host"},
    };
    struct rules *rules =
        world_rules("deny any host=a path=/x method=PUT from=192.0.2.0/24", NULL, NULL);
    size_t i;

    cr_assert_not_null(rules);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *key = rules_unknown_key(rules, 0, &rows[i].request);

        cr_assert_eq(key == NULL, rows[i].key == NULL, "row %zu: %s", i, key);
        if (key != NULL)
            cr_expect_str_eq(key, rows[i].key, "row %zu", i);
    }
    cr_expect_not(rules_concerns(rules, 0, &(struct rules_request){.remote_address = "10.0.0.1"}));
    cr_expect(rules_concerns(rules, 0, &(struct rules_request){.remote_address = "192.0.2.9"}));
    cr_expect_str_eq(
        rules_path_fault(rules, &(struct rules_request){.raw_path = "/a#b"}), "it has a #");
    cr_expect_str_eq(
        rules_path_fault(rules, &(struct rules_request){.host = "a"}), "it does not begin with /");
    rules_release(rules);
}

Test(rules_decide, a_rule_concerns_what_its_host_path_and_method_allow)
{
    static const struct {
        const char *rule;
        struct rules_request request;
        bool concerns;
    } rows[] = {
        {"deny any host=a", {.host = "a"}, true},
        {"deny any host=a", {.host = "b"}, false},
        {"deny any host=a", {.raw_path = "/b", .method = "GET"}, true},
        {"deny any path=/a", {.host = "b"}, true},
        {"deny any path=/a", {.raw_path = "/a"}, true},
        {"deny any path=/a", {.raw_path = "/b"}, false},
        {"deny any method=PUT", {.host = "b", .raw_path = "/b"}, true},
        {"deny any method=PUT", {.method = "PUT"}, true},
        {"deny any method=PUT", {.method = "GET"}, false},
        {"deny any from=192.0.2.0/24 revocation=24h since=2999-01-01",
            {.host = "a", .raw_path = "/b", .method = "GET"}, true},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules *rules = world_rules(rows[i].rule, NULL, NULL);

        cr_assert_not_null(rules, "%s", rows[i].rule);
        cr_expect_eq(rules_concerns(rules, 0, &rows[i].request), rows[i].concerns, "row %zu: %s", i,
            rows[i].rule);
        rules_release(rules);
    }
}
