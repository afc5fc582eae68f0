/* SPDX-License-Identifier: ISC */
#include "base/nearest.h"

#include <criterion/criterion.h>
#include <string.h>

Test(nearest, the_name_with_the_fewest_changes_is_meant)
{
    static const char *const names[] = {"email", "issuer", "dn", "cn", "uri", "threads", NULL};
    static const struct {
        const char *word, *meant;
    } rows[] = {{"emial", "email"}, {"emai", "email"}, {"eemail", "email"}, {"isuer", "issuer"},
        {"thraeds", "threads"}, {"url", "uri"}, {"email", "email"}, {"certificate", NULL},
        {"", NULL}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *came = nearest_name(rows[i].word, names);

        cr_expect((came == NULL) == (rows[i].meant == NULL) &&
                      (came == NULL || strcmp(came, rows[i].meant) == 0),
            "%s: expected %s, came %s", rows[i].word, rows[i].meant, came);
    }
}

Test(nearest, long_words_are_near_to_nothing)
{
    static const char *const names[] = {"email", NULL};
    char word[1000];

    memset(word, 'e', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    cr_expect_null(nearest_name(word, names));
}
