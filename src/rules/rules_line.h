/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_LINE_H
#define PEERCERT_RULES_LINE_H

#include "rules/rules_model.h"

/* Reads one line of a rule file. For this module alone. */

extern const char *const rules_line_names[LINE_KINDS + 1];

/* Appends what a line says to rules->lines (which has room), nothing for an empty one. `line` has
 * no control characters. false with an error that does not name the line. */
bool rules_line_read(struct rules *rules, const char *line, size_t number, struct error *error);

/* The term of a key; NULL when the line has none. */
const struct rules_term *rules_line_term(const struct rules_line *line, enum rules_key key);

#endif
