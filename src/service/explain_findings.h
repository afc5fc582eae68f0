/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_EXPLAIN_FINDINGS_H
#define PEERCERT_EXPLAIN_FINDINGS_H

#include "base/text.h"
#include "rules/rules.h"
#include "service/evaluate.h"

/* For explain.c alone: what was found out of one file, and its writers. */
struct explain_findings {
    const char *file;
    const struct rules *rules;
    const struct evaluation *evaluation;
    const struct rules_subject *subject; /* NULL unless valid */
    struct rules_request request;
    bool for_request; /* --path was given: `decision` counts, else the table */
    bool allowed;
    struct rules_decision decision;
    struct rules_miss misses[RULES_MAX_MISSES];
    size_t miss_count;
};

/* The outcome of a certificate that is valid: "rule", ..., else the verdict's status. */
const char *explain_reason(const struct explain_findings *findings);

/* Appends the findings as text; check text->failed. */
void explain_append_text(struct text *text, const struct explain_findings *findings);

/* One line of a table: FILE, allowed or denied, the rule, the user or the reason. */
void explain_append_row(struct text *text, const struct explain_findings *findings);

/* One line of JSON. */
void explain_append_json(struct text *text, const struct explain_findings *findings);

#endif
