/* SPDX-License-Identifier: ISC */
#include "service/gate_log.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(gate_log, of_allowed_requests_as_many_are_logged_as_asked_for)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *log = NULL;
    int i;

    stage->config.log_allowed = CONFIG_LOG_ALLOWED_NONE;
    (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    log = log_of(stage);
    cr_expect_str_eq(log, "");
    free(log);
    stage->config.log_allowed = CONFIG_LOG_ALLOWED_FIRST;
    for (i = 0; i < 5; i++)
        (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    log = log_of(stage);
    /* One, or two when a minute ends meanwhile. */
    cr_expect_not_null(strchr(log, '\n'));
    cr_expect_leq(strlen(strchr(log, '\n') + 1), strlen(log) / 2);
    free(log);
    stage_free(stage);
}

Test(gate_log, the_first_request_by_each_rule_is_logged_with_its_user)
{
    struct stage *stage =
        stage_new("allow any path=/pub/ user=$cn\nallow any path=/else user=other\n", NULL);
    char *log = NULL;

    stage->config.log_allowed = CONFIG_LOG_ALLOWED_FIRST;
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/else")));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/secret/x")));
    log = log_of(stage);
    cr_expect_not_null(strstr(log, " user=Dan%20Example "), "%s", log);
    cr_expect_not_null(strstr(log, " user=other "), "%s", log);
    cr_expect_null(strstr(strstr(log, " denied "), " user="), "%s", log);
    free(log);
    stage_free(stage);
}

Test(gate_log, many_rules_are_looked_at_for_one_denial_at_a_time)
{
    struct gate_recent *recent = gate_recent_new();

    cr_assert_not_null(recent);
    cr_expect(gate_recent_may_look(recent, 10000, 1000000));
    cr_expect_not(gate_recent_may_look(recent, 10000, 1000000));
    cr_expect_not(gate_recent_may_look(recent, 501, 1009999));
    cr_expect(gate_recent_may_look(recent, 500, 1009999));
    cr_expect(gate_recent_may_look(NULL, 500, 1009999));
    cr_expect_not(gate_recent_may_look(NULL, 501, 1009999));
    cr_expect(gate_recent_may_look(recent, 501, 1010000));
    cr_expect_not(gate_recent_may_look(recent, 501, 1010500));
    gate_recent_free(recent);
}

Test(gate_log, the_first_of_a_minute_is_by_certificate_and_rule)
{
    struct gate_recent *recent = gate_recent_new();

    cr_assert_not_null(recent);
    cr_expect(gate_recent_is_first(recent, "aa", "r:1", 600));
    cr_expect_not(gate_recent_is_first(recent, "aa", "r:1", 659));
    cr_expect(gate_recent_is_first(recent, "aa", "r:2", 600));
    cr_expect(gate_recent_is_first(recent, "ab", "r:1", 600));
    cr_expect(gate_recent_is_first(recent, "aa", "r:1", 660));
    gate_recent_free(recent);
}

Test(gate_log, the_log_has_the_path_that_the_front_serves)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *log;

    (void)ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/else", "PEERCERT_PATH=/pub/y");
    (void)ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/pub/z");
    log = log_of(stage);
    cr_expect_not_null(strstr(log, " path=/pub/y "), "%s", log);
    cr_expect_not_null(strstr(log, " path=/pub/z "), "%s", log);
    free(log);
    stage_free(stage);
}

Test(gate_log, the_nearest_rule_is_told_of_what_no_rule_decided_alone)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *log;

    stage->config.log_allowed = CONFIG_LOG_ALLOWED_ALL;
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/secret/x")));
    log = log_of(stage);
    cr_expect_null(strstr(log, " nearest="), "%s", log);
    free(log);
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/else")));
    log = log_of(stage);
    cr_expect_not_null(strstr(log, " nearest="), "%s", log);
    free(log);
    stage_free(stage);
}

Test(gate_log, shadow_rules_are_logged_where_they_differ_and_decide_nothing)
{
    struct stage *stage =
        stage_new(usual_rules, "deny any path=/pub/ label=later\nallow any path=/secret/ user=x\n");
    char *log = NULL;

    stage->config.log_allowed = CONFIG_LOG_ALLOWED_NONE;
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/secret/x")));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/else")));
    log = log_of(stage);
    cr_expect_not_null(strstr(log, " allowed reason=rule "), "%s", log);
    cr_expect_not_null(strstr(log, " shadow=denied shadow_rule=\""), "%s", log);
    cr_expect_not_null(strstr(log, "(later)"), "%s", log);
    cr_expect_not_null(strstr(log, " shadow=allowed "), "%s", log);
    free(log);
    stage_free(stage);
}
