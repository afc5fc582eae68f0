/* SPDX-License-Identifier: ISC */
#include "report/denial.h"
#include "unit/base/memory_fault.h"
#include "unit/report/sample_identity.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW "2026-11-24T17:57:38Z"

/* Each allocation fails in turn: the whole body, or a failure and nothing. */
static void torture(const struct denial *denial)
{
    struct text whole = {.limit = 0};
    unsigned long nth, count, failed = 0;

    memory_fault_at(0, false);
    denial_append(&whole, denial);
    count = memory_fault_count();
    cr_assert(!whole.failed && whole.length > 0);
    for (nth = 1; nth <= count; nth++) {
        struct text text = {.limit = 0};

        memory_fault_at(nth, false);
        denial_append(&text, denial);
        memory_fault_at(0, false);
        if (text.failed)
            cr_expect_eq(text.length, 0, "allocation %lu", nth);
        else
            cr_expect_str_eq(text.data, whole.data, "allocation %lu", nth);
        failed += text.failed;
        text_free(&text);
    }
    cr_expect_gt(failed, 2);
    text_free(&whole);
}

Test(denial_memory, a_body_is_whole_or_none)
{
    static const enum report_format formats[] = {REPORT_TEXT, REPORT_JSON, REPORT_HTML};
    struct identity identity;
    struct forwarded forwarded;
    struct verdict verdict = sample_good_verdict(NOW);
    size_t i;

    sample_identity(&identity);
    sample_forwarded(&forwarded, NULL);
    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        const struct report report = {
            .format = formats[i], .forwarded = &forwarded, .identity = &identity};

        torture(&(struct denial){.report = &report,
            .verdict = &verdict,
            .reason = "no_rule",
            .decision = "0123456789abcdef"});
    }
}
