/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_NAMES_H
#define PEERCERT_RULES_NAMES_H

#include "rules/rules_model.h"

/* For rules_subject.c alone. Reads the names of a certificate that the rules ask for into
 * subject->names, and sets identities[id] for each value that one of them meets, and doubted[id]
 * for those that one may be meant by (rules_doubt.h). `proven` is its path, or NULL: not known.
 * Returns ERROR_NONE, ERROR_MEMORY, ERROR_LIBRARY, or ERROR_INPUT when its alternative names or
 * policies cannot be read. */
enum error_kind rules_names_read(const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven,
    struct rules_subject *subject, bool *identities, bool *doubted);

#endif
