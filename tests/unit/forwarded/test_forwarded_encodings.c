/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded.h"
#include "forwarded/forwarded_encodings.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(forwarded_encodings, each_has_a_name_by_which_it_is_found)
{
    size_t i = 0;

    for (; encoding_at(i) != NULL; i++) {
        const char *name = encoding_at(i)->name;

        cr_expect_eq(encoding_find(name, strlen(name)), encoding_at(i), "%s", name);
        cr_expect_null(encoding_find(name, strlen(name) - 1), "%s without its end", name);
    }
    cr_expect_gt(i, 5);
    cr_expect_null(encoding_at(i + 1));
    cr_expect_null(encoding_find("", 0));
}

Test(forwarded_encodings, blank_and_too_long_values_are_told_before_they_are_read)
{
    size_t i, length = FORWARDED_MAX_VALUE + 1;
    char *large = malloc(length);

    memset(large, 'A', length);
    for (i = 0; encoding_at(i) != NULL; i++) {
        struct certificates out;

        cr_expect_eq(encoding_decode(encoding_at(i), " \t\n", 3, XFCC_ONE_ELEMENT, &out),
            DECODING_BLANK, "%s", encoding_at(i)->name);
        cr_expect_eq(encoding_decode(encoding_at(i), large, length, XFCC_ONE_ELEMENT, &out),
            DECODING_REFUSED, "%s", encoding_at(i)->name);
        cr_expect_eq(out.count, 0);
    }
    free(large);
}

/* Whatever the encoding, and whatever else is wrong. */
Test(forwarded_encodings, a_private_key_is_told_first_and_never_repeated)
{
    static const char key[] =
        "-----BEGIN PRIVATE KEY-----\nAAAASECRET\n-----END PRIVATE KEY-----\n";
    size_t i;

    for (i = 0; encoding_at(i) != NULL; i++) {
        struct certificates out;

        cr_expect_eq(encoding_decode(encoding_at(i), key, strlen(key), XFCC_ONE_ELEMENT, &out),
            DECODING_REFUSED);
        cr_expect_str_eq(
            out.reason, encoding_private_key_words, "%s: %s", encoding_at(i)->name, out.reason);
    }
}
