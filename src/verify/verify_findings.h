/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_FINDINGS_H
#define PEERCERT_VERIFY_FINDINGS_H

#include "certificate/crl.h"
#include "verify/verify.h"
#include "verify/verify_causes.h"
#include "verify/verify_path.h"
#include <stddef.h>

/* Different errors that are kept apart; more than that is untrusted. */
#define FINDINGS_MAX 32

struct finding {
    int code;  /* X509_V_ERR number */
    int depth; /* 0 is the leaf */
    enum verify_cause cause;
    const struct crl *crl; /* that it is about; NULL when it is about none */
};

/* What is collected of one path. Zero it but for the borrowed members in the first block. */
struct findings {
    const struct path *path;
    const struct trust *trust;
    const struct verify_options *options;
    struct verdict *verdict;

    struct finding errors[FINDINGS_MAX];
    size_t count;
    bool too_many;
    bool finished; /* X509_verify_cert returned 1 */
};

/* Keeps an error, once for each depth. */
void findings_add(struct findings *findings, int code, int depth);

/* The same with the error number of a cause. */
void findings_add_cause(struct findings *findings, enum verify_cause cause, int depth);

/* The same as findings_add, about this list (borrowed from the snapshot). */
void findings_add_crl(struct findings *findings, int code, int depth, const struct crl *crl);

/* The same with the error number of a cause. */
void findings_add_crl_cause(
    struct findings *findings, enum verify_cause cause, int depth, const struct crl *crl);

/* The callback for X509_STORE_CTX_set_verify_cb(3), with a struct findings as the application's
 * data of the context. libcrypto stops at its first error unless told to go on; others may count
 * more than the first, but nothing counts more than what makes the certificate untrusted: that ends
 * it. Nothing is forgiven here. */
int findings_collect(int good, X509_STORE_CTX *context);

/* The finding that counts: the first one of the status that comes first in the order of precedence;
 * NULL, with the status valid, when none counts. Borrowed from `findings`. */
const struct finding *findings_judge(const struct findings *findings, enum verdict_status *status);

#endif
