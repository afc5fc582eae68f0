/* SPDX-License-Identifier: ISC */
#include "rules/request_path.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct request_path_options strict = {.encoded_slash_literal = false};

/* The ways around `deny path=/secret/`, and more of their kind. */
Test(request_path, what_could_be_understood_differently_is_ambiguous)
{
    static const char *const paths[] = {"", "*", "secret", "https://h/secret/x", "//secret/x",
        "/pub//secret", "/pub/../secret/x", "/pub/./secret", "/./secret", "/../secret", "/..", "/.",
        "/pub/..", "/pub/.", "/pub/%2e%2e/secret", "/pub/%2E%2E/secret", "/pub/.%2e/secret",
        "/pub/%2e./secret", "/%2e/secret", "/pub/..%2fsecret", "/pub/..%2Fsecret",
        "/pub%2f../secret", "/%2fsecret", "/secret%2fx", "/pub/..%5csecret", "/pub\\..\\secret",
        "\\secret", "/\\secret", "/%5csecret", "/%5Csecret", "/pub/..;/secret",
        "/pub/..;x=1/secret", "/pub/.;/secret", "/;/secret", "/;x/secret", "/pub/;/secret",
        "/pub/;", "/pub/%3b/secret", "/pub/..%3b/secret", "/pub/%2e%2e%3bx/secret",
        "/%252e%252e/secret", "/%252fsecret", "/%255csecret", "/%25252fsecret", "/%2525", "/%2541",
        "/%2500", "/%2561dmin", "/%25%36%31dmin", "/%256%31dmin", "/%25%361dmin",
        "/pub/%252%65%25%32e/secret", "/pub/%25%32%65/secret", "/%25aF", "/a%25Fa", "/secret%00",
        "/secret%00.png", "/%00secret", "/secret%0a", "/secret%0d%0a", "/secret%7f", "/secret%1F",
        "/sec\nret", "/sec\x7fret", "/sec\x01ret", "/%", "/%2", "/%zz", "/%2g", "/%7g", "/%g7",
        "/%+1", "/%G1", "/%:1", "/%@1", "/%2G", "/%`1", "/%u0073ecret", "/secret%", "/secret#x",
        "/#/../secret", "/%c0%aesecret", "/%c0%ae%c0%ae/secret", "/%c0%afsecret", "/%c1%9csecret",
        "/%e0%80%afsecret", "/%e0%80%ae", "/%f0%80%80%af", "/%f0%8f%bf%bf", "/%e0%9f%bf",
        "/%f8%80%80%80%af", "/%f8%87%bf%bf%bf", "/%fc%80%80%80%80%ae", "/%fc%83", "/\xc0\xaf/x",
        "/pub/%2e%2e", "/pub/%2e", "/pub/..?x", "/..;", "/a/b//", "//", "///", "/a//"};
    struct request_path path;
    size_t i;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        cr_expect_not(request_path_read(paths[i], &strict, &path), "%s", paths[i]);
}

Test(request_path, a_plain_path_is_decoded_once)
{
    static const struct {
        const char *raw, *wanted;
    } rows[] = {{"/", "/"}, {"/a", "/a"}, {"/a/", "/a/"}, {"/a/b?c=/../d", "/a/b"}, {"/?", "/"},
        {"/%73ecret/x", "/secret/x"}, {"/a%20b", "/a b"}, {"/100%25", "/100%"}, {"/%25", "/%"},
        {"/%25g1", "/%g1"}, {"/%251", "/%1"}, {"/%251g", "/%1g"}, {"/%25%20", "/% "},
        {"/%251%20", "/%1 "}, {"/a%25b/c", "/a%b/c"}, {"/%25/a1", "/%/a1"}, {"/41%25", "/41%"},
        {"/a;v=1/b;w", "/a/b"}, {"/a%3bv/b", "/a/b"}, {"/a;/b", "/a/b"}, {"/...", "/..."},
        {"/..a", "/..a"}, {"/a..", "/a.."}, {"/.a", "/.a"}, {"/a.", "/a."},
        {"/J%C3%B6rg", "/J\xc3\xb6rg"}, {"/J\xc3\xb6rg", "/J\xc3\xb6rg"},
        {"/%e0%a0%80", "/\xe0\xa0\x80"}, {"/%f0%90%80%80", "/\xf0\x90\x80\x80"}, {"/%e9", "/\xe9"},
        {"/%C3%AA%4F", "/\xc3\xaaO"}, {"/%f0z", "/\xf0z"}, {"/%f8z", "/\xf8z"},
        {"/%fc%7e", "/\xfc~"}, {"/%f8%88", "/\xf8\x88"}, {"/%fc%84", "/\xfc\x84"},
        {"/%f9%80", "/\xf9\x80"}, {"/%f8%c3", "/\xf8\xc3"}, {"/%fc%c3", "/\xfc\xc3"},
        {"/%e0z", "/\xe0z"}, {"/%e0%c3%b6", "/\xe0\xc3\xb6"}, {"/%f0%c3%b6", "/\xf0\xc3\xb6"},
        {"/a b", "/a b"}, {"/a%3Fb", "/a?b"}, {"/a%23b", "/a#b"}, {"/a+b", "/a+b"},
        {"/~u/", "/~u/"}};
    struct request_path path;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert(request_path_read(rows[i].raw, &strict, &path), "%s", rows[i].raw);
        cr_expect_str_eq(path.text, rows[i].wanted, "%s: expected %s, came %s", rows[i].raw,
            rows[i].wanted, path.text);
        cr_expect_eq(path.length, strlen(path.text));
    }
}

