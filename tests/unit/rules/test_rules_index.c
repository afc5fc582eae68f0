/* SPDX-License-Identifier: ISC */
#include "rules/rules_resolve.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(rules_index, .init = rules_world_make, .fini = rules_world_free);

Test(rules_index, what_a_rule_asks_is_written_so_that_it_can_be_read_again)
{
    struct rules *rules =
        world_rules("deny any path=\"/a\\\"b\",/c,\"/d,e\",\"/f#\"  ", NULL, NULL);

    cr_assert_null(rules, "a path has no #");
    rules = world_rules("deny\tany path=\"/a\\\"b\",/c,\"/d,e\" \t ", NULL, NULL);
    cr_assert_not_null(rules);
    cr_expect_str_eq(rules_rule(rules, 0)->when, "path=\"/a\\\"b\",/c,\"/d,e\"");
    cr_expect_str_eq(rules_rule(rules, 0)->text, "deny any path=\"/a\\\"b\",/c,\"/d,e\"");
    rules_release(rules);
}

/* By its number a value is found in the sorted list, and equal ones are one. */
Test(rules_index, equal_identities_have_one_number_and_stand_in_their_order)
{
    struct rules *rules = world_rules(ACME
        "allow email=b@a.example user=x\nallow email=c@a.example,b@A.example user=x\n"
        "group g email=b@a.example\nallow ip=192.0.2.0/24,192.0.2.0,2001:db8::1 user=x\n"
        "allow ip=192.0.2.0/24 cn=Dan user=x\ndeny cn=dan,Eve",
        NULL, NULL);
    size_t i;

    cr_assert_not_null(rules);
    cr_expect_eq(rules->identity_count, 7, "%zu", rules->identity_count);
    for (i = 0; i < rules->identity_count; i++) {
        cr_expect_eq(rules->identities[i]->id, i);
        cr_expect(i == 0 ||
                  rules_compare_identities(&rules->identities[i - 1], &rules->identities[i]) < 0);
    }
    cr_expect_eq(rules->identity_keys, KEY_BIT(KEY_EMAIL) | KEY_BIT(KEY_IP) | KEY_BIT(KEY_CN));
    rules_release(rules);
}

/* $KEY needs names that no line asks about. */
Test(rules_index, a_key_that_gives_a_user_name_is_needed)
{
    struct rules *rules = world_rules("allow any user=$uid", NULL, NULL);

    cr_assert_not_null(rules);
    cr_expect_eq(rules->identity_count, 0);
    cr_expect_eq(rules->identity_keys, KEY_BIT(KEY_UID));
    rules_release(rules);
}

/* Each pair of host and path; a rule without either, or with too many, is looked at always. */
Test(rules_index, rules_stand_by_host_and_path)
{
    struct rules *rules = world_rules("deny any host=a,b path=/x,/y/\n"
                                      "deny any host=a\n"
                                      "deny any\n"
                                      "deny any host=a,b,c,d,e path=/1,/2,/3,/4",
        NULL, NULL);
    size_t i, of_rule[4] = {0};

    cr_assert_not_null(rules);
    for (i = 0; i < rules->place_count; i++) {
        const struct rules_place *place = &rules->places[i], *before = place - 1;

        of_rule[place->rule]++;
        if (i > 0) {
            int order = rules_compare_values(before->host, place->host);

            order = order != 0 ? order : rules_compare_values(before->path, place->path);
            cr_expect(order < 0 || (order == 0 && before->rule < place->rule), "place %zu", i);
        }
        if (place->rule >= 2)
            cr_expect(place->host == NULL && place->path == NULL, "rule %u", place->rule);
    }
    cr_expect_eq(of_rule[0], 4);
    cr_expect_eq(of_rule[1], 1);
    cr_expect_eq(of_rule[2], 1);
    cr_expect_eq(of_rule[3], 1);
    rules_release(rules);
}
