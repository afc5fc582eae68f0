/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>

TestSuite(rules_subject, .init = rules_world_make, .fini = rules_world_free);

/* Without a chain there is no issuer: lines about names do not hold. */
Test(rules_subject, without_a_proven_chain_no_name_counts)
{
    struct rules *rules =
        world_rules(ACME "allow cn=\"Eve Example\"\nallow any user=x", NULL, NULL);
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate("eve", &proven);
    struct rules_subject *subject = rules_subject_new(rules, leaf, NULL, NULL);

    cr_assert_not_null(subject);
    cr_expect_not(rules_subject_meets(subject, 0));
    cr_expect(rules_subject_meets(subject, 1));
    cr_expect_null(rules_subject_issuer(rules, subject));
    rules_subject_free(subject);
    rules_subject_free(NULL);
    sk_X509_free(proven);
    rules_release(rules);
}

Test(rules_subject, groups_maps_and_one_issuer)
{
    static const struct row rows[] = {
        {"group ops issuer=acme ou=Ops o=Acme\nallow group=ops", "dan", "GET h /", "yes 4 Ops"},
        {"group ops issuer=acme ou=Ops o=Acme\nallow group=ops user=$cn", "eve", "GET h /",
            "no no_rule"},
        {"group ops issuer=acme ou=Ops\ngroup ops issuer=acme email=eve@acme.example\n"
         "allow group=ops",
            "eve", "GET h /", "yes 5 eve@acme.example"},
        {"allow group=ops\ngroup ops issuer=acme email=eve@acme.example", "eve", "GET h /",
            "yes 3 eve@acme.example"},
        {"group a issuer=acme cn=Dan\ngroup b group=a\ngroup b issuer=acme cn=Sam\nallow group=b",
            "dan", "GET h /", "yes 6 Dan"},
        {"group a issuer=acme cn=Dan\ngroup b group=a\ngroup b issuer=acme cn=Sam\nallow group=b",
            "sam", "GET h /", "yes 6 Sam"},
        {"group b group=a\ngroup a issuer=acme cn=Dan\nallow group=b", "dan", "GET h /",
            "yes 5 Dan"},
        {"group a issuer=acme cn=Dan\nallow group=a issuer=acme email=*@acme.example user=*", "dan",
            "GET h /", "yes 4 dan"},
        {"group a issuer=acme cn=Dan\nallow group=a issuer=acme email=*@acme.example", "dan",
            "GET h /", "yes 4 dan@Acme.Example"},
        {"group a issuer=acme cn=Dan\nallow group=a issuer=acme ou=Sales", "dan", "GET h /",
            "no no_rule"},
        {"group a issuer=acme cn=Dan\ngroup b issuer=acme cn=Sam\nallow group=a,b", "sam",
            "GET h /", "yes 5 Sam"},
        {"group all any\nallow group=all user=x", "sensor", "GET h /", "yes 4 x"},
        {"group all any\ndeny group=all", "sensor", "GET h /", "no 4"},
        {"group a issuer=devices cn=\"Eve Example\"\ndeny group=a\nallow any user=x", "eve",
            "GET h /", "yes 5 x"},
        {"map people issuer=acme email=*@acme.example user=*\nallow any user=map:people", "eve",
            "GET h /", "yes 4 eve"},
        {"map people issuer=acme email=*@acme.example user=*\nallow any user=map:people", "sensor",
            "GET h /", "no 4 no_user_name"},
        {"map people issuer=acme email=*@acme.example user=*\nallow any user=map:people", "mallory",
            "GET h /", "no 4 no_user_name"},
        {"map people issuer=acme cn=Dan user=root\nmap people issuer=acme email=*@acme.example "
         "user=*\nallow any user=map:people",
            "dan", "GET h /", "yes 5 root"},
        {"map people issuer=acme email=*@acme.example user=*\nmap people issuer=acme cn=Dan "
         "user=root\nallow any user=map:people",
            "dan", "GET h /", "yes 5 dan"},
        {"map m issuer=devices user=$uri\nallow any user=map:m", "sensor", "GET h /",
            "yes 4 spiffe://acme.example/sensor/7"},
        {"map m any user=guest\nallow any user=map:m", "sensor", "GET h /", "yes 4 guest"},
        {"group ops issuer=acme ou=Ops\nmap m group=ops user=$cn\nallow any user=map:m", "dan",
            "GET h /", "yes 5 Dan"},
    };
    static const struct row single[] = {
        {"allow email=eve@acme.example", "eve", "GET h /", "yes 2 eve@acme.example"},
        {"allow email=eve@acme.example", "mallory", "GET h /", "no no_rule"},
        {"allow ou=Ops user=$cn", "sam", "GET h /", "yes 2 Sam"},
        {"allow serial=e1 user=x", "eve", "GET h /", "yes 2 x"},
        {"allow serial=e1 user=x", "mallory", "GET h /", "no no_rule"},
        {"allow serial=5a user=x", "sam", "GET h /", "no no_rule"},
        {"deny cn=\"Eve Example\"\nallow any user=x", "mallory", "GET h /", "yes 3 x"},
        {"group ops ou=Ops\nallow group=ops", "mallory", "GET h /", "no no_rule"},
        {"allow policy=1.2.3.5 user=x", "dan", "GET h /", "yes 2 x"},
    };
    static const struct row intermediate[] = {
        {"allow email=sam@acme.example", "sam", "GET h /", "yes 2 sam@acme.example"},
        {"allow serial=5a", "sam", "GET h /", "yes 2 5a"},
        {"allow email=eve@acme.example", "eve", "GET h /", "no no_rule"},
    };

    TRY(TWO_ISSUERS, rows);
    TRY("issuer acme acme.cer\n", single);
    TRY("issuer sub sub.cer\n", intermediate);
}
