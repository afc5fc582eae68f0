/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_RULES_ROWS_H
#define PEERCERT_TESTS_RULES_ROWS_H

#include "unit/rules/rules_world.h"

/* Tables of the tests of rules, in the world of rules_world_make. */

#define ACME "issuer acme acme.cer\n"
#define TWO_ISSUERS ACME "issuer devices devices.cer\n"

/* A rule file, who asks for what, and what comes out: see world_decide. */
struct row {
    const char *rules;
    const char *who;
    const char *asked;
    const char *wanted;
};

/* Tries rows, whose rules stand behind the lines `before`: each alone, and with many lines below
 * that are about everybody and never hold, since then rules are found by host and path. */
void try_rows(const char *before, const struct row *rows, size_t count);

#define TRY(before, rows) try_rows(before, rows, sizeof(rows) / sizeof((rows)[0]))

/* A rule file that is refused, and with what words behind "access.rules": all of them, or with a
 * `*` at the end how they begin. */
struct refusal {
    const char *text;
    const char *wanted;
};

void expect_rules_refused(const char *text, const char *wanted);

/* The file is taken, or with `wanted` it is refused with that. */
void expect_rules_taken_or(const char *text, const char *wanted);
void expect_rules_refusals(const struct refusal *refusals, size_t count);

/* A line with this term, KEY=VALUE, beside what it needs is refused. */
void expect_terms_refused(const char *const *terms, size_t count);

#define REFUSED(refusals) expect_rules_refusals(refusals, sizeof(refusals) / sizeof((refusals)[0]))

#endif
