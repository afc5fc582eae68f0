/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_CURRENT_H
#define PEERCERT_RULES_CURRENT_H

#include "rules/rules.h"

/* The rules of one file that count now. New ones are built aside and swapped in; requests keep
 * those that they began with. A file that cannot be used leaves the old rules in force. Safe in
 * several threads at once. */
struct rules_current;

enum rules_change {
    RULES_SAME,    /* nothing changed since the last look, or what is broken was told already */
    RULES_CHANGED, /* new rules count from now on */
    RULES_KEPT,    /* the file is not usable: the old rules still count; told again each hour */
};

/* Makes one without rules for this file, whose name is copied. NULL when out of memory; free with
 * rules_current_free, which accepts NULL. */
struct rules_current *rules_current_new(const char *path);
void rules_current_free(struct rules_current *current);

/* The rules that count, with a reference that the caller gives back with rules_release; NULL when
 * none could be loaded. */
struct rules *rules_current_get(struct rules_current *current);

/* Loads the file and swaps the rules in, changed or not. RULES_KEPT with an error when they cannot
 * be used. *warnings (may be NULL) is replaced by what rules_load has to say. By one thread. */
enum rules_change rules_current_reload(struct rules_current *current, const struct trust *trust,
    struct list *warnings, struct error *error);

/* Looks whether the file, or a file that an `issuer` names, is another than before, or the trust is
 * another since the file was refused, and if so reloads. To be called about once a second, by one
 * thread. `now` is of the monotonic clock, in milliseconds. */
enum rules_change rules_current_look(struct rules_current *current, const struct trust *trust,
    int64_t now, struct list *warnings, struct error *error);

#endif
