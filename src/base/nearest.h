/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_NEAREST_H
#define PEERCERT_NEAREST_H

/* The name of the NULL-terminated list that is nearest to a word, for "did you mean": at most two
 * letters are to be put in, taken out, changed or swapped with the next one. The first of several.
 * NULL when none is near. Borrowed from the list. */
const char *nearest_name(const char *word, const char *const *names);

#endif
