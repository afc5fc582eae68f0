/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(forwarded_hints, what_fronts_write_for_no_certificate_is_nothing)
{
    static const struct {
        const char *value;
        bool nothing;
    } rows[] = {
        {"", true},
        {" \t\r\n", true},
        {"(null)", true},
        {" (null) ", true},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", true},
        {"(nul)", false},
        {"x", false},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", false},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_eq(encoding_is_nothing(rows[i].value, strlen(rows[i].value)), rows[i].nothing,
            "%s", rows[i].value);
}

/* Frees the value. */
static void expect_hint(char *value, const char *name, const char *words)
{
    const char *hint =
        encoding_hint(encoding_find(name, strlen(name)), cursor_over(value, strlen(value)));

    if (words == NULL)
        cr_expect_null(hint, "%s: %s", value, hint);
    else
        cr_expect(hint != NULL && strstr(hint, words) != NULL, "%s: expected %s, came %s", value,
            words, hint != NULL ? hint : "none");
    free(value);
}

Test(forwarded_hints, what_happened_on_its_way_is_told_when_it_shows)
{
    struct sample leaf = sample_make("CN=Dan");
    const char *name = encoding_at(0)->name;

    expect_hint(format("\xEF\xBB\xBF%s", leaf.pem), name, "byte order mark");
    expect_hint(with(leaf.pem, "\n", "\\n"), name, "line ends");
    expect_hint(format("30820102AABBCC"), name, "hexadecimal");
    expect_hint(format("30:82:01:02:AA:BB"), name, "hexadecimal");
    expect_hint(url_encoded(leaf.url, ""), name, "encoded twice");
    expect_hint(format("%s", leaf.url), name, NULL);
    expect_hint(format("3082"), name, NULL);
    expect_hint(format("30820102AAxyz"), name, NULL);
    expect_hint(format("hello"), name, NULL);
    sample_free(&leaf);
}

Test(forwarded_hints, pluses_that_became_spaces_are_told_for_what_decodes_with_them)
{
    struct sample leaf = sample_make("CN=Dan");

    while (strchr(leaf.base64, '+') == NULL) {
        sample_free(&leaf);
        leaf = sample_make("CN=Dan");
    }
    expect_hint(with(leaf.pem, "+", " "), encoding_at(0)->name, "each plus in it has become");
    sample_free(&leaf);
}
