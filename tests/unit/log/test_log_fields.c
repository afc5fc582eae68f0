/* SPDX-License-Identifier: ISC */
#include "log/log_fields.h"
#include "unit/log/log_file.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

Test(log_fields, values_are_quoted_when_they_could_end_and_left_out_when_empty)
{
    struct log_fields fields = {.count = 0};
    struct text text = {.limit = 0};
    json_t *object;

    log_fields_add_string(&fields, "none", SHAPE_STRING, NULL, 10);
    log_fields_add_string(&fields, "empty", SHAPE_QUOTED, "", 10);
    log_fields_add_string(&fields, "plain", SHAPE_STRING, "a.b", 10);
    log_fields_add_string(&fields, "quoted", SHAPE_QUOTED, "a", 10);
    log_fields_add_string(&fields, "space", SHAPE_STRING, "a b", 10);
    log_fields_add_string(&fields, "equals", SHAPE_STRING, "a=b", 10);
    log_fields_add_string(&fields, "escaped", SHAPE_STRING, "\"\\", 10);
    log_fields_add_string(&fields, "cut", SHAPE_STRING, "abcdef", 3);
    log_fields_add_number(&fields, "number", -5);
    log_fields_append(&text, false, "valid", &fields);
    cr_expect(log_file_begins_with_time(text_string(&text)));
    cr_expect_str_eq(text_string(&text) + TIME_LENGTH,
        " valid plain=a.b quoted=\"a\" space=\"a b\" equals=\"a=b\" escaped=\"\\\"\\\\\" "
        "cut=\"abc...\" number=-5\n",
        "%s", text_string(&text));
    text_clear(&text);
    log_fields_append(&text, true, "valid", &fields);
    object = json_loads(text_string(&text), JSON_REJECT_DUPLICATES, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(object, "cut")), "abc...");
    cr_expect_eq(json_integer_value(json_object_get(object, "number")), -5);
    cr_expect_null(json_object_get(object, "empty"));
    json_decref(object);
    text_free(&text);
}

Test(log_fields, more_fields_than_there_is_room_for_are_left_out)
{
    struct log_fields fields = {.count = 0};
    int i;

    for (i = 0; i < LOG_MAX_FIELDS + 2; i++) {
        log_fields_add_number(&fields, "n", i);
        log_fields_add_string(&fields, "s", SHAPE_STRING, "x", 1);
    }
    cr_expect_eq(fields.count, LOG_MAX_FIELDS);
}
