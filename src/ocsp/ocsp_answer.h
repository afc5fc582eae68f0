/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_ANSWER_H
#define PEERCERT_OCSP_ANSWER_H

#include "certificate/certificate.h"
#include "config/config.h"
#include "trust/trust.h"
#include <openssl/ocsp.h>
#include <stdbool.h>
#include <time.h>

/* How far in the future an answer's thisUpdate may lie (clocks differ), how old an answer may be
 * whatever its nextUpdate says, and how long one is relied on; seconds. */
#define OCSP_MAX_SKEW 60
#define OCSP_MAX_AGE (10L * 86400)
#define OCSP_MAX_KEEP 3600
/* How long it is remembered that a responder could not tell. */
#define OCSP_FAILURE_KEEP 10

enum ocsp_result {
    OCSP_SAYS_GOOD,
    OCSP_SAYS_REVOKED,
    OCSP_SAYS_UNKNOWN, /* the responder does not know the certificate */
    OCSP_UNUSABLE,     /* the answer must not be relied on */
    OCSP_UNREACHED,    /* there is no answer */
    OCSP_FAILED,       /* memory or libcrypto failed: nothing is known */
};

/* What is known from a responder; owns nothing. */
struct ocsp_answer {
    enum ocsp_result result;
    char words[200]; /* why it is neither good nor revoked, safe to show; "" otherwise */
    bool weak;       /* it is signed too weakly for the security level */
    time_t this_update, next_update; /* 0 when not known */
    time_t revoked_at;               /* 0 when not revoked or unknown */
    const char *reason;              /* RFC 5280 section 5.3.1 name; NULL when none was given */
    time_t from, until;              /* it may be relied on in [from, until) */
};

/* A request about one certificate, and what an answer must fit. Free with ocsp_question_free. */
struct ocsp_question {
    OCSP_REQUEST *request;
    OCSP_CERTID *id;     /* owned by the request */
    X509 *leaf, *issuer; /* borrowed */
};

/* Makes the question whether `leaf` of `issuer` (both borrowed as long as the question) is revoked,
 * with a nonce of 32 bytes (RFC 8954, RFC 9654) or without. Names and keys are hashed with SHA-1 as
 * every responder can (RFC 5019 section 2.1.1); nothing rests on that. false when memory runs out,
 * or when libcrypto fails. */
bool ocsp_question_make(struct ocsp_question *question, X509 *leaf, X509 *issuer, bool with_nonce);
void ocsp_question_free(struct ocsp_question *question);

/* The question's bytes, which the caller frees with free(). */
bool ocsp_question_encode(const struct ocsp_question *question, struct bytes *bytes);

/* Sets an answer without any: the result and words. It may be relied on for a short time. */
void ocsp_answer_set(
    struct ocsp_answer *answer, enum ocsp_result result, time_t now, const char *words);

/* Checks a response's bytes as RFC 6960 section 3.2 says, and fills *answer. Needs no network, so a
 * saved response will do (for a question without a nonce).
 *
 * It is OCSP_UNUSABLE unless it is a successful basic response that the issuer signed itself, or a
 * responder whose certificate that same issuer key signed with id-kp-OCSPSigning (RFC 6960 section
 * 4.2.2.2), with a digest and keys that the security level allows; certificates that came with the
 * client count for nothing, and a certificate does not vouch for itself; no CRL of the trust lists
 * the responder. The certificate asked about must be in it.
 *
 * An authentic `revoked` counts whatever its times. `good` counts alone when it repeats the
 * question's nonce (an absent nonce is taken with --ocsp-nonce optional, another one never),
 * thisUpdate is not in the future nor older than OCSP_MAX_AGE, and nextUpdate is there, later than
 * thisUpdate and not past. `trust` may be NULL: then no CRL is known. */
void ocsp_answer_check(const struct ocsp_question *question, const struct bytes *response,
    const struct trust *trust, const struct config *config, time_t now, struct ocsp_answer *answer);

#endif
