/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_VALUE_H
#define PEERCERT_RULES_VALUE_H

#include "rules/rules_model.h"

/* What the readers of values share. For this module alone. */

/* Puts bytes of the arena into value->bytes. false with ERROR_MEMORY. */
bool rules_value_set(
    struct rules *rules, struct rules_value *value, const char *bytes, struct error *error);

/* Says why a value is refused; returns false. */
bool rules_value_refuse(struct error *error, const char *words);

#endif
