/* SPDX-License-Identifier: ISC */
#include "rules/rules_line.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(rules_line, .init = rules_world_make, .fini = rules_world_free);

Test(rules_line, each_mistake_is_named_with_its_line)
{
    static const struct refusal refusals[] = {
        {"alow any", ":1: 'alow' is no kind of line; did you mean 'allow'?"},
        {"\n# x\nrule any", ":3: 'rule' is no kind of line*"},
        {"allow=any", ":1: 'allow' is no kind of line*"},
        {ACME "allow emial=eve@acme.example", ":2: 'emial' is no key; did you mean 'email'?"},
        {"allow any usr=x", ":1: 'usr' is no key; did you mean 'user'?"},
        {"allow any xyzzy=x", ":1: 'xyzzy' is no key"},
        {"allow any path=/a path=/b", ":1: path= twice; write a comma"},
        {"allow any user=x user=y", ":1: user= twice"},
        {"allow any any user=x", ":1: 'any' twice"},
        {"allow user=x", ":1: names nobody: say who is meant, or 'any'"},
        {"deny path=/", ":1: names nobody: say who is meant, or 'any'"},
        {ACME "deny any cn=x", ":2: 'any' cannot stand beside another key of identity"},
        {"deny any user=x", ":1: user= is no part of a deny line"},
        {"group g any path=/", ":1: path= is no part of a group line"},
        {"group g any user=x", ":1: user= is no part of a group line"},
        {"map m any label=x user=y", ":1: label= is no part of a map line"},
        {"map m any", ":1: a map line needs user="},
        {"map m any user=map:m", ":1: a map cannot refer to a map"},
        {"issuer acme", ":1: a value is missing after 'issuer acme'"},
        {"issuer", ":1: 'issuer' must be followed by a name*"},
        {"issuer a/b acme.cer", ":1: 'issuer' must be followed by a name*"},
        {"allow any user=$sha", ":1: 'sha' is no key that names somebody*"},
        {"allow any aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg=x",
            ":1: 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg' is no key"},
        {"group aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg any",
            ":1: 'group' must be followed by a name*"},
        {"issuer acme \"\"", ":1: a value is missing after 'issuer acme'"},
        {"issuer acme=x acme.cer", ":1: 'issuer' must be followed by a name*"},
        {"group", ":1: 'group' must be followed by a name*"},
        {"map", ":1: 'map' must be followed by a name*"},
        {"issuer acme acme.cer more", ":1: 'more' is too much on this line"},
        {"set", ":1: 'set' must be followed by a name*"},
        {"set encoded-slsh literal",
            ":1: 'encoded-slsh' is no setting; did you mean 'encoded-slash'?"},
        {"set explain all", ":1: set explain: the one value is 'full'"},
        {"set explain full\nset explain full", ":2: set explain twice"},
        {"allow any user=x since=2026-12-31,2026-12-30", ":1: since= takes one value"},
        {"allow any user=x,y", ":1: user= takes one value"},
        {"allow somebody user=x", ":1: 'somebody' is no key=value"},
        {"allow any user=a*", ":1: user=: `*` stands alone"},
        {"allow any user=$nobody", ":1: 'nobody' is no key that names somebody"},
        {"allow any user=$issuer", ":1: 'issuer' is no key that names somebody*"},
        {"allow any user=$policy", ":1: 'policy' is no key that names somebody*"},
        {"allow any user=$host", ":1: 'host' is no key that names somebody*"},
        {"allow any user=map:", ":1: user=map: names no map"},
        {ACME "allow CN=x", ":2: 'CN' is no key; did you mean 'cn'?"},
        {"ALLOW any user=x", ":1: 'ALLOW' is no kind of line; did you mean 'allow'?"},
        {"allow any user=$CN", ":1: 'CN' is no key that names somebody; did you mean 'cn'?"},
        {"allow any user=$mail", ":1: 'mail' is no key that names somebody; did you mean 'email'?"},
        {"allow any user=$hosts", ":1: 'hosts' is no key that names somebody"},
        {"allow any user=x path!=/a/",
            ":1: 'path!' is no key: there is no negation, write a deny line above"},
        {ACME "allow cn = Dan", ":2: 'cn' is no key=value (no spaces beside = and commas)"},
        {"allow * user=x", ":1: '*' is no key=value: everybody is `any`"},
        {"allow any \\", ":1: '\\' is no key=value: a rule is one line"},
    };

    REFUSED(refusals);
}

/* Rules with room for one line, which is read. */
static struct rules *read_line(const char *text, struct rules_line *room, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};
    struct rules *rules = world_rules("", NULL, &inner);

    cr_assert_not_null(rules, "%s", inner.text);
    rules->lines = room;
    cr_assert_eq(rules->line_count, 0);
    if (rules_line_read(rules, text, 7, error))
        return rules;
    rules_release(rules);
    return NULL;
}

