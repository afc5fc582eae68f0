/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_ABOUT_H
#define PEERCERT_TRUST_ABOUT_H

#include "base/text.h"
#include "trust/trust.h"
#include <time.h>

/* Appends the CA certificates and the CRLs by name, each with its end and whether that has passed
 * at `now`, for a line of the log; of many the first few and how many more there are. Each begins
 * with "; ". Names are safe to show. Check text->failed. */
void trust_append_summary(const struct trust *trust, time_t now, struct text *text);

#endif
