/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(rules_resolve, .init = rules_world_make, .fini = rules_world_free);

Test(rules_resolve, what_is_not_defined_or_has_no_meaning_is_named_with_its_line)
{
    static const struct refusal refusals[] = {
        {"group ops any\nallow group=opps", ":2: group 'opps' is not defined (groups: ops); did "
                                            "you mean 'ops'?"},
        {"allow group=ops user=x", ":1: group 'ops' is not defined (groups: none)"},
        {"allow any user=map:m", ":1: map 'm' is not defined (maps: none)"},
        {ACME "allow issuer=acne user=x",
            ":2: issuer 'acne' is not defined (issuers: acme); did you mean 'acme'?"},
        {TWO_ISSUERS "allow email=eve@acme.example",
            ":3: email= without issuer=, and this file has 2 issuers"},
        {"allow cn=x", ":1: cn= without issuer=, and this file has no issuer line"},
        {TWO_ISSUERS "allow serial=1", ":3: serial= without issuer=, and this file has 2 issuers"},
        {TWO_ISSUERS "allow policy=1.2 user=x", ":3: policy= without issuer=*"},
        {TWO_ISSUERS "group g ou=x\nallow group=g", ":3: ou= without issuer=*"},
        {TWO_ISSUERS "map g ou=x user=y", ":3: ou= without issuer=*"},
        {"allow any", ":1: 'any' names nobody: say user="},
        {ACME "allow issuer=acme", ":2: this line names nobody: say user="},
        {ACME "allow policy=1.2.3", ":2: this line names nobody: say user="},
        {ACME "group g issuer=acme\nallow group=g",
            ":3: group 'g' has a line that names nobody: say user="},
        {ACME "group g cn=x\ngroup g any\nallow group=g",
            ":4: group 'g' has a line that names nobody: say user="},
        {ACME "group g any\ngroup h group=g\nallow group=h",
            ":4: group 'h' has a line that names nobody: say user="},
        {ACME "group a cn=x\ngroup b any\nallow group=a,b",
            ":4: group 'b' has a line that names nobody: say user="},
        {"allow group=g9 user=x\ngroup a any\ngroup b any\ngroup c any\ngroup d any\ngroup e any\n"
         "group f any\ngroup h any\ngroup i any\ngroup j any",
            ":1: group 'g9' is not defined (groups: a, b, c, d, e, f, h, i, ...)*"},
        {"allow group=g9 user=x\ngroup a any\ngroup b any\ngroup c any\ngroup d any\ngroup e any\n"
         "group f any\ngroup h any\ngroup i any",
            ":1: group 'g9' is not defined (groups: a, b, c, d, e, f, h, i)*"},
        {"allow any user=x since=2026-12-31T12:00:00Z until=2026-12-31T11:59:59Z",
            ":1: until= is before since="},
        {"group a group=a", ":1: group 'a' is part of itself"},
        {"group a group=b\ngroup b group=c\ngroup c group=a", ":1: group 'a' is part of itself"},
        {"allow any user=x since=2026-12-31 until=2026-12-30", ":1: until= is before since="},
        {"allow any user=*", ":1: user=* needs one key of which every value has a `*`*"},
        {ACME "allow email=a@b.c user=*", ":2: user=* needs one key*"},
        {ACME "allow email=*@b.c,a@b.c user=*", ":2: user=* needs one key*"},
        {ACME "allow email=*@b.c dns=*.b.c user=*", ":2: user=* needs one key*"},
        {ACME "allow ip=192.0.2.0/24 user=*", ":2: user=* needs one key*"},
    };

    REFUSED(refusals);
}

/* A chain of groups, each of which is the next one; named so that the first or the last one is
 * looked at first. */
static void expect_chain(size_t count, bool from_the_end, const char *wanted)
{
    char text[2048];
    size_t i, length = 0;

    for (i = 1; i < count; i++)
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "group g%02zu group=g%02zu\n",
                from_the_end ? count - i : i, from_the_end ? count - i - 1 : i + 1);
    (void)snprintf(
        text + length, sizeof(text) - length, "group g%02zu any", from_the_end ? 0 : count);
    expect_rules_taken_or(text, wanted);
}

/* Whatever their names are. */
Test(rules_resolve, groups_within_groups_have_a_limit)
{
    expect_chain(32, false, NULL);
    expect_chain(33, false, ":33: groups within groups: more than 32");
    expect_chain(32, true, NULL);
    expect_chain(33, true, ":1: groups within groups: more than 32");
}

Test(rules_resolve, a_group_has_one_level_more_than_the_deepest_of_its_groups)
{
    char text[2048];
    size_t i, length = 0;

    for (i = 2; i < 32; i++)
        length += (size_t)snprintf(
            text + length, sizeof(text) - length, "group g%02zu group=g%02zu,g32\n", i, i + 1);
    (void)snprintf(text + length, sizeof(text) - length, "group g32 any\ngroup g01 group=g02,g32");
    expect_rules_taken_or(text, NULL);
    (void)strcat(text, "\ngroup g00 group=g01,g32");
    expect_rules_taken_or(text, ":31: groups within groups: more than 32");
}