/* The same of a line that is right. */
static struct rules *read_right_line(const char *text, struct rules_line *room)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    memset(room, 0, sizeof(*room));
    rules = read_line(text, room, &error);
    cr_assert_not_null(rules, "'%s': %s", text, error.text);
    return rules;
}

Test(rules_line, nothing_is_appended_for_an_empty_line_or_a_comment)
{
    static const char *const rows[] = {"", " ", " \t ", "#", "  # allow any"};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules_line line;
        struct rules *rules = read_right_line(rows[i], &line);

        cr_expect_eq(rules->line_count, 0, "'%s'", rows[i]);
        rules_release(rules);
    }
}

/* The text without comment, with one space between words; what is in quotes stays. */
Test(rules_line, its_text_is_kept)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"allow any user=x", "allow any user=x"},
        {"  allow\t any  \tuser=x \t# why", "allow any user=x"},
        {"deny any path=\"/a  b\"   label=x", "deny any path=\"/a  b\" label=x"},
        {"deny cn=\"a#b\"  # c", "deny cn=\"a#b\""},
        {"deny any path=\"/a\\\"  b\"   label=x", "deny any path=\"/a\\\"  b\" label=x"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules_line line;
        struct rules *rules = read_right_line(rows[i].line, &line);

        cr_expect_eq(rules->line_count, 1);
        cr_expect_eq(line.number, 7);
        cr_expect_str_eq(line.text, rows[i].text);
        rules_release(rules);
    }
}

Test(rules_line, its_terms_stand_in_the_order_of_the_keys_those_of_identity_first)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules_line line = {.number = 0};
    struct rules *rules =
        read_line("allow path=/a,/b cn=Dan label=l email=a@b.example method=GET user=$cn issuer=i",
            &line, &error);

    cr_assert_not_null(rules, "%s", error.text);
    cr_expect_eq(line.kind, LINE_ALLOW);
    cr_expect_eq(line.term_count, 5);
    cr_expect_eq(line.who_count, 3);
    cr_expect_eq(line.terms[0].key, KEY_ISSUER);
    cr_expect_eq(line.terms[1].key, KEY_EMAIL);
    cr_expect_eq(line.terms[2].key, KEY_CN);
    cr_expect_eq(line.terms[3].key, KEY_PATH);
    cr_expect_eq(line.terms[3].count, 2);
    cr_expect_eq(line.terms[4].key, KEY_METHOD);
    cr_expect_eq(rules_line_term(&line, KEY_PATH), &line.terms[3]);
    cr_expect_null(rules_line_term(&line, KEY_DN));
    cr_expect_str_eq(line.label, "l");
    cr_expect(line.user.kind == USER_KEY && line.user.key == KEY_CN);
    rules_release(rules);
}

Test(rules_line, what_gives_the_user_name_is_told_apart)
{
    static const struct {
        const char *line;
        enum rules_user_kind kind;
        const char *literal;
    } rows[] = {
        {"allow cn=x", USER_DEFAULT, NULL},
        {"allow any user=dan", USER_LITERAL, "dan"},
        {"allow any user=$email", USER_KEY, "$email"},
        {"allow any user=\"*\"", USER_STAR, "*"},
        {"allow any user=map:people", USER_MAP, "people"},
        {"allow any user=MAP:people", USER_LITERAL, "MAP:people"},
        {"allow any user=maps", USER_LITERAL, "maps"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules_line line;
        struct rules *rules = read_right_line(rows[i].line, &line);

        cr_expect_eq(line.user.kind, rows[i].kind, "%s", rows[i].line);
        if (rows[i].literal != NULL)
            cr_expect_str_eq(line.user.literal, rows[i].literal);
        rules_release(rules);
    }
}

Test(rules_line, a_setting_sets_its_own_field_alone)
{
    struct rules_line line;
    struct rules *rules = read_right_line("set double-slash literal", &line);

    cr_expect(rules->double_slash_literal);
    cr_expect(!rules->encoded_slash_literal && !rules->explain_full);
    rules_release(rules);
}

/* Who reads the error knows the line. */
Test(rules_line, an_error_does_not_name_the_line_itself)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules_line line = {.number = 0};

    cr_assert_null(read_line("alow any", &line, &error));
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_str_eq(error.text, "'alow' is no kind of line; did you mean 'allow'?");
}

Test(rules_line, clients_are_told_of_rules_when_the_file_says_so)
{
    static const char *const texts[] = {"allow any user=x\n", "set explain full\n"};
    size_t i;

    for (i = 0; i < 2; i++) {
        struct rules *rules = world_rules(texts[i], NULL, NULL);

        cr_assert_not_null(rules);
        cr_expect_eq(rules_explain_to_clients(rules), i == 1, "%s", texts[i]);
        rules_release(rules);
    }
}
