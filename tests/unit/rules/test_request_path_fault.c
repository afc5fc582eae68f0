/* SPDX-License-Identifier: ISC */
#include "rules/request_path.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(request_path_fault, each_is_named)
{
    static const struct {
        const char *raw, *wanted;
    } rows[] = {{"", "not begin with /"}, {"*", "not begin with /"},
        {"https://h/", "not begin with /"}, {"/a%0ab", "control"}, {"/a%1Fb", "control"},
        {"/a%7fb", "control"}, {"/a\x01", "control"}, {"/a%zz", "hexadecimal"},
        {"/a\x01", "control"}, {"/a\x7f", "control"}, {"/a%2?00", "hexadecimal"},
        {"/a%0", "hexadecimal"}, {"/a#b", "has a #"}, {"/a\\b", "backslash"},
        {"/a%5Cb", "backslash"}, {"/a%252fb", "encoded twice"}, {"/%2541", "encoded twice"},
        {"/%25%34%31", "encoded twice"}, {"/%254%61", "encoded twice"},
        {"/%25%341", "encoded twice"}, {"/../%25%34g", "segments of dots"},
        {"/../%254%5a", "segments of dots"}, {"/../%25%5a1", "segments of dots"},
        {"/../a%25", "segments of dots"}, {"/../%254", "segments of dots"},
        {"/a%2Fb", "an encoded slash"}, {"//a", "empty segment"}, {"/;/a", "empty segment"},
        {"/%3b/a", "empty segment"}, {"/a/../b", "segments of dots"},
        {"/a b/../c", "segments of dots"}, {"/%c0%ae/a", "overlong UTF-8"},
        {"/a", "understood another"}};
    static const struct request_path_options strict = {.double_slash_literal = false};
    static const struct request_path_options mild = {
        .encoded_slash_literal = true, .double_slash_literal = true};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *came = request_path_fault(rows[i].raw, &strict);

        cr_expect_not_null(strstr(came, rows[i].wanted), "%s: %s", rows[i].raw, came);
    }
    cr_expect_str_eq(request_path_fault("/a;%2F..%2Fb", &mild),
        "it has segments of dots, overlong UTF-8, or an encoded slash behind a semicolon");
    cr_expect_str_eq(
        request_path_fault("/a/..//b", &mild), "it has segments of dots or overlong UTF-8");
    cr_expect_str_eq(request_path_fault("//;a", &mild), "it has an empty segment");
}

Test(request_path_fault, a_path_beyond_the_limit_is_too_long)
{
    static const struct request_path_options strict = {.double_slash_literal = false};
    char raw[REQUEST_PATH_MAX + 3];

    memset(raw, 'a', sizeof(raw) - 1);
    raw[0] = '/';
    raw[sizeof(raw) - 1] = '\0';
    cr_expect_str_eq(request_path_fault(raw, &strict), "it is too long");
    memcpy(raw, "/../", 4);
    raw[REQUEST_PATH_MAX] = '\0';
    cr_expect_str_eq(request_path_fault(raw, &strict), "it has segments of dots or overlong UTF-8");
}
