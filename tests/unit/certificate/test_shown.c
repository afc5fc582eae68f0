/* SPDX-License-Identifier: ISC */
#include "certificate/shown.h"

#include <criterion/criterion.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

static void expect_shown(struct shown *shown, const char *wanted)
{
    char *string = shown_take(shown);

    cr_expect_str_eq(string, wanted, "expected %s, came %s", wanted, string);
    free(string);
}

Test(shown, each_kind_of_bytes_has_its_form)
{
    struct shown shown = {.cut = false};

    shown_word(&shown, "a=");
    shown_hex(&shown, (const unsigned char *)"\x0A\xFF", 2);
    shown_ascii(&shown, (const unsigned char *)"-b\n\xC3\xBC", 5);
    cr_expect(shown.replaced);
    shown_character(&shown, (const unsigned char *)"\xC3\xBC", 2, false);
    shown_character(&shown, (const unsigned char *)",", 1, true);
    expect_shown(&shown, "a=0AFF-b\\0A\\C3\\BC\xC3\xBC\\,");
}

Test(shown, what_may_be_shown_is_not_called_replaced)
{
    struct shown shown = {.cut = false};

    shown_ascii(&shown, (const unsigned char *)"abc", 3);
    shown_character(&shown, (const unsigned char *)"\xC3\xBC", 2, false);
    cr_expect_not(shown.replaced);
    expect_shown(&shown, "abc\xC3\xBC");
}

/* The limit holds whatever is appended, and nothing is appended behind the dots. */
Test(shown, a_string_that_is_too_long_is_cut_before_a_whole_piece)
{
    static const char *const pieces[] = {"x", "word", "0123456789"};
    size_t i, j;

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct shown shown = {.cut = false};
        size_t length;
        char *string;

        for (j = 0; j <= IDENTITY_MAX_NAME_BYTES; j++)
            shown_word(&shown, pieces[i]);
        cr_expect_not(shown_is_open(&shown));
        shown_hex(&shown, (const unsigned char *)"a", 1);
        string = shown_take(&shown);
        length = strlen(string);
        cr_expect_leq(length, IDENTITY_MAX_NAME_BYTES);
        cr_expect_gt(length, IDENTITY_MAX_NAME_BYTES - strlen(pieces[i]) - 3);
        cr_expect_str_eq(string + length - 3, "...");
        cr_expect_eq((length - 3) % strlen(pieces[i]), 0);
        free(string);
    }
}

Test(shown, letters_are_cut_as_if_each_came_alone)
{
    static const unsigned char bytes[] = "ab,C9 xyz\xC3z-0123456789";
    size_t before, i, j;

    for (before = IDENTITY_MAX_NAME_BYTES - 40; before <= IDENTITY_MAX_NAME_BYTES; before++) {
        for (i = 0; i < sizeof(bytes); i++) {
            struct shown together = {.cut = false}, alone = {.cut = false};
            char *string;

            for (j = 0; j < before; j++) {
                shown_word(&together, "x");
                shown_word(&alone, "x");
            }
            shown_ascii(&together, bytes, i);
            for (j = 0; j < i; j++)
                shown_character(&alone, &bytes[j], 1, false);
            cr_expect_eq(together.cut, alone.cut, "%zu bytes behind %zu", i, before);
            string = shown_take(&alone);
            expect_shown(&together, string);
            free(string);
        }
    }
}

Test(shown, a_string_of_exactly_the_limit_is_whole)
{
    struct shown shown = {.cut = false};
    size_t i;

    for (i = 0; i < IDENTITY_MAX_NAME_BYTES; i++)
        shown_word(&shown, "x");
    cr_expect(shown_is_open(&shown));
    cr_expect_eq(shown.text.length, IDENTITY_MAX_NAME_BYTES);
    text_free(&shown.text);
}

Test(shown, a_type_comes_by_its_short_name_or_in_dotted_form)
{
    ASN1_OBJECT *known = OBJ_txt2obj("2.5.4.3", 1), *unknown = OBJ_txt2obj("1.2.3.4", 1);
    struct shown shown = {.cut = false};

    shown_type(&shown, known);
    shown_word(&shown, " ");
    shown_type(&shown, unknown);
    expect_shown(&shown, "CN 1.2.3.4");
    ASN1_OBJECT_free(known);
    ASN1_OBJECT_free(unknown);
}

Test(shown, object_identifiers_come_in_dotted_form)
{
    static const struct {
        const unsigned char der[16];
        size_t length;
        const char *shown;
    } oids[] = {
        {{0x06, 0x01, 0x00}, 3, "0.0"},
        {{0x06, 0x01, 0x27}, 3, "0.39"},
        {{0x06, 0x01, 0x28}, 3, "1.0"},
        {{0x06, 0x01, 0x4F}, 3, "1.39"},
        {{0x06, 0x01, 0x50}, 3, "2.0"},
        {{0x06, 0x02, 0x88, 0x37}, 4, "2.999"},
        {{0x06, 0x03, 0x55, 0x04, 0x03}, 5, "2.5.4.3"},
        {{0x06, 0x03, 0x2A, 0x83, 0x0C}, 5, "1.2.396"},
        {{0x06, 0x0A, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 12,
            "2.18446744073709551536"},
    };
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        const unsigned char *at = oids[i].der;
        ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oids[i].length);
        struct shown shown = {.cut = false};

        cr_assert_not_null(object, "object %zu", i);
        shown_oid(&shown, object);
        expect_shown(&shown, oids[i].shown);
        ASN1_OBJECT_free(object);
    }
}
