/* SPDX-License-Identifier: ISC */
#include "log/log_line.h"
#include "unit/log/log_file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_line(const struct log_decision *decision, const char *wanted)
{
    struct text text = {.limit = 0};

    log_line_decision(&text, false, decision);
    cr_assert_not(text.failed);
    cr_expect(log_file_begins_with_time(text_string(&text)));
    cr_expect_str_eq(text_string(&text) + TIME_LENGTH + 1, wanted, "expected %s came %s", wanted,
        text_string(&text) + TIME_LENGTH + 1);
    text_free(&text);
}

Test(log_decision, what_decided_and_what_was_asked_for_stands_in_one_line)
{
    expect_line(&(struct log_decision){.decision = "denied",
                    .reason = "rule",
                    .rule = "7 deny any",
                    .method = "GET",
                    .host = "wiki.example",
                    .path = "/a b",
                    .remote_address = "192.0.2.1",
                    .id = "0123",
                    .took_us = 42},
        "denied reason=rule rule=\"7 deny any\" method=GET host=wiki.example path=\"/a b\" "
        "remote=192.0.2.1 id=0123 took_us=42\n");
}

Test(log_decision, what_is_not_known_is_left_out_and_what_a_client_sends_is_made_safe)
{
    expect_line(&(struct log_decision){.decision = "allowed", .path = "/a\n\x1b[2J\" user=\"root"},
        "allowed path=\"/a\\\\0A\\\\1B[2J\\\" user=\\\"root\" took_us=0\n");
}

Test(log_decision, the_longest_line_fits_into_a_pipe)
{
    char *huge = malloc(100001);
    struct text text = {.limit = 0};

    memset(huge, '"', 100000);
    huge[100000] = '\0';
    log_line_decision(&text, false,
        &(struct log_decision){.decision = "denied",
            .reason = huge,
            .rule = huge,
            .shadow = huge,
            .shadow_rule = huge,
            .nearest = huge,
            .user = huge,
            .method = huge,
            .host = huge,
            .path = huge,
            .remote_address = huge,
            .front_verify = huge,
            .id = huge});
    cr_expect_leq(text.length, LOG_LINE_MAX, "%zu bytes", text.length);
    text_free(&text);
    free(huge);
}
