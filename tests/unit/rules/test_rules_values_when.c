/* SPDX-License-Identifier: ISC */
#include "rules/rules_values.h"
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>
#include <string.h>

Test(rules_values_when, what_means_nothing_is_refused, .init = rules_world_make,
    .fini = rules_world_free)
{
    static const char *const terms[] = {"days=mo", "days=mond", "days=mon-frid", "days=xyz",
        "method=\"\x5e\"", "method=A{", "hours=0a:00-10:00", "hours=09:00_10:00",
        "hours=09x00-10:00", "hours=09:00-10x00", "revocation=0d", "revocation=h", "host=*.",
        "host=*.*.a", "host=a:80", "host=a.", "host=*", "host=a.*.b", "host=a/b", "host=-.",
        "host=a..b", "path=a", "path=/a/*", "path=/a/../b", "path=/a?b", "path=/a;b", "path=/a%3bb",
        "path=/a%3Bb/", "path=/%2541", "host=*.[::1]", "path=/100%", "path=/%5c",
        "path=\"/a\\\\b\"", "path=/%00", "path=https://h/", "method=get", "method=G@T",
        "since=tomorrow", "since=2026-02-30", "until=@1", "until=31.12.2026", "hours=9-17",
        "hours=09:00", "hours=09:00-09:00", "hours=24:00-05:00", "hours=09:60-10:00",
        "hours=09:00-25:00", "hours=09:00-24:01", "hours=09:00-10:00x", "days=monday", "days=mon-",
        "days=-fri", "days=mon-fri-sat", "days=1", "revocation=24", "revocation=0h",
        "revocation=-1h", "revocation=24m", "revocation=fresh", "revocation=999999h"};

    expect_terms_refused(terms, sizeof(terms) / sizeof(terms[0]));
}

/* Reads one that means something. */
static struct rules_value read_value(struct rules *rules, enum rules_key key, const char *word)
{
    struct rules_value value = {.word = word, .key = key};
    struct error error = {.kind = ERROR_NONE};

    cr_assert(rules_value_read_when(rules, key, &value, &error), "%s: %s", word, error.text);
    return value;
}

Test(rules_values_when, a_path_of_dots_is_refused_where_it_is_read)
{
    struct rules rules = {.number = 1};
    struct rules_value value = {.word = "/a/../b", .key = KEY_PATH};
    struct error error = {.kind = ERROR_NONE};

    cr_expect_not(rules_value_read_when(&rules, KEY_PATH, &value, &error));
    cr_expect_not_null(strstr(error.text, "without segments of dots"), "%s", error.text);
    rules_arena_free(&rules.arena);
}

Test(rules_values_when, hosts_and_paths_are_kept_as_they_are_compared)
{
    static const struct {
        enum rules_key key;
        const char *word, *bytes;
        enum rules_form form;
    } rows[] = {
        {KEY_HOST, "Wiki.Acme.Example", "wiki.acme.example", FORM_EXACT},
        {KEY_HOST, "*.Acme.Example", "acme.example", FORM_DOMAIN},
        {KEY_HOST, "[2001:DB8:0::1]", "[2001:db8::1]", FORM_EXACT},
        {KEY_PATH, "/a", "/a", FORM_EXACT},
        {KEY_PATH, "/a/b/", "/a/b", FORM_FOLDER},
        {KEY_PATH, "/", "", FORM_FOLDER},
        {KEY_PATH, "/%61%25", "/a%", FORM_EXACT},
        {KEY_METHOD, "M-SEARCH", "M-SEARCH", FORM_EXACT},
    };
    struct rules rules = {.number = 1};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules_value value = read_value(&rules, rows[i].key, rows[i].word);

        cr_expect_eq(value.form, rows[i].form, "%s: form %d", rows[i].word, value.form);
        cr_assert_eq(value.bytes.length, strlen(rows[i].bytes), "%s: %zu bytes", rows[i].word,
            value.bytes.length);
        cr_expect_eq(
            memcmp(value.bytes.data, rows[i].bytes, value.bytes.length), 0, "%s", rows[i].word);
    }
    cr_expect(rules.has_host);
    cr_expect(rules.has_path);
    cr_expect_eq(rules.path_depth, 2, "the deepest folder has %zu", rules.path_depth);
    rules_arena_free(&rules.arena);
}

/* since= is the begin of its day, until= its end. */
Test(rules_values_when, times_and_ages_are_kept_as_numbers)
{
    static const struct {
        enum rules_key key;
        const char *word;
        int64_t low, high;
    } rows[] = {
        {KEY_SINCE, "1970-01-02", 86400, 0},
        {KEY_UNTIL, "1970-01-02", 172800, 0},
        {KEY_SINCE, "1970-01-01T00:01:00Z", 60, 0},
        {KEY_UNTIL, "1970-01-01T00:01:00Z", 61, 0},
        {KEY_HOURS, "22:00-05:30", 1320, 330},
        {KEY_HOURS, "00:00-24:00", 0, 1440},
        {KEY_DAYS, "sun", 1, 0},
        {KEY_DAYS, "Mon-fri", 0x3E, 0},
        {KEY_DAYS, "sat-mon", 0x43, 0},
        {KEY_DAYS, "mon-sun", 0x7F, 0},
        {KEY_REVOCATION, "checked", 0, 0},
        {KEY_REVOCATION, "24h", 0, 86400},
        {KEY_REVOCATION, "7d", 0, 604800},
    };
    struct rules rules = {.number = 1};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rules_value value = read_value(&rules, rows[i].key, rows[i].word);

        cr_expect_eq(value.low, rows[i].low, "%s: low is %ld", rows[i].word, (long)value.low);
        cr_expect_eq(value.high, rows[i].high, "%s: high is %ld", rows[i].word, (long)value.high);
    }
    rules_arena_free(&rules.arena);
}
