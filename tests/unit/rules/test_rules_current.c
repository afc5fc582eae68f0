/* SPDX-License-Identifier: ISC */
#include "rules/rules_current.h"
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path;
static struct rules_current *current;

static void set_up(void)
{
    rules_world_make();
    path = pki_write_text(world_dir, "access.rules", "allow any user=one\n");
    current = rules_current_new(path);
    cr_assert_not_null(current);
}

static void tear_down(void)
{
    rules_current_free(current);
    rules_current_free(NULL);
    free(path);
    rules_world_free();
}

TestSuite(rules_current, .init = set_up, .fini = tear_down);

static void replace(const char *name, const char *text)
{
    char *written = pki_write_text(world_dir, "new", text), target[512];

    (void)snprintf(target, sizeof(target), "%s/%s", world_dir, name);
    cr_assert_eq(rename(written, target), 0);
    free(written);
}

static enum rules_change look(int64_t now, struct error *error)
{
    return rules_current_look(current, world_trust, now, NULL, error);
}

static void expect_user(const char *wanted)
{
    struct rules *rules = rules_current_get(current);
    char words[700];

    cr_assert_not_null(rules);
    world_decide(rules, "eve", "GET h /", words);
    cr_expect_str_eq(words, wanted, "expected %s, came %s", wanted, words);
    rules_release(rules);
}

Test(rules_current, a_file_that_changes_is_loaded)
{
    struct rules *before, *after;
    struct error error = {.kind = ERROR_NONE};

    cr_expect_null(rules_current_get(current));
    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    before = rules_current_get(current);
    expect_user("yes 1 one");
    cr_expect_eq(look(1, &error), RULES_SAME);
    replace("access.rules", "allow any user=two\n");
    cr_expect_eq(look(2, &error), RULES_CHANGED);
    expect_user("yes 1 two");
    after = rules_current_get(current);
    cr_expect_neq(rules_number(after), rules_number(before));
    rules_release(before);
    rules_release(after);
    cr_expect_eq(look(3, &error), RULES_SAME);
}

Test(rules_current, a_broken_file_keeps_the_old_rules_and_is_told_at_once_and_each_hour)
{
    struct error error = {.kind = ERROR_NONE};

    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    replace("access.rules", "alow any\n");
    cr_expect_eq(look(1000, &error), RULES_KEPT);
    cr_expect(strstr(error.text, "access.rules:1: 'alow'") != NULL, "%s", error.text);
    expect_user("yes 1 one");
    cr_expect_eq(look(2000, &error), RULES_SAME);
    cr_expect_eq(look(3600999, &error), RULES_SAME);
    error.text[0] = '\0';
    cr_expect_eq(look(3601000, &error), RULES_KEPT);
    cr_expect(strstr(error.text, "access.rules:1: 'alow'") != NULL, "%s", error.text);
    cr_expect_eq(look(3602000, &error), RULES_SAME);
    replace("access.rules", "alow  any\n");
    cr_expect_eq(look(3603000, &error), RULES_SAME);
    replace("access.rules", "\nalow any\n");
    cr_expect_eq(look(3604000, &error), RULES_KEPT);
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(look(3605000, &error), RULES_KEPT);
    cr_expect(strstr(error.text, "No such file") != NULL, "%s", error.text);
    cr_expect_eq(look(3606000, &error), RULES_SAME);
    expect_user("yes 1 one");
    replace("access.rules", "allow any user=three\n");
    cr_expect_eq(look(3607000, &error), RULES_CHANGED);
    expect_user("yes 1 three");
    replace("access.rules", "\nalow any\n");
    cr_expect_eq(look(3608000, &error), RULES_KEPT);
}

Test(rules_current, a_refused_reload_is_not_told_twice)
{
    struct error error = {.kind = ERROR_NONE};

    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    replace("access.rules", "alow any\n");
    cr_expect_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_KEPT);
    cr_expect_eq(error.kind, ERROR_INPUT);
    cr_expect_eq(look(1000, &error), RULES_SAME);
    cr_expect_eq(look(2000, &error), RULES_SAME);
    cr_expect_eq(look(3601000, &error), RULES_KEPT);
    cr_expect_eq(rules_current_look(current, NULL, 3602000, NULL, &error), RULES_SAME);
    cr_expect_eq(rules_current_look(current, NULL, 7201000, NULL, &error), RULES_KEPT);
    cr_expect_eq(rules_current_look(current, NULL, 10801000, NULL, NULL), RULES_KEPT);
    replace("access.rules", "allow any user=two\n");
    cr_expect_eq(rules_current_look(current, NULL, 10802000, NULL, &error), RULES_SAME);
    expect_user("yes 1 one");
    cr_expect_eq(look(10803000, &error), RULES_CHANGED);
    expect_user("yes 1 two");
}

Test(rules_current, the_file_of_an_issuer_is_watched_too)
{
    struct error error = {.kind = ERROR_NONE};
    char *pem = pki_pem(world_ca("devices")->certificate);
    char *acme = pki_pem(world_ca("acme")->certificate);

    replace("ca.cer", acme);
    replace("access.rules", "issuer a ca.cer\nallow issuer=a user=x\n");
    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    expect_user("yes 2 x");
    cr_expect_eq(look(1, &error), RULES_SAME);
    replace("ca.cer", pem);
    cr_expect_eq(look(2, &error), RULES_CHANGED);
    expect_user("no no_rule");
    replace("ca.cer", "nothing");
    cr_expect_eq(look(3, &error), RULES_KEPT);
    replace("ca.cer", acme);
    cr_expect_eq(look(4, &error), RULES_CHANGED);
    expect_user("yes 2 x");
    free(pem);
    free(acme);
}

