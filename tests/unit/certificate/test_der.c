/* SPDX-License-Identifier: ISC */
#include "certificate/der.h"

#include <criterion/criterion.h>
#include <string.h>

Test(der, only_definite_lengths_in_their_shortest_form_are_read)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool fine;
        size_t header, content;
    } cases[] = {
        {"\x30\x00", 2, true, 2, 0}, {"\x30\x7F", 2, true, 2, 127},
        {"\x30\x81\x80", 3, true, 3, 128}, {"\x30\x82\x01\x00", 4, true, 4, 256},
        {"\x30\x83\x01\x00\x00", 5, true, 5, 65536},
        {"\x30\x84\xFF\xFF\xFF\xFF", 6, true, 6, 0xFFFFFFFF}, {"\x30", 1, false, 0, 0},
        {"", 0, false, 0, 0}, {"\x30\x80\x00\x00", 4, false, 0, 0}, /* indefinite */
        {"\x30\x81\x7F", 3, false, 0, 0},                           /* fits one byte */
        {"\x30\x82\x00\xFF", 4, false, 0, 0},                       /* fits two */
        {"\x30\x82\x01", 3, false, 0, 0},                           /* cut off */
        {"\x30\x85\x01\x00\x00\x00\x00", 7, false, 0, 0},           /* five bytes */
        {"\x30\xFF\x01\x00\x00\x00\x00", 7, false, 0, 0},           /* reserved */
        {"\x3F\x01\x00", 3, false, 0, 0},                           /* tag of several bytes */
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct der_element element = {.tag = 0};
        bool fine =
            der_read_element((const unsigned char *)cases[i].bytes, cases[i].length, &element);

        cr_expect_eq(fine, cases[i].fine, "case %zu", i);
        if (fine && cases[i].fine)
            cr_expect(element.tag == 0x30 && element.header == cases[i].header &&
                          element.content == cases[i].content,
                "case %zu: header %zu, content %zu", i, element.header, element.content);
    }
}

Test(der, an_element_is_taken_whole_and_of_its_kind_or_not_at_all)
{
    static const unsigned char bytes[] = {0x02, 0x01, 0x05, 0x04, 0x02, 'a'};
    struct der_span from = {bytes, sizeof(bytes)}, content = {NULL, 7};

    cr_expect_not(der_take(&from, DER_SEQUENCE, &content));
    cr_expect_eq(from.at, bytes);
    cr_assert(der_take(&from, DER_INTEGER, &content));
    cr_expect_eq(content.at, bytes + 2);
    cr_expect_eq(content.length, 1);
    cr_expect_eq(from.length, 3);
    cr_expect_not(der_take(&from, DER_OCTET_STRING, &content), "its last byte is missing");
    cr_expect_eq(from.at, bytes + 3);
    cr_expect_eq(from.length, 3);
}