Test(request_path, a_path_has_a_limit)
{
    char *raw = malloc(REQUEST_PATH_MAX + 3);
    struct request_path *path = malloc(sizeof(*path));

    memset(raw, 'a', REQUEST_PATH_MAX + 2);
    raw[0] = '/';
    raw[REQUEST_PATH_MAX] = '\0';
    cr_expect(request_path_read(raw, &strict, path));
    cr_expect_eq(path->length, REQUEST_PATH_MAX);
    raw[REQUEST_PATH_MAX] = 'a';
    raw[REQUEST_PATH_MAX + 1] = '\0';
    cr_expect_not(request_path_read(raw, &strict, path));
    cr_expect_not(request_path_choose(NULL, raw, false, &strict, path));
    free(raw);
    free(path);
}

/* What is told as %2F takes three bytes of it; one that is served decoded has the same limit. */
Test(request_path, what_does_not_fit_is_refused_wherever_it_ends)
{
    static const struct request_path_options slash = {.encoded_slash_literal = true};
    char *raw = malloc(REQUEST_PATH_MAX + 8);
    struct request_path *path = malloc(sizeof(*path));
    size_t before;

    for (before = REQUEST_PATH_MAX - 5; before <= REQUEST_PATH_MAX + 1; before++) {
        memset(raw, 'a', before);
        raw[0] = '/';
        raw[before] = '\0';
        cr_expect_eq(request_path_choose("/", raw, false, &slash, path), before <= REQUEST_PATH_MAX,
            "%zu bytes", before);
        memcpy(raw + before, "%2fb", sizeof("%2fb"));
        cr_expect_eq(request_path_read(raw, &slash, path), before + 4 <= REQUEST_PATH_MAX,
            "%zu bytes before", before);
    }
    free(raw);
    free(path);
}

Test(request_path, settings_take_two_refusals_back)
{
    static const struct request_path_options slash = {.encoded_slash_literal = true},
                                             twice = {.double_slash_literal = true};
    static const char *const still[] = {"/a%2f", "/%2fa", "/a%2f%2fb", "/a%2f..%2fb", "/a%2f.",
        "/..%2fa", "/a%2f..;x", "/a%252fb", "/a%5cb", "//a", "/a;%2f..%2fb", "/a%3b%2F..%2Fb",
        "/a;x%2fb", "/a;b;%2fc", "/a;%2f", "/a%2fb;c%2fd", "/c/a;%2fb/d"};
    struct request_path path;
    size_t i;

    cr_assert(request_path_read("/@s%2fp/x%2Fy", &slash, &path));
    cr_expect_str_eq(path.text, "/@s%2Fp/x%2Fy");
    cr_assert(request_path_read("/a%2fb;c/d%2Fe", &slash, &path));
    cr_expect_str_eq(path.text, "/a%2Fb/d%2Fe");
    for (i = 0; i < sizeof(still) / sizeof(still[0]); i++)
        cr_expect_not(request_path_read(still[i], &slash, &path), "%s", still[i]);
    cr_assert(request_path_read("//a///b//", &twice, &path));
    cr_expect_str_eq(path.text, "//a///b//");
    cr_expect_not(request_path_read("//../b", &twice, &path));
    cr_expect_not(request_path_read("/a%2fb", &twice, &path));
}

