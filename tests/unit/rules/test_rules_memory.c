/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "certificate/alloc_watch.h"
#include "rules/rules_current.h"
#include "unit/base/leaks.h"
#include "unit/base/memory_fault.h"
#include "unit/rules/rules_memory_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Allocations of loading and deciding fail, one at a time: never another decision, nothing lost,
 * and told as memory. */
TestSuite(rules_memory, .init = rules_world_make, .fini = rules_world_free, .timeout = 300);

/* The decisions of several certificates about several requests. */
static void append_decisions(struct text *text, const struct rules *rules)
{
    static const char *const who[] = {"eve", "dan", "two", "sensor", "multi", "mallory"};
    static const char *const asked[] = {"GET wiki.acme.example /a/x", "GET h /dn/", "GET h /cn/",
        "GET h /upn/", "GET h /sensor", "GET h /sha256/ from=192.0.2.1", "GET h /spki/ good",
        "GET h /any/", "GET h /policy/x", "GET h /der/"};
    size_t i, j;

    for (i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        for (j = 0; j < sizeof(asked) / sizeof(asked[0]); j++) {
            char words[700];

            world_decide(rules, who[i], asked[j], words);
            text_printf(text, "%s %s: %s\n", who[i], asked[j], words);
        }
    }
}

static void append_list(struct text *text, const struct list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        text_printf(text, "%s\n", list->items[i]);
}

/* Everything that came of loading, in one text. */
static char *flatten(const struct rules *rules, const struct list *warnings)
{
    struct text text = {.limit = 0};
    size_t i;

    append_list(&text, warnings);
    for (i = 0; i < rules_count(rules); i++)
        text_printf(&text, "%s|%s|%s\n", rules_rule(rules, i)->name, rules_rule(rules, i)->text,
            rules_rule(rules, i)->when);
    append_decisions(&text, rules);
    return text_take(&text);
}

struct loaded {
    struct rules *rules;
    struct list warnings;
    struct error error;
};

static struct loaded load(const char *path)
{
    struct loaded loaded = {.error = {.kind = ERROR_NONE}};

    loaded.rules = rules_load(path, world_trust, &loaded.warnings, &loaded.error);
    return loaded;
}

static void loaded_free(struct loaded *loaded)
{
    rules_release(loaded->rules);
    list_free(&loaded->warnings);
}

/* What one failure came to: all of it, or nothing and why. Returns whether it was nothing. */
static bool expect_all_or_nothing(
    struct loaded *loaded, const char *wanted, unsigned long nth, bool and_after)
{
    const bool nothing = loaded->rules == NULL;
    char *came;

    if (nothing) {
        expect_memory_error(&loaded->error, nth);
    } else {
        cr_expect_eq(loaded->error.kind, ERROR_NONE, "allocation %lu: %s", nth, loaded->error.text);
        came = flatten(loaded->rules, &loaded->warnings);
        cr_expect_str_eq(came, wanted, "allocation %lu%s", nth, and_after ? " and all after" : "");
        free(came);
    }
    loaded_free(loaded);
    return nothing;
}

static void torture_loading(const char *text, unsigned long least, bool and_after)
{
    char *path = pki_write_text(world_dir, "access.rules", text), *wanted;
    struct loaded loaded = load(path);
    unsigned long nth, count, refused = 0;

    cr_assert_not_null(loaded.rules, "%s", loaded.error.text);
    wanted = flatten(loaded.rules, &loaded.warnings);
    loaded_free(&loaded);
    memory_fault_at(0, false);
    loaded = load(path);
    count = memory_fault_count();
    loaded_free(&loaded);
    cr_assert_gt(count, least, "the allocations are not seen");
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        memory_fault_at(nth, and_after);
        loaded = load(path);
        memory_fault_at(0, false);
        ERR_clear_error();
        refused += expect_all_or_nothing(&loaded, wanted, nth, and_after);
    }
    cr_expect_gt(refused, least / 2 / memory_fault_step(), "nothing failed");
    expect_no_leak("loading");
    free(wanted);
    free(path);
}

/* Of one issuer, which is meant wherever none is named. */
static const char one_issuer[] = "issuer acme acme.cer\ngroup ops ou=Ops\nallow group=ops\n"
                                 "map m email=*@acme.example user=*\n"
                                 "allow cn=\"Eve Example\" user=map:m\n";

Test(rules_memory, rules_are_loaded_whole_or_told_as_out_of_memory)
{
    char *text = text_of_every_key();

    torture_loading(text, 500, false);
    torture_loading(one_issuer, 50, false);
    free(text);
}

Test(rules_memory, rules_are_loaded_whole_or_told_as_out_of_memory_when_all_fails_from_then_on)
{
    char *text = text_of_every_key();

    torture_loading(text, 500, true);
    torture_loading(one_issuer, 50, true);
    free(text);
}

