/* SPDX-License-Identifier: ISC */
#include "unit/service/explain_given.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

/* The one line of the findings, decoded; free with json_decref. */
static json_t *object_of(const struct explained *explained)
{
    struct text text = {.limit = 0};
    json_t *object;

    explain_append_json(&text, &explained->findings);
    cr_assert_not(text.failed);
    cr_expect_eq(strchr(text_string(&text), '\n'), text.data + text.length - 1, "%s", text.data);
    object = json_loads(text_string(&text), JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(object, "%s", text_string(&text));
    text_free(&text);
    return object;
}

static const char *string_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void expect_null(const json_t *object, const char *name)
{
    cr_expect(json_is_null(json_object_get(object, name)), "%s is not null", name);
}

static void expect_string(const json_t *object, const char *name, const char *wanted)
{
    const char *came = string_of(object, name);

    cr_assert_not_null(came, "%s is no string", name);
    cr_expect_str_eq(came, wanted, "%s: %s", name, came);
}

Test(explain_json, a_yes_has_verdict_request_rule_and_user)
{
    struct explained explained;
    json_t *object, *part;

    explained_begin(&explained, usual_rules);
    explained_decide(&explained);
    object = object_of(&explained);
    expect_string(object, "file", "dan.cer");
    expect_string(object, "status", "valid");
    expect_null(object, "why");
    expect_string(object, "subject", "CN=Dan Example,OU=Ops,O=Acme,C=GB");
    expect_string(object, "anchor", "CN=Acme CA,O=Acme");
    cr_expect(json_is_true(json_object_get(object, "allowed")));
    expect_string(object, "reason", "rule");
    expect_string(object, "user", "Dan%20Example");
    part = json_object_get(object, "rule");
    cr_expect_eq(json_integer_value(json_object_get(part, "line")), 2);
    cr_expect(json_is_true(json_object_get(part, "allow")));
    part = json_object_get(object, "request");
    expect_string(part, "path", "/pub/x");
    expect_string(part, "method", "GET");
    expect_string(part, "time", "2026-11-24T17:57:38Z");
    expect_null(part, "host");
    cr_expect_eq(json_array_size(json_object_get(object, "nearest")), 0);
    expect_null(object, "lines");
    json_decref(object);
    explained_end(&explained);
}

Test(explain_json, a_no_has_the_lines_that_come_nearest)
{
    struct explained explained;
    json_t *object, *nearest;

    explained_begin(&explained, usual_rules);
    explained.findings.request.raw_path = "/else";
    explained_decide(&explained);
    object = object_of(&explained);
    cr_expect(json_is_false(json_object_get(object, "allowed")));
    expect_string(object, "reason", "no_rule");
    expect_null(object, "rule");
    expect_null(object, "user");
    nearest = json_object_get(object, "nearest");
    cr_assert_eq(json_array_size(nearest), explained.findings.miss_count);
    cr_assert_gt(json_array_size(nearest), 0);
    expect_string(json_array_get(nearest, 0), "why", explained.findings.misses[0].words);
    json_decref(object);
    explained_end(&explained);
}

Test(explain_json, without_a_path_the_lines_have_the_user_that_each_would_give)
{
    struct explained explained;
    json_t *object, *lines;

    explained_begin(&explained, usual_rules);
    explained.findings.request.raw_path = NULL;
    object = object_of(&explained);
    expect_null(object, "reason");
    lines = json_object_get(object, "lines");
    cr_assert_eq(json_array_size(lines), 3);
    expect_null(json_array_get(lines, 0), "user"); /* it denies */
    expect_string(json_array_get(lines, 1), "user", "Dan%20Example");
    expect_null(json_array_get(lines, 2), "user"); /* the certificate has no mail address */
    json_decref(object);
    explained_end(&explained);
}

Test(explain_json, a_certificate_that_is_not_valid_has_its_status_for_a_reason)
{
    struct explained explained;
    json_t *object;

    explained_begin(&explained, usual_rules);
    explained_expire(&explained);
    object = object_of(&explained);
    expect_string(object, "status", "expired");
    expect_string(object, "reason", "expired");
    cr_expect(json_is_false(json_object_get(object, "allowed")));
    expect_null(object, "lines");
    expect_null(object, "rule");
    json_decref(object);
    explained_end(&explained);
}

/* A file's name and a path may be any bytes; JSON is UTF-8 (RFC 8259 section 8.1). */
Test(explain_json, what_is_no_utf_8_is_shown_escaped)
{
    struct explained explained;
    json_t *object;

    explained_begin(&explained, usual_rules);
    explained_expire(&explained);
    explained.findings.file = "a\xff"
                              "b";
    explained.evaluation.identity = NULL;
    object = object_of(&explained);
    expect_string(object, "file", "a\\FFb");
    expect_null(object, "subject");
    json_decref(object);
    explained_end(&explained);
}
