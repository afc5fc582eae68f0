/* SPDX-License-Identifier: ISC */
#include "service/explain.h"
#include "unit/base/leaks.h"
#include "unit/base/memory_fault.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* What --explain writes is tried in tests/integration/test_explain.py; here memory runs out. */
TestSuite(explain, .timeout = 300);

#define NOON "2026-11-27T12:00:00Z"

/* What was explained: the output and the exit code. */
struct told {
    char output[16384];
    int code;
};

static void tell(struct stage *stage, struct rules *rules, struct told *told)
{
    FILE *output = fmemopen(told->output, sizeof(told->output), "w");

    cr_assert_not_null(output);
    told->output[0] = '\0';
    told->code = explain_files(&stage->service, rules, output);
    (void)fclose(output);
}

/* All of it (but for the words about a near miss, which may be cut), or that it was not judged, or
 * nothing and exit code 2. */
static void expect_all_or_nothing(
    const struct told *came, const struct told *wanted, unsigned long nth)
{
    if (strstr(came->output, "not_judged") != NULL) {
        cr_expect_eq(came->code, 1, "allocation %lu: %d, %s", nth, came->code, came->output);
        return;
    }
    if (came->output[0] == '\0') {
        cr_expect_eq(came->code, 2, "allocation %lu: %d", nth, came->code);
        return;
    }
    cr_expect_eq(came->code, wanted->code, "allocation %lu", nth);
    if (strstr(came->output, "...") != NULL)
        return;
    cr_expect_str_eq(came->output, wanted->output, "allocation %lu: %s", nth, came->output);
}

static void torture(struct stage *stage, bool and_after)
{
    struct rules *rules = rules_current_get(stage->service.rules);
    static struct told wanted, came;
    unsigned long nth, count, told = 0;

    tell(stage, rules, &wanted);
    memory_fault_at(0, false);
    tell(stage, rules, &came);
    count = memory_fault_count();
    cr_assert_str_eq(came.output, wanted.output);
    cr_assert_gt(count, 50, "the allocations are not seen");
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        memory_fault_at(nth, and_after);
        tell(stage, rules, &came);
        memory_fault_at(0, false);
        ERR_clear_error();
        expect_all_or_nothing(&came, &wanted, nth);
        told += came.code == wanted.code;
    }
    cr_expect_lt(told, count, "nothing failed");
    rules_release(rules);
}

static void torture_formats(const char *path)
{
    static const int formats[] = {CONFIG_FORMAT_TEXT, CONFIG_FORMAT_JSON};
    struct stage *stage = stage_new(usual_rules, NULL);
    char *pem = pki_pem(stage->client->certificate);
    char *file = pki_write_text(stage->files.dir, "client.cer", pem), *files[] = {file};
    char at[] = NOON, asked[64];
    size_t i;

    free(pem);
    stage->config.files = (struct list){.items = files, .count = 1};
    stage->config.explain = true;
    stage->config.at = at;
    cr_assert(config_parse_time(at, &stage->config.at_time));
    (void)snprintf(asked, sizeof(asked), "%s", path != NULL ? path : "");
    stage->config.path = path != NULL ? asked : NULL;
    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        stage->config.format = formats[i];
        torture(stage, false);
        torture(stage, true);
    }
    free(file);
    stage_free(stage);
    expect_no_leak("explaining");
}

Test(explain, without_memory_a_yes_is_told_whole_or_not, .init = cr_redirect_stderr)
{
    torture_formats("/pub/x");
}

Test(explain, without_memory_a_no_is_told_whole_or_not, .init = cr_redirect_stderr)
{
    torture_formats("/secret/x");
}

Test(explain, without_memory_the_lines_are_told_whole_or_not, .init = cr_redirect_stderr)
{
    torture_formats(NULL);
}
