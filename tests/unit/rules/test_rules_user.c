/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(rules_user, .init = rules_world_make, .fini = rules_world_free);

Test(rules_user, a_name_is_what_the_line_says_and_escaped)
{
    static const struct row rows[] = {
        {"allow any user=$cn", "eve", "GET h /", "yes 3 Eve%20Example"},
        {"allow any user=$cn", "nobody", "GET h /", "no 3 no_user_name"},
        {"allow any user=$dn", "nobody", "GET h /", "no 3 no_user_name"},
        {"allow any user=$dns", "nobody", "GET h /", "yes 3 nobody.example"},
        {"allow any user=$serial", "eve", "GET h /", "yes 3 e1"},
        {"allow any user=$email", "sensor", "GET h /", "no 3 no_user_name"},
        {"allow any user=\"a b,c\\\"d\\\\\"", "eve", "GET h /", "yes 3 a%20b%2Cc%22d%5C"},
        {"allow any user=a.b-c_d@e+f:g/h", "eve", "GET h /", "yes 3 a.b-c_d@e+f:g/h"},
        {"allow any user=100%", "eve", "GET h /", "yes 3 100%25"},
    };

    TRY(TWO_ISSUERS, rows);
}

/* The user name that the one allow line gives a certificate that acme signs. */
static void expect_user(const char *text, const struct pki_spec *spec, const char *wanted)
{
    char words[700], expected[700];

    world_decide_made(text, spec, words);
    (void)snprintf(expected, sizeof(expected), "yes 2 %s", wanted);
    cr_expect_str_eq(words, expected, "%s: expected %s, came %s", text, expected, words);
}

static void expect_no_user(const char *text, const struct pki_spec *spec)
{
    char words[700];

    world_decide_made(text, spec, words);
    cr_expect_str_eq(words, "no 2 no_user_name", "%s: came %s", text, words);
}

/* 512 bytes of a user name, after escaping, and no more. */
Test(rules_user, a_name_beyond_its_limit_is_none_and_never_a_shorter_one)
{
    static const struct {
        size_t plain, escaped;
        bool allowed;
    } rows[] = {{512, 0, true}, {513, 0, false}, {509, 1, true}, {510, 1, false}, {2, 170, true},
        {3, 170, false}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[600] = "", extension[700], words[700];
        const struct pki_spec spec = {.extensions = {extension}};

        memset(name, 'a', rows[i].plain);
        memset(name + rows[i].plain, '!', rows[i].escaped);
        (void)snprintf(extension, sizeof(extension), "subjectAltName=URI:%s", name);
        world_decide_made(ACME "allow any user=$uri", &spec, words);
        cr_expect(strncmp(words, rows[i].allowed ? "yes 2 aa" : "no 2 no_user_name", 8) == 0,
            "row %zu: %s", i, words);
        if (rows[i].allowed)
            cr_expect_eq(strlen(words), 512 + strlen("yes 2 "), "row %zu: %s", i, words);
    }
}

Test(rules_user, one_name_twice_is_one_and_two_names_are_none)
{
    const struct pki_spec same = {.subject = "CN=x",
                              .extensions = {"subjectAltName=email:a@b.example,email:a@b.example"}},
                          two = {.subject = "CN=x",
                              .extensions = {"subjectAltName=email:a@b.example,email:c@b.example"}};

    expect_user(ACME "allow any user=$email", &same, "a@b.example");
    expect_no_user(ACME "allow any user=$email", &two);
    expect_user(ACME "allow issuer=acme email=*@b.example user=*", &same, "a");
    expect_no_user(ACME "allow issuer=acme email=*@b.example user=*", &two);
    expect_user(ACME "allow issuer=acme email=a@b.example", &two, "a@b.example");
}

Test(rules_user, what_a_star_stood_for_is_the_name_without_its_mark)
{
    const struct pki_spec spec = {.subject = "CN=x",
        .extensions = {"subjectAltName=email:a@b.example,DNS:c.d.example,URI:s://e.example/f/g"}};

    expect_user(ACME "allow issuer=acme email=*@b.example user=*", &spec, "a");
    expect_user(ACME "allow issuer=acme dns=*.d.example user=*", &spec, "c");
    expect_user(ACME "allow issuer=acme uri=s://e.example/f/* user=*", &spec, "g");
    expect_user(ACME "allow issuer=acme uri=s://e.example/** user=*", &spec, "f/g");
}

/* The keys of the line in the order of rules_model.h, not in that in which they stand there. */
Test(rules_user, without_user_the_first_key_that_names_somebody_gives_the_name)
{
    const struct pki_spec spec = {
        .subject = "CN=Dan,O=Acme,C=AT", .extensions = {"subjectAltName=email:a@b.example"}};

    expect_user(ACME "allow issuer=acme c=AT", &spec, "AT");
    expect_user(ACME "allow issuer=acme o=Acme cn=Dan", &spec, "Dan");
    expect_user(ACME "allow issuer=acme o=Acme cn=Dan email=a@b.example", &spec, "a@b.example");
}

/* Here the line above has read a name of another key, an address of five bytes. */
Test(rules_user, a_name_that_cannot_be_read_is_nobodys_and_hides_no_other)
{
    const struct pki_spec spec = {
        .subject = "CN=x", .extensions = {"subjectAltName=DER:300c8203612e6287050102030405"}};
    char words[700];

    world_decide_made(ACME "allow ip=192.0.2.1 user=x\nallow any user=$dns", &spec, words);
    cr_expect_str_eq(words, "yes 3 a.b");
    expect_no_user(ACME "allow any user=$ip", &spec);
}

/* An address of five bytes, and one that is one. */
Test(rules_user, a_name_that_cannot_be_read_beside_one_that_can_is_several)
{
    static const char *const names[] = {"subjectAltName=DER:300d870501020304058704c0000201",
        "subjectAltName=DER:300d8704c000020187050102030405"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct pki_spec spec = {.subject = "CN=x", .extensions = {names[i]}};

        expect_no_user(ACME "allow any user=$ip", &spec);
        expect_user(ACME "allow issuer=acme ip=192.0.2.1", &spec, "192.0.2.1");
    }
}

/* The certificate is in all of them; a group that stands within another is looked at before it. */
Test(rules_user, without_user_the_group_of_the_rule_gives_the_name)
{
    static const char groups[] = ACME "group a group=d\ngroup d email=a@b.example\n"
                                      "group b cn=Dan\ngroup c dns=c.example\n";
    static const char *const rows[][2] = {{"group=a", "a@b.example"}, {"group=b", "Dan"},
        {"group=c", "c.example"}, {"group=d", "a@b.example"}, {"group=c,b", "c.example"}};
    const struct pki_spec spec = {
        .subject = "CN=Dan", .extensions = {"subjectAltName=email:a@b.example,DNS:c.example"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[300], words[700], expected[64];

        (void)snprintf(text, sizeof(text), "%sallow %s", groups, rows[i][0]);
        (void)snprintf(expected, sizeof(expected), "yes 6 %s", rows[i][1]);
        world_decide_made(text, &spec, words);
        cr_expect_str_eq(words, expected, "%s: came %s", rows[i][0], words);
    }
}

Test(rules_user, a_byte_that_is_no_text_of_a_user_name_is_escaped)
{
    const struct pki_spec spec = {.subject = "CN=x"};

    expect_user(ACME "allow any user=\"a%\"", &spec, "a%25");
    expect_user(ACME "allow any user=\"<\xc3\xa9>\"", &spec, "%3C%C3%A9%3E");
    expect_user(ACME "allow any user=\"a=b;c|d\"", &spec, "a%3Db%3Bc%7Cd");
}
