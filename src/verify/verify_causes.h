/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_CAUSES_H
#define PEERCERT_VERIFY_CAUSES_H

/* What this module finds itself, and what libcrypto's number alone does not tell. Each has one
 * sentence, which must be true whenever the cause is given. */
enum verify_cause {
    CAUSE_OF_CODE, /* none of these: the sentence is that of the X509_V_ERR number */
    CAUSE_SELF_SIGNED,
    CAUSE_SELF_ISSUED,
    CAUSE_NAMED_LIKE_CA,
    CAUSE_OTHER_ROOT,
    CAUSE_ISSUER_UNKNOWN,
    CAUSE_OTHER_KEY,
    CAUSE_OTHER_KEY_ID,
    CAUSE_SIGNATURE,
    CAUSE_ALGORITHM_UNKNOWN,
    CAUSE_ALGORITHMS_DIFFER,
    CAUSE_CA_KEY_UNKNOWN,
    CAUSE_BAD_KEY,
    CAUSE_TOO_MANY_CAS,
    CAUSE_TOO_MANY_ERRORS,
    CAUSE_TRUSTED_CA,
    CAUSE_VERSION,
    CAUSE_CA_VERSION,
    CAUSE_LIMIT,
    CAUSE_POLICY_UNREADABLE,
    CAUSE_CONSTRAINT,
    CAUSE_CONSTRAINT_NAME,
    CAUSE_CONSTRAINT_UNREADABLE,
    CAUSE_CRL_DIGEST,
    CAUSE_CRL_OTHER_KEY,
    CAUSE_OCSP_WEAK, /* given by the ocsp module, with words of its own */
};
#define CAUSE_COUNT (CAUSE_OCSP_WEAK + 1)

/* The X509_V_ERR number that is told with a cause. */
int verify_cause_code(enum verify_cause cause);

/* The sentence; CAUSE_OF_CODE has none: "". */
const char *verify_cause_words(enum verify_cause cause);

#endif
