/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"

#include <criterion/criterion.h>

static bool equal(const char *one, size_t length, const char *other, size_t other_length)
{
    const struct bytes left = {(unsigned char *)(size_t)one, length};
    const struct bytes right = {(unsigned char *)(size_t)other, other_length};

    return bytes_equal(&left, &right);
}

Test(bytes, those_are_equal_that_have_the_same_length_and_content)
{
    cr_expect(equal("abc", 3, "abcd", 3));
    cr_expect_not(equal("abc", 3, "abd", 3));
    cr_expect_not(equal("abc", 3, "abc", 2));
    cr_expect_not(equal("a\0b", 3, "a\0c", 3), "a NUL is no end");
    cr_expect(equal(NULL, 0, "", 0));
    cr_expect_not(equal(NULL, 0, "a", 1));
}
