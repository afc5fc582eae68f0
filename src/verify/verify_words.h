/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_WORDS_H
#define PEERCERT_VERIFY_WORDS_H

#include "verify/verify_findings.h"

/* Puts a finding into a verdict: its number, its depth, and the reason in words that are true for
 * this certificate: which extension, which CA, which date. `about` is the certificate that it is
 * about, or NULL; borrowed. false when memory failed. */
bool words_describe(const struct finding *finding, X509 *about,
    const struct verify_options *options, struct verdict *verdict);

#endif