/* The rules name other files than before, as many or fewer. */
Test(rules_current, the_files_of_issuers_may_be_others_than_before)
{
    struct error error = {.kind = ERROR_NONE};
    char *pem = pki_pem(world_ca("acme")->certificate);

    replace("a.cer", pem);
    replace("b.cer", pem);
    replace("access.rules", "issuer a a.cer\nallow issuer=a user=x\n");
    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    cr_expect_eq(look(1, &error), RULES_SAME);
    replace("access.rules", "issuer a b.cer\nallow issuer=a user=x\n");
    cr_expect_eq(look(2, &error), RULES_CHANGED);
    cr_expect_eq(look(3, &error), RULES_SAME);
    replace("a.cer", "nothing");
    cr_expect_eq(look(4, &error), RULES_SAME);
    replace("b.cer", "nothing");
    cr_expect_eq(look(5, &error), RULES_KEPT);
    cr_expect_eq(rules_current_reload(current, world_trust, NULL, NULL), RULES_KEPT);
    replace("access.rules", "allow any user=y\n");
    cr_expect_eq(look(6, &error), RULES_CHANGED);
    expect_user("yes 1 y");
    replace("b.cer", pem);
    cr_expect_eq(look(7, &error), RULES_SAME);
    cr_expect_null(world_rules("issuer a missing.cer", NULL, NULL));
    free(pem);
}

Test(rules_current, a_file_is_tried_again_when_the_trust_is_another)
{
    struct error error = {.kind = ERROR_NONE};
    struct trust *old = world_trust;
    char *other = NULL;
    struct config config = {.ca = {&other, 1}};
    const struct trust_options options = trust_options_of(&config);

    cr_assert(asprintf(&other, "%s/other.cer", world_dir) > 0);
    replace("access.rules", "issuer o other.cer\nallow issuer=o user=x\n");
    cr_expect_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_KEPT);
    cr_expect_eq(look(1, &error), RULES_SAME);
    world_trust = trust_load(&options, &error);
    cr_assert_not_null(world_trust, "%s", error.text);
    cr_expect_eq(look(2, &error), RULES_CHANGED);
    cr_expect_eq(look(3, &error), RULES_SAME);
    trust_release(world_trust);
    world_trust = old;
    cr_expect_eq(rules_current_look(current, NULL, 4, NULL, &error), RULES_SAME);
    free(other);
}

/* `path=/` of `path=/wiki/`, for instance. */
Test(rules_current, a_file_that_may_be_cut_off_in_its_last_line_does_not_count)
{
    struct error error = {.kind = ERROR_NONE};

    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    replace("access.rules", "allow any user=two path=/wiki/\n# cut");
    cr_expect_eq(look(1000, &error), RULES_KEPT);
    cr_expect(strstr(error.text, "access.rules:2: the last line has no line break") != NULL, "%s",
        error.text);
    expect_user("yes 1 one");
    replace("access.rules", "");
    cr_expect_eq(look(2000, &error), RULES_CHANGED);
}

Test(rules_current, a_file_of_another_user_is_a_warning)
{
    struct list warnings = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = rules_load(path, world_trust, &warnings, &error);

    cr_assert_not_null(rules, "%s", error.text);
    rules_release(rules);
    cr_expect_eq(warnings.count, 0);
    if (geteuid() != 0) /* only root can give a file away */
        return;
    cr_assert_eq(chown(path, 65534, 65534), 0);
    rules = rules_load(path, world_trust, &warnings, &error);
    cr_assert_not_null(rules, "it is no error: %s", error.text);
    rules_release(rules);
    cr_assert_eq(warnings.count, 1);
    cr_expect(strstr(warnings.items[0], "belongs to another user (65534)") != NULL, "%s",
        warnings.items[0]);
    list_free(&warnings);
    rules = rules_load(path, world_trust, NULL, &error);
    cr_expect_not_null(
        rules, "whoever takes no warnings has the rules all the same: %s", error.text);
    rules_release(rules);
}

Test(rules_current, whoever_reads_it_a_file_of_root_is_no_warning)
{
    struct list warnings = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules;

    if (geteuid() != 0)
        return;
    cr_assert(chmod(path, 0444) == 0 && chmod(world_dir, 0755) == 0 && chdir(world_dir) == 0);
    cr_assert_eq(seteuid(65534), 0);
    rules = rules_load(strrchr(path, '/') + 1, world_trust, &warnings, &error);
    cr_assert_eq(seteuid(0), 0);
    cr_assert_not_null(rules, "%s", error.text);
    rules_release(rules);
    cr_expect_eq(warnings.count, 0, "%s", warnings.count > 0 ? warnings.items[0] : "");
    list_free(&warnings);
}

Test(rules_current, only_the_owner_may_write_the_file)
{
    static const mode_t modes[] = {0664, 0646, 0622};
    struct error error = {.kind = ERROR_NONE};
    size_t i;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        cr_assert_eq(chmod(path, modes[i]), 0);
        cr_expect_null(rules_load(path, world_trust, NULL, &error), "%o", (unsigned)modes[i]);
        cr_expect(strstr(error.text, "may write") != NULL, "%s", error.text);
        cr_expect_eq(error.kind, ERROR_FILE);
    }
    cr_assert_eq(chmod(path, 0444), 0);
    rules_release(rules_load(path, world_trust, NULL, &error));
    cr_expect_null(rules_load(world_dir, world_trust, NULL, &error));
    cr_expect_null(rules_load("/dev/null", world_trust, NULL, &error));
    cr_expect_null(rules_load("-", world_trust, NULL, &error));
    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    cr_assert_eq(chmod(path, 0664), 0);
    cr_expect_eq(look(1, &error), RULES_KEPT);
}
