/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_SAMPLE_IDENTITY_H
#define PEERCERT_TESTS_SAMPLE_IDENTITY_H

#include "certificate/identity.h"
#include "forwarded/forwarded.h"
#include "report/report.h"
#include "verify/verify.h"

/* An identity with every field filled in, always the same, for tests that compare whole reports.
 * Fills *identity with static strings: nothing is to be freed. Valid from 2026-11-23T17:57:38Z to
 * 2027-11-23T17:57:38Z. */
void sample_identity(struct identity *identity);

/* The same with nothing that a certificate may lack (version 1). */
void sample_plain_identity(struct identity *identity);

/* A certificate that came in SSL_CLIENT_CERT as PEM; the front server said `front` (NULL: nothing).
 */
void sample_forwarded(struct forwarded *forwarded, const char *front);

/* A report on an identity of the caller's, which came so; both are filled in: plain, or with
 * everything. Warns 30 days before the end. */
struct report sample_report(enum report_format format, bool plain, struct identity *identity,
    struct forwarded *forwarded, const char *front);

/* A verdict of this status, judged at a moment written as RFC 3339 says. */
void sample_verdict(struct verdict *verdict, enum verdict_status status, const char *moment);

/* A valid verdict, judged at such a moment, of a chain of two up to CN=Acme CA,O=Acme, good by a
 * CRL of 2026-11-24 that ends a day later. */
struct verdict sample_good_verdict(const char *moment);

/* The same of a certificate that was revoked on 2026-11-24T12:00:00Z for keyCompromise. */
struct verdict sample_revoked_verdict(const char *moment);

/* What came is this text; and the same of what a report says of a verdict, without the identity. */
void sample_expect_text(const char *came, const char *wanted);
void sample_expect_verdict(
    const struct report *report, const struct verdict *verdict, const char *wanted);

/* Seconds since 1970 of a moment written as RFC 3339 says. */
time_t sample_time(const char *moment);

#endif
