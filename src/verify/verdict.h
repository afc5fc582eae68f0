/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_H
#define PEERCERT_VERDICT_H

#include "verify/verify_causes.h"
#include <stdbool.h>
#include <time.h>

/* The verdict vocabulary, everywhere the same. In order of precedence: when several apply the
 * earlier one counts. */
enum verdict_status {
    VERDICT_NOT_JUDGED, /* memory or libcrypto failed: nothing is known */
    VERDICT_ABSENT,
    VERDICT_MALFORMED,
    VERDICT_UNTRUSTED,
    VERDICT_WRONG_PURPOSE,
    VERDICT_REVOKED,
    VERDICT_REVOCATION_UNKNOWN,
    VERDICT_EXPIRED,
    VERDICT_NOT_YET_VALID,
    VERDICT_VALID,
};
#define VERDICT_STATUS_COUNT (VERDICT_VALID + 1)

enum verdict_revocation {
    REVOCATION_NOT_CHECKED, /* no CRL is configured, and no OCSP responder told */
    REVOCATION_GOOD,        /* a current CRL of the issuer does not list it, or OCSP said so */
    REVOCATION_UNKNOWN,     /* no current CRL */
    REVOCATION_REVOKED,
};

/* What an OCSP responder said of a certificate that is valid in all else (room ocsp). */
enum verdict_ocsp {
    VERDICT_OCSP_NOT_ASKED, /* --ocsp off, or the certificate is not valid anyway */
    VERDICT_OCSP_GOOD,
    VERDICT_OCSP_REVOKED,
    VERDICT_OCSP_UNKNOWN, /* the responder's word is not known; ocsp_words says why */
};

/* The reason that only entries of delta CRLs may have (RFC 5280 section 5.3.1): in a verdict it is
 * that of an entry in a complete CRL, which counts as one that revokes. */
#define REVOCATION_REASON_REMOVED "removeFromCRL"

/* What was found; owns nothing. The strings are safe to show. */
struct verdict {
    enum verdict_status status;
    int error_code;          /* X509_V_ERR number, 0 when none */
    int error_depth;         /* in the chain, 0 is the leaf; -1 when it does not apply */
    enum verify_cause cause; /* what the number stands for, where it stands for several things */
    char reason[400];        /* why, in words; "" when valid */
    time_t checked_at;       /* the moment it was judged for */
    enum verdict_revocation revocation;
    bool above_unknown; /* of a CA above it, a list is to be checked and is not known to be good */
    time_t revoked_at;  /* 0 when not revoked or unknown */
    const char *revocation_reason; /* RFC 5280 5.3.1 name, NULL when none was given */
    time_t crl_this_update;        /* of the leaf's oldest CRL that is needed; 0 when none */
    time_t crl_next_update;
    enum verdict_ocsp ocsp;
    char ocsp_words[200];    /* why it is not known; "" otherwise */
    time_t ocsp_this_update; /* of the answer that counted; 0 when none did */
    time_t ocsp_next_update;
    int chain_length;  /* certificates in the chain that was proven, with leaf and anchor; 0 when
                          none was */
    char anchor[256];  /* the anchor's name, RFC 2253, "" when no chain was proven */
    time_t good_from;  /* the verdict cannot change in [good_from, good_until), */
    time_t good_until; /* as far as the dates in its input tell */
};

/* The status as the reports, logs and metrics write it: "valid", "expired", ... Never NULL. */
const char *verdict_status_name(enum verdict_status status);

/* OpenSSL's keyword of an X509_V_ERR number ("X509_V_ERR_CERT_HAS_EXPIRED"), "X509_V_OK" for 0;
 * NULL when it has none here. */
const char *verdict_error_name(int error_code);

/* The words for an X509_V_ERR number; never NULL. Also for what front servers say with a number. */
const char *verdict_error_words(int error_code);

/* Makes a verdict without verification: malformed, absent, not_judged; with the reason (already
 * safe to show). */
void verdict_set(
    struct verdict *verdict, enum verdict_status status, time_t now, const char *reason);

#endif
