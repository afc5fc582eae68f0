#ifndef PEERCERT_TRUST_ABOUT_H
#define PEERCERT_TRUST_ABOUT_H

#include "base/text.h"
#include "trust/trust.h"

/* The first end of a CA certificate (notAfter) and of a CRL (nextUpdate) of the snapshot; 0 where
 * there is none that can be read. */
void trust_next_ends(const struct trust *trust, time_t *ca, time_t *crl);

/* Appends the CA certificates and the CRLs by name, each with its end, for a line of the log; of
 * many the first few and how many more there are. Names are safe to show. Check text->failed. */
void trust_append_summary(const struct trust *trust, struct text *text);

#endif
