/* SPDX-License-Identifier: ISC */
#include "service/service_rules.h"
#include "unit/base/leaks.h"
#include "unit/base/memory_fault.h"
#include "unit/metrics/metrics_text.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

TestSuite(service_rules, .timeout = 300);

/* Reloading is done by the thread that looks; the gate goes on with the rules that it had. */
Test(service_rules, without_memory_a_reload_keeps_what_is_there)
{
    struct stage *stage = stage_new(usual_rules, usual_rules);
    unsigned long nth, count;

    memory_fault_at(0, false);
    service_rules_look(&stage->service, true);
    count = memory_fault_count();
    cr_assert_gt(count, 10, "the allocations are not seen");
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        memory_fault_at(nth, true);
        service_rules_look(&stage->service, true);
        memory_fault_at(0, false);
        ERR_clear_error();
        cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)), "allocation %lu", nth);
        cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, SECRET)), "allocation %lu", nth);
    }
    stage_free(stage);
    expect_no_leak("a reload");
}

static void expect_counted(const struct stage *stage, const char *line)
{
    expect_line(metrics_text(stage->service.metrics, 1800000000), line);
}

static void write_rules(const struct stage *stage, const char *text)
{
    free(pki_write_text(stage->files.dir, "access.rules", text));
}

Test(service_rules, without_rules_there_is_no_gate_and_nothing_to_load)
{
    struct stage *stage = stage_new(NULL, NULL);
    struct error error = {.kind = ERROR_NONE};

    cr_expect_null(stage->service.rules);
    cr_expect_null(stage->service.recent);
    cr_expect(service_rules_load(&stage->service, &error));
    service_rules_look(&stage->service, true);
    stage_free(stage);
}

Test(service_rules, rules_that_cannot_be_read_are_an_error_at_first_and_later_the_former_count)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct error error = {.kind = ERROR_NONE};
    char *log;

    write_rules(stage, "allow everybody\n");
    cr_expect_not(service_rules_load(&stage->service, &error));
    cr_expect_not_null(strstr(error.text, "access.rules:1"), "%s", error.text);
    service_rules_look(&stage->service, true);
    log = log_of(stage);
    cr_expect_not_null(strstr(log, " error keeping the current rules: "), "%s", log);
    free(log);
    expect_counted(stage, "peercert_reload_total{what=\"rules\",result=\"kept\"} 1");
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, SECRET)));
    stage_free(stage);
}

Test(service_rules, a_line_that_asks_for_revocation_that_nobody_checks_is_told)
{
    struct stage *stage =
        stage_new("allow any user=$cn\nallow any user=$cn revocation=24h\n", NULL);
    char *log = log_of(stage);

    cr_expect_not_null(
        strstr(log, "access.rules:2: revocation= never holds without --crl or --ocsp\n"), "%s",
        log);
    free(log);
    stage->config.ocsp = CONFIG_OCSP_HARD;
    write_rules(stage, "allow any user=$cn revocation=checked\n");
    service_rules_look(&stage->service, true);
    log = log_of(stage);
    cr_expect_null(strstr(log, "access.rules:1: revocation="), "%s", log);
    free(log);
    stage_free(stage);
}

Test(service_rules, rules_that_have_changed_count_at_once_and_are_told)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *log;

    expect_counted(stage, "peercert_rules{kind=\"allow\"} 2");
    write_rules(stage, "deny any\n");
    service_rules_look(&stage->service, true);
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    log = log_of(stage);
    cr_expect_not_null(strstr(log, "access.rules: rules reloaded\n"), "%s", log);
    free(log);
    expect_counted(stage, "peercert_reload_total{what=\"rules\",result=\"reloaded\"} 1");
    expect_counted(stage, "peercert_rules{kind=\"deny\"} 1");
    stage_free(stage);
}

/* The lines that are counted are those that decide. */
Test(service_rules, shadow_rules_are_loaded_beside_and_their_lines_are_not_counted)
{
    struct stage *stage = stage_new("allow any user=$cn\n", "deny any\ndeny any path=/x/\n");

    cr_assert_not_null(stage->service.shadow);
    expect_counted(stage, "peercert_rules{kind=\"allow\"} 1");
    expect_counted(stage, "peercert_rules{kind=\"deny\"} 0");
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    expect_counted(stage, "peercert_shadow_total{enforced=\"allowed\",shadow=\"denied\"} 1");
    service_rules_look(&stage->service, true);
    expect_counted(stage, "peercert_rules{kind=\"deny\"} 0");
    stage_free(stage);
}

Test(service_rules, rules_are_not_loaded_without_a_trust)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct trust_options options = trust_options_of(&stage->config);
    struct error error = {.kind = ERROR_NONE};

    trust_current_free(stage->service.trust);
    stage->service.trust = trust_current_new(&options);
    cr_expect_not(service_rules_load(&stage->service, &error));
    cr_expect_str_eq(error.text, "the rules need a trust");
    service_rules_look(&stage->service, true);
    stage_free(stage);
}