/* The warnings are part of what was loaded. */
static void torture_warnings(const char *odd)
{
    unsigned long nth, count;
    struct list warnings = {.count = 0};

    memory_fault_at(0, false);
    rules_release(world_rules(odd, &warnings, NULL));
    count = memory_fault_count();
    cr_expect_eq(warnings.count, 1);
    for (nth = 3; nth <= count; nth += memory_fault_step()) {
        struct error error = {.kind = ERROR_NONE};
        struct rules *rules;

        list_free(&warnings);
        memory_fault_at(nth, false);
        rules = world_rules(odd, &warnings, &error);
        memory_fault_at(0, false);
        ERR_clear_error();
        if (rules == NULL)
            expect_memory_error(&error, nth);
        else
            cr_expect_eq(warnings.count, 1, "allocation %lu", nth);
        rules_release(rules);
    }
    list_free(&warnings);
    expect_no_leak("warnings");
}

Test(rules_memory, a_warning_is_told_or_nothing_is_loaded)
{
    torture_warnings("deny any");
    torture_warnings("deny any path=/a\nallow any user=x");
}

/* What is wrong with a file is said, or that memory ran out; the file is never taken. */
Test(rules_memory, a_bad_file_stays_bad)
{
    static const char *const texts[] = {"issuer acme acme.cer\nallow emial=a@b\n",
        "issuer acme acme.cer\ngroup ops ou=Ops\nallow group=opps\n",
        "issuer acme acme.cer\nallow cn=x user=map:people\n", "issuer acme missing.cer\n",
        "issuer acme other.cer\n", "issuer acme acme.cer\nallow issuer=acne user=x\n",
        "issuer acme acme.cer\nallow policy=1.2.x user=x\n",
        "issuer acme acme.cer\nallow dn=\"XYZZY=a\" user=x\n",
        "issuer acme acme.cer\nallow dn=\"CN=#0500\" user=x\n", "allow any user=x hours=25:00-x\n"};
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct error wanted = {.kind = ERROR_NONE}, error;
        unsigned long nth, count;

        cr_assert_null(world_rules(texts[i], NULL, &wanted), "%s", texts[i]);
        memory_fault_at(0, false);
        cr_assert_null(world_rules(texts[i], NULL, &error));
        count = memory_fault_count();
        /* The first are world_rules' own. */
        for (nth = 3; nth <= count; nth += memory_fault_step()) {
            memory_fault_at(nth, false);
            error = (struct error){.kind = ERROR_NONE};
            cr_expect_null(world_rules(texts[i], NULL, &error), "%s", texts[i]);
            memory_fault_at(0, false);
            ERR_clear_error();
            if (error.kind == ERROR_MEMORY)
                expect_memory_error(&error, nth);
            else
                cr_expect_eq(error.kind, wanted.kind, "%s: %s", texts[i], error.text);
        }
    }
    expect_no_leak("a bad file");
}

static struct rules_current *current_of(const char *path)
{
    struct rules_current *current = rules_current_new(path);

    cr_assert_not_null(current);
    cr_assert_eq(rules_current_reload(current, world_trust, NULL, NULL), RULES_CHANGED);
    return current;
}

/* The rules in force stay, and the next look tries again though the file is as it was. */
Test(rules_memory, a_reload_without_memory_keeps_the_rules_and_is_tried_again)
{
    char *path = pki_write_text(
        world_dir, "access.rules", "issuer acme acme.cer\nallow cn=\"Eve Example\" user=one\n");
    struct rules_current *current = current_of(path);
    struct rules *before = rules_current_get(current), *now = NULL;
    struct error error = {.kind = ERROR_NONE};
    unsigned long nth, count;
    int and_after;

    memory_fault_at(0, false);
    cr_assert_eq(rules_current_reload(current, world_trust, NULL, &error), RULES_CHANGED);
    count = memory_fault_count();
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        for (and_after = 0; and_after < 2; and_after++) {
            enum rules_change change;

            rules_release(before);
            before = rules_current_get(current);
            memory_fault_at(nth, and_after != 0);
            change = rules_current_reload(current, world_trust, NULL, &error);
            memory_fault_at(0, false);
            ERR_clear_error();
            now = rules_current_get(current);
            if (change == RULES_KEPT) {
                expect_memory_error(&error, nth);
                cr_expect_eq(now, before, "allocation %lu", nth);
                cr_expect_eq(rules_current_look(current, world_trust, 1, NULL, &error),
                    RULES_CHANGED, "allocation %lu", nth);
            } else {
                cr_expect_eq(change, RULES_CHANGED);
            }
            rules_release(now);
        }
    }
    rules_release(before);
    rules_current_free(current);
    free(path);
    expect_no_leak("a reload");
}

Test(rules_memory, nothing_is_made_without_memory)
{
    unsigned long nth;

    for (nth = 1; nth <= 3; nth++) {
        memory_fault_at(nth, false);
        cr_expect_null(rules_current_new("x"));
        memory_fault_at(0, false);
    }
    expect_no_leak("rules that were not made");
}
