/* SPDX-License-Identifier: ISC */
#include "log/log_line.h"
#include "unit/log/log_file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(log_line, words_have_their_level_and_are_made_safe)
{
    struct text text = {.limit = 0};

    log_line_words(&text, false, LOG_LEVEL_WARNING, "a\nb");
    cr_expect_str_eq(text_string(&text) + TIME_LENGTH, " warning a\\0Ab\n");
    text_clear(&text);
    log_line_words(&text, true, LOG_LEVEL_ERROR, "a\nb");
    cr_expect_not_null(
        strstr(text_string(&text), "\"level\":\"error\",\"message\":\"a\\\\0Ab\"}\n"), "%s",
        text_string(&text));
    text_free(&text);
}

Test(log_line, words_of_any_length_fit_into_a_pipe)
{
    char *huge = malloc(100001);
    int json;

    memset(huge, '"', 100000);
    huge[100000] = '\0';
    for (json = 0; json < 2; json++) {
        struct text text = {.limit = 0};

        log_line_words(&text, json, LOG_LEVEL_INFO, huge);
        cr_expect_leq(text.length, LOG_LINE_MAX, "%zu bytes", text.length);
        cr_expect_eq(text_string(&text)[text.length - 1], '\n');
        text_free(&text);
    }
    free(huge);
}

Test(log_line, what_was_rendered_before_stands_where_it_would_be_rendered_now)
{
    char subject[] = "CN=a \"quoted\" name", serial[] = "1001", hash[] = "ab12";
    struct identity identity = {.subject = subject, .serial = serial, .sha256_fingerprint = hash};
    struct log_who rendered = {.identity = &identity}, anew = {.identity = &identity};
    struct log_decision decision = {.decision = "allowed", .reason = "a rule"};
    struct verdict verdict;
    struct text who = {.limit = 0}, first = {.limit = 0}, second = {.limit = 0};

    log_line_who(&who, &identity);
    cr_expect_str_eq(
        text_string(&who), " subject=\"CN=a \\\"quoted\\\" name\" serial=1001 sha256=ab12");
    rendered.rendered = who.data;
    rendered.length = who.length;
    verdict_set(&verdict, VERDICT_VALID, 0, "");
    log_line_verdict(&first, false, &(struct log_verdict){.verdict = &verdict, .who = anew});
    log_line_verdict(&second, false, &(struct log_verdict){.verdict = &verdict, .who = rendered});
    cr_expect_str_eq(text_string(&second) + TIME_LENGTH, text_string(&first) + TIME_LENGTH);
    text_clear(&first);
    text_clear(&second);
    decision.who = anew;
    log_line_decision(&first, false, &decision);
    decision.who = rendered;
    log_line_decision(&second, false, &decision);
    cr_expect_str_eq(text_string(&second) + TIME_LENGTH, text_string(&first) + TIME_LENGTH);
    text_free(&who);
    text_free(&first);
    text_free(&second);
}