Test(request_path, what_the_front_serves_counts_and_both_must_be_plain)
{
    static const struct {
        const char *raw, *served;
        bool encoded;
        const char *wanted; /* NULL: ambiguous */
    } rows[] = {
        {NULL, NULL, false, NULL},
        {"/a", NULL, false, "/a"},
        {NULL, "/a", false, "/a"},
        {NULL, "/a%20b", false, "/a b"},
        {NULL, "/a/../b", false, NULL},
        {"/a", "/b", false, "/b"},
        {"/a?x", "/a", false, "/a"},
        {"/a%20b", "/a b", false, "/a b"},
        {"/a%20b", "/a%20b", false, "/a b"},
        {"/a%25", "/a%", false, "/a%"},
        {"/a%3fb", "/a?b", false, "/a?b"},
        {"/a%23b", "/a#b", false, "/a#b"},
        {"/a", "/b%20c", false, NULL},
        {"/a", "/b?c", false, NULL},
        {"/a", "/b#c", false, NULL},
        {"/a", "/b%20c", true, "/b c"},
        {"/a", "/b?c", true, "/b"},
        {"/a", "/b/../c", true, NULL},
        {"/a/../b", "/b", false, NULL},
        {"/a/%2e%2e/b", "/b", true, NULL},
        {"https://h/a", "/a", false, NULL},
        {"/a", "//a", false, NULL},
        {"/a", "/a/./b", false, NULL},
        {"/a", "/a\\b", false, NULL},
        {"/a", "/a\nb", false, NULL},
        {"/a", "b", false, NULL},
        {"/a", "", false, NULL},
        {"/a;x/b", "/a;x/b", false, "/a/b"},
        {"/a", "/a;x/b", false, "/a/b"},
        {"/%73", "/s;x", false, "/s"},
    };
    struct request_path path;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool good =
            request_path_choose(rows[i].raw, rows[i].served, rows[i].encoded, &strict, &path);

        cr_assert_eq(good, rows[i].wanted != NULL, "row %zu", i);
        if (good)
            cr_expect_str_eq(path.text, rows[i].wanted, "row %zu: %s", i, path.text);
    }
}

Test(request_path, a_plain_path_has_no_encoded_slash_and_no_two_slashes)
{
    static const char *const rows[][2] = {{"/a%2Fb", "/a/b"}, {"//a///b//", "/a/b/"}, {"/a", "/a"},
        {"/", "/"}, {"/a%2fb%2Fc/", "/a/b/c/"}, {"//", "/"}, {"/a%2b", "/a+"}};
    static const struct request_path_options literal = {
        .encoded_slash_literal = true, .double_slash_literal = true};
    struct request_path path;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t before;

        cr_assert(request_path_read(rows[i][0], &literal, &path), "%s", rows[i][0]);
        before = path.length;
        cr_expect_eq(
            request_path_make_plain(&path), before != strlen(rows[i][1]), "%s", rows[i][0]);
        cr_expect_str_eq(path.text, rows[i][1], "%s: %s", rows[i][0], path.text);
        cr_expect_eq(path.length, strlen(rows[i][1]), "%s: %zu", rows[i][0], path.length);
    }
}

Test(request_path, what_is_behind_an_encoded_question_mark_or_number_sign_is_cut_off)
{
    static const char *const rows[][2] = {
        {"/a%3Fb", "/a"}, {"/a%23b", "/a"}, {"/a/%3f/b%23", "/a/"}, {"/%23", "/"}, {"/ab?c", NULL}};
    static const struct request_path_options none = {.encoded_slash_literal = false};
    struct request_path path;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wanted = rows[i][1] != NULL ? rows[i][1] : "/ab";

        cr_assert(request_path_read(rows[i][0], &none, &path), "%s", rows[i][0]);
        cr_expect_eq(request_path_cut(&path), rows[i][1] != NULL, "%s", rows[i][0]);
        cr_expect_str_eq(path.text, wanted, "%s: %s", rows[i][0], path.text);
        cr_expect_eq(path.length, strlen(wanted), "%s: %zu", rows[i][0], path.length);
    }
}

Test(request_path, a_second_path_is_what_the_front_took_back)
{
    static const struct request_path_options literal = {
        .encoded_slash_literal = true, .double_slash_literal = true};
    static const struct {
        const char *raw, *served;
        bool encoded;
        const char *wanted; /* NULL: none */
    } rows[] = {
        {"/a%2fb", "/a/b", false, "/a%2Fb"},
        {"/a//b", "/a/b", false, "/a//b"},
        {"/a%2Fb", "/a%2Fb", true, NULL},
        {"/a//b", "/a//b", false, NULL},
        {"/a/b", "/a/b", false, NULL},
        {"/a%20b", "/a b", false, NULL},
        {"/a%2Fb", NULL, false, NULL},
        {NULL, "/a//b", false, NULL},
    };
    struct request_path chosen, second;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is;

        cr_assert(
            request_path_choose(rows[i].raw, rows[i].served, rows[i].encoded, &literal, &chosen),
            "row %zu", i);
        is = request_path_second(rows[i].raw, rows[i].served, &literal, &chosen, &second);
        cr_assert_eq(is, rows[i].wanted != NULL, "row %zu", i);
        if (is)
            cr_expect_str_eq(second.text, rows[i].wanted, "row %zu: %s", i, second.text);
    }
}

Test(request_path, a_folder_is_itself_and_all_below)
{
    struct request_path path;

    cr_assert(request_path_read("/a/b", &strict, &path));
    cr_expect(request_path_is_in(&path, "", 0));
    cr_expect(request_path_is_in(&path, "/a", 2));
    cr_expect(request_path_is_in(&path, "/a/b", 4));
    cr_expect_not(request_path_is_in(&path, "/a/b/c", 6));
    cr_expect_not(request_path_is_in(&path, "/a/", 3));
    cr_expect_not(request_path_is_in(&path, "/b", 2));
}
