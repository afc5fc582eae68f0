/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>

TestSuite(rules_check, .init = rules_world_make, .fini = rules_world_free);

#define SLASH "; write one /, or the line 'set encoded-slash literal'"
#define SLASHES "; write one /, or the line 'set double-slash literal'"

/* Requests for such paths are refused before any rule. */
Test(rules_check, a_path_that_never_holds_is_refused)
{
    static const struct refusal refusals[] = {
        {"deny any path=//x/",
            ":1: path=//x/: never holds, since paths with two slashes are refused" SLASHES},
        {"allow any user=x path=/a,/a//b", ":1: path=/a//b: never holds*"},
        {"deny any path=//", ":1: path=//: never holds*"},
        {"deny any path=/a//", ":1: path=/a//: never holds*"},
        {"deny any path=/a%2fb",
            ":1: path=/a%2fb: never holds, since paths with an encoded slash are refused" SLASH},
        {"set double-slash literal\ndeny any path=/a%2Fb//",
            ":2: path=/a%2Fb//: never holds, since paths with an encoded slash are refused" SLASH},
        {"set encoded-slash literal\ndeny any path=/a%2Fb//",
            ":2: path=/a%2Fb//: never holds, since paths with two slashes are refused" SLASHES},
    };
    static const struct row rows[] = {
        {"deny any path=//a/\nallow any user=x\nset double-slash literal", "eve", "GET h //a/b",
            "no 1"},
        {"deny any path=/a%2fb\nallow any user=x\nset encoded-slash literal", "eve", "GET h /a%2Fb",
            "no 1"},
        {"set encoded-slash literal\nset double-slash literal\ndeny any path=/a%2fb//\nallow any "
         "user=x",
            "eve", "GET h /a%2Fb//c", "no 3"},
    };

    REFUSED(refusals);
    TRY("", rows);
}
