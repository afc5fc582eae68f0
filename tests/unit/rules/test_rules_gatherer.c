/* SPDX-License-Identifier: ISC */
#include "rules/rules_gatherer.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(rules_gatherer, .init = rules_world_make, .fini = rules_world_free);

#define MOST 8

/* A gatherer for rules about two mail addresses and a domain of them, and about one DNS name. */
struct scene {
    struct rules *rules;
    struct rules_subject subject;
    struct rules_name names[MOST];
    bool identities[MOST], doubted[MOST];
    uint32_t ids[MOST];
    struct rules_gatherer gatherer;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){
        .rules = world_rules(ACME
            "allow email=b@a.example,c@a.example user=x\nallow email=*@a.example user=$cn\n"
            "allow dns=d.example user=x",
            NULL, NULL)};
    cr_assert_not_null(scene->rules);
    cr_assert_eq(scene->rules->identity_count, 4);
    scene->subject.names = scene->names;
    scene->gatherer = (struct rules_gatherer){.rules = scene->rules,
        .subject = &scene->subject,
        .identities = scene->identities,
        .doubted = scene->doubted,
        .ids = scene->ids};
}

static void end(struct scene *scene)
{
    rules_arena_free(&scene->subject.arena);
    rules_release(scene->rules);
}

static void look_up(struct scene *scene, enum rules_key key, enum rules_form form, const char *name)
{
    rules_gatherer_look_up_bytes(&scene->gatherer, key, form, name, strlen(name));
}

static size_t count(const bool *ids)
{
    size_t i, found = 0;

    for (i = 0; i < MOST; i++)
        found += ids[i];
    return found;
}

Test(rules_gatherer, the_values_of_a_key_stand_together)
{
    struct scene scene;

    begin(&scene);
    cr_expect_eq(rules_gatherer_values(scene.rules, KEY_EMAIL).count, 3);
    cr_expect_eq(rules_gatherer_values(scene.rules, KEY_EMAIL).at[0]->key, KEY_EMAIL);
    cr_expect_eq(rules_gatherer_values(scene.rules, KEY_DNS).count, 1);
    cr_expect_eq(rules_gatherer_values(scene.rules, KEY_DNS).at[0]->key, KEY_DNS);
    cr_expect_eq(rules_gatherer_values(scene.rules, KEY_UPN).count, 0);
    cr_expect_eq(rules_gatherer_values(scene.rules, KEY_POLICY).count, 0);
    cr_expect(rules_gatherer_wants(&scene.gatherer, KEY_EMAIL));
    cr_expect(rules_gatherer_wants(&scene.gatherer, KEY_CN), "for the user name");
    cr_expect_not(rules_gatherer_wants(&scene.gatherer, KEY_URI));
    end(&scene);
}

Test(rules_gatherer, a_name_is_kept_with_the_values_that_it_meets)
{
    static const char name[] = "b@a.example";
    struct scene scene;

    begin(&scene);
    look_up(&scene, KEY_EMAIL, FORM_EXACT, name);
    look_up(&scene, KEY_EMAIL, FORM_DOMAIN, "a.example");
    look_up(&scene, KEY_EMAIL, FORM_DOMAIN, "b.example");
    look_up(&scene, KEY_DNS, FORM_EXACT, "a.example");
    cr_assert_eq(
        rules_gatherer_keep(&scene.gatherer, KEY_EMAIL, name, strlen(name), false), ERROR_NONE);
    cr_assert_eq(rules_gatherer_keep_exact(&scene.gatherer, KEY_DNS, "d.example"), ERROR_NONE);
    cr_expect_eq(count(scene.identities), 3);
    cr_expect_eq(count(scene.doubted), 0);
    cr_assert_eq(scene.subject.name_count, 2);
    cr_expect_eq(scene.names[0].met_count, 2);
    cr_expect_eq(scene.names[0].bytes.length, strlen(name));
    cr_expect_eq(memcmp(scene.names[0].bytes.data, name, strlen(name)), 0);
    cr_assert_eq(scene.names[1].met_count, 1, "what the first met does not count for the next");
    cr_expect_eq(scene.rules->identities[scene.names[1].met[0]]->key, KEY_DNS);
    end(&scene);
}

Test(rules_gatherer, what_is_met_in_doubt_is_noted_for_deny_lines_alone)
{
    struct scene scene;

    begin(&scene);
    scene.gatherer.in_doubt = true;
    look_up(&scene, KEY_EMAIL, FORM_EXACT, "c@a.example");
    cr_expect_eq(count(scene.identities), 0);
    cr_expect_eq(count(scene.doubted), 1);
    cr_expect_eq(scene.gatherer.id_count, 0);
    end(&scene);
}

Test(rules_gatherer, without_values_nothing_is_met)
{
    struct scene scene;

    begin(&scene);
    rules_release(scene.rules);
    scene.rules = world_rules("allow any user=$dns", NULL, NULL);
    scene.gatherer.rules = scene.rules;
    look_up(&scene, KEY_DNS, FORM_EXACT, "d.example");
    cr_expect_eq(count(scene.identities), 0);
    end(&scene);
}
