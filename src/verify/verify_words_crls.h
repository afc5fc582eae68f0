/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_WORDS_CRLS_H
#define PEERCERT_VERIFY_WORDS_CRLS_H

#include "base/text.h"
#include "verify/verify_findings.h"

/* Bytes of a name in a reason at the most. */
#define WORDS_NAME_BYTES 100

/* What a sentence speaks of. Borrows everything. */
struct words_facts {
    const struct finding *finding;
    X509 *about;
    const struct verify_options *options;
    char name[WORDS_NAME_BYTES]; /* of `about`, or of its issuer */
};

/* How a finding is told. */
struct words_sentence {
    int code;
    enum verify_cause cause;
    void (*append)(struct text *text, const struct words_facts *facts);
};

/* Those about a CRL, which take the name of the certificate's issuer; NULL for `append` behind the
 * last. */
extern const struct words_sentence words_crl_sentences[];

#endif
