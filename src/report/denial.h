/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_DENIAL_H
#define PEERCERT_DENIAL_H

#include "report/report.h"
#include "rules/rules.h"

/* The body of a gate's no: what is wrong, and what the refused person can do. */

/* Bytes of a body at the most: httpd's mod_authnz_fcgi passes 8 KiB on. */
#define DENIAL_MAX_BYTES ((size_t)7 * 1024)

/* What a denial is about; borrows everything. */
struct denial {
    const struct report *report;   /* format, forwarded, identity */
    const struct verdict *verdict; /* NULL: it could not be decided (503) */
    const char *reason;            /* a verdict status or another reason of the gate, by its name */
    const char *decision;          /* the number under which the log has it */
    /* Told to clients with a valid certificate alone, and only when the rules say so: */
    const char *rule; /* the deciding line's name; NULL: none, or not to be told */
    const struct rules_miss *misses;
    size_t miss_count;
};

/* Appends the body in report->format: everything from outside is escaped, its first character is no
 * slash, and it has DENIAL_MAX_BYTES at the most: what the rules say is left out before that. */
void denial_append(struct text *text, const struct denial *denial);

#endif
