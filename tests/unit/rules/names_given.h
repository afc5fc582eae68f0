/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_NAMES_GIVEN_H
#define PEERCERT_TESTS_NAMES_GIVEN_H

#include "unit/rules/rules_rows.h"

/* Certificates with odd names, in the world of rules_world_make: what they meet, and what name they
 * give. The rule is line 2, behind `issuer acme acme.cer`. */

/* A certificate of acme for this specification, and what comes of GET h /: see world_decide. */
void expect_for(const char *rule, const struct pki_spec *spec, const char *wanted);

/* The same with these alternative names (x509v3_config(5)). */
struct names_row {
    const char *rule, *names, *wanted;
};

void try_names(const struct names_row *rows, size_t count);

#define TRY_NAMES(rows) try_names(rows, sizeof(rows) / sizeof((rows)[0]))

/* Names that are met in doubt: line 2 denies this value, line 3 allows all that is left; a line
 * that allows the value holds in no case. */
struct doubt_row {
    const char *value, *names; /* of the line; subjectAltName */
    bool denied;
};

void try_doubts(const struct doubt_row *rows, size_t count);

#define TRY_DOUBTS(rows) try_doubts(rows, sizeof(rows) / sizeof((rows)[0]))

#endif
