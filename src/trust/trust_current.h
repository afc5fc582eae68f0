/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_CURRENT_H
#define PEERCERT_TRUST_CURRENT_H

#include "trust/trust.h"

/* The snapshot that counts now. A new one is built aside and swapped in; requests keep the one that
 * they began with. trust_current_get is safe in several threads at once; all else is for one
 * thread. */
struct trust_current;

enum trust_change {
    TRUST_SAME,    /* the trust is as it was */
    TRUST_CHANGED, /* a new snapshot counts from now on */
    TRUST_KEPT,    /* nothing could be loaded: the old snapshot, if any, still counts */
};

/* What came of loading. Zero it before use; free with trust_news_free. */
struct trust_news {
    struct error error;   /* TRUST_KEPT: why */
    struct list warnings; /* sentences that the snapshot before did not have */
    struct list kept;     /* the same of what is kept (trust_kept_words) */
};
void trust_news_free(struct trust_news *news);

/* Makes one without a snapshot. The options' lists are borrowed as long as it lives. NULL when
 * memory ran out; free with trust_current_free. */
struct trust_current *trust_current_new(const struct trust_options *options);
void trust_current_free(struct trust_current *current);

/* The snapshot that counts, with a reference that the caller gives back with trust_release; NULL
 * when none could be loaded. */
struct trust *trust_current_get(struct trust_current *current);

/* Reads the files and swaps a new snapshot in when anything in it is new. The first time each file
 * must read; afterwards trust_load_after tells what counts. A snapshot
 * that is the same (TRUST_SAME) takes the place of the former one too, with a number of its own:
 * what was remembered with that is asked anew. */
enum trust_change trust_current_reload(struct trust_current *current, struct trust_news *news);

/* The same when files have moved, when a CRL that was kept until another is due may go, or, once a
 * minute, when something is kept; otherwise nothing is read. An error that was told is not told
 * again. */
enum trust_change trust_current_look(struct trust_current *current, struct trust_news *news);

/* Whether an hour has passed since what is kept was told last, and something is kept: fills
 * news->kept with all of it then. */
bool trust_current_remind(struct trust_current *current, struct trust_news *news);

#endif
