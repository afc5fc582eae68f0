/* SPDX-License-Identifier: ISC */
#include "rules/rules.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(rules, .init = rules_world_make, .fini = rules_world_free);

Test(rules, a_rule_tells_what_it_asks_of_the_request)
{
    struct rules *rules = world_rules(ACME
        "set explain full\nallow  cn=\"a  b\"   path=/b,\"/c d\" \t method=GET user=x label=l # y\n"
        "deny any\ngroup g any\nmap m any user=y",
        NULL, NULL);
    const struct rules_request put = {.method = "PUT"}, get = {.method = "GET"},
                               path = {.raw_path = "/c%20d"}, other = {.raw_path = "/d"},
                               none = {0};

    cr_assert_not_null(rules);
    cr_expect(rules_explain_to_clients(rules));
    cr_assert_eq(rules_count(rules), 2);
    cr_expect_str_eq(
        rules_rule(rules, 0)->text, "allow cn=\"a  b\" path=/b,\"/c d\" method=GET user=x label=l");
    cr_expect_str_eq(rules_rule(rules, 0)->when, "path=/b,\"/c d\" method=GET");
    cr_expect(strstr(rules_rule(rules, 0)->name, "access.rules:3 (l)") != NULL);
    cr_expect(rules_rule(rules, 0)->allow);
    cr_expect_not(rules_rule(rules, 1)->allow);
    cr_expect_str_eq(rules_rule(rules, 1)->when, "");
    cr_expect_eq(rules_count_of(rules, "allow"), 1);
    cr_expect_eq(rules_count_of(rules, "deny"), 1);
    cr_expect_eq(rules_count_of(rules, "group"), 1);
    cr_expect_eq(rules_count_of(rules, "map"), 1);
    cr_expect_eq(rules_count_of(rules, "issuer"), 1);
    cr_expect_eq(rules_count_of(rules, "rule"), 0);
    cr_expect_not(rules_concerns(rules, 0, &put));
    cr_expect(rules_concerns(rules, 0, &get));
    cr_expect(rules_concerns(rules, 0, &path));
    cr_expect_not(rules_concerns(rules, 0, &other));
    cr_expect(rules_concerns(rules, 0, &none));
    cr_expect(rules_concerns(rules, 1, &put));
    rules_release(rules);
}

Test(rules, revocation_comes_from_the_verdict)
{
    static const struct {
        enum verdict_revocation revocation;
        enum verdict_ocsp ocsp;
        bool good;
        time_t this_update;
    } rows[] = {
        {REVOCATION_NOT_CHECKED, VERDICT_OCSP_NOT_ASKED, false, 0},
        {REVOCATION_UNKNOWN, VERDICT_OCSP_UNKNOWN, false, 0},
        {REVOCATION_GOOD, VERDICT_OCSP_NOT_ASKED, true, 10},
        {REVOCATION_GOOD, VERDICT_OCSP_GOOD, true, 20},
        {REVOCATION_NOT_CHECKED, VERDICT_OCSP_GOOD, true, 20},
        {REVOCATION_UNKNOWN, VERDICT_OCSP_GOOD, true, 20},
    };
    struct rules_request request = {.method = "GET"};
    size_t i;

    const struct verdict older = {.revocation = REVOCATION_GOOD,
        .ocsp = VERDICT_OCSP_GOOD,
        .crl_this_update = 30,
        .ocsp_this_update = 20};

    rules_request_set_revocation(&request, &older);
    cr_expect_eq(request.revocation_this_update, 30);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct verdict verdict = {.revocation = rows[i].revocation,
            .ocsp = rows[i].ocsp,
            .crl_this_update = 10,
            .ocsp_this_update = 20};

        rules_request_set_revocation(&request, &verdict);
        cr_expect_eq(request.revocation_good, rows[i].good, "row %zu", i);
        cr_expect_eq(request.revocation_this_update, rows[i].this_update, "row %zu", i);
    }
}

Test(rules, they_are_there_until_the_last_user_gives_them_back)
{
    struct rules *rules = world_rules("allow any user=x", NULL, NULL);
    struct rules *next = world_rules("allow any user=x", NULL, NULL);

    cr_assert(rules != NULL && next != NULL);
    cr_expect_eq(rules_retain(rules), rules);
    rules_release(rules);
    cr_expect_eq(rules_count(rules), 1);
    cr_expect_gt(rules_number(next), rules_number(rules), "each has a number of its own");
    cr_expect_geq(rules_loaded_at(next), rules_loaded_at(rules));
    cr_expect_not(rules_explain_to_clients(rules));
    rules_release(rules);
    rules_release(next);
    rules_release(NULL);
}

Test(rules, the_first_line_that_asks_for_revocation_is_known)
{
    struct rules *with = world_rules(
        "deny any path=/x\nallow any user=x revocation=checked\nallow any user=x revocation=24h",
        NULL, NULL);
    struct rules *without = world_rules("deny any", NULL, NULL);

    cr_assert(with != NULL && without != NULL);
    cr_expect_eq(rules_revocation_line(with), 2);
    cr_expect_eq(rules_revocation_line(without), 0);
    rules_release(with);
    rules_release(without);
}

Test(rules, each_reason_has_its_name)
{
    static const char *const names[RULES_REASON_COUNT] = {
        "rule", "no_rule", "ambiguous_path", "no_user_name", "revocation_old"};
    int reason;

    for (reason = 0; reason < RULES_REASON_COUNT; reason++)
        cr_expect_str_eq(rules_reason_name((enum rules_reason)reason), names[reason]);
}
