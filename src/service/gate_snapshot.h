/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_GATE_SNAPSHOT_H
#define PEERCERT_GATE_SNAPSHOT_H

#include "service/service.h"

/* What a gate judges by: trust and rules that belong together. New rules may be for a trust without
 * some CA of the one before, and a new CA may come with the line that denies its clients something:
 * neither counts before the other. */

/* Of one moment; each may be NULL. */
struct gate_snapshot {
    struct trust *trust;
    struct rules *rules, *shadow;
};

struct gate_current;

/* Makes one with nothing in it; NULL when out of memory. Free with gate_current_free, which accepts
 * NULL. */
struct gate_current *gate_current_new(void);
void gate_current_free(struct gate_current *current);

/* Has the trust and the rules of the service count from now on. By the thread that loads them, when
 * it has loaded both. */
void gate_current_set(struct gate_current *current, const struct service *service);

/* What counts, with references that gate_snapshot_release gives back. `current` may be NULL. */
struct gate_snapshot gate_current_get(struct gate_current *current);
void gate_snapshot_release(struct gate_snapshot *snapshot);

#endif
