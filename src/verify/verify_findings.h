#ifndef PEERCERT_VERIFY_FINDINGS_H
#define PEERCERT_VERIFY_FINDINGS_H

#include "verify/verify.h"
#include <stddef.h>

/* Different errors that are kept apart; more than that is untrusted. */
#define FINDINGS_MAX 32

struct finding {
    int code;  /* X509_V_ERR number */
    int depth; /* 0 is the leaf */
};

/* What the callback collects while libcrypto goes on. Zero it but for `verdict`, borrowed. */
struct findings {
    struct finding errors[FINDINGS_MAX];
    size_t count;
    bool too_many;
    bool finished; /* X509_verify_cert returned 1 */
    struct verdict *verdict;
};

/* Keeps an error, once for each depth. */
void findings_add(struct findings *findings, int code, int depth);

/* The callback for X509_STORE_CTX_set_verify_cb(3), with a struct findings as the application's
 * data of the context. libcrypto stops at its first error unless told to go on; all of them are
 * needed, since the first is not the one that counts. Nothing is forgiven here. */
int findings_collect(int good, X509_STORE_CTX *context);

/* The finding that counts: the first one of the status that comes first in the order of precedence;
 * NULL, with the status valid, when none counts. `anchor_depth` is where the proven chain ends, -1
 * when there is none. Borrowed from `findings`. */
const struct finding *findings_judge(const struct findings *findings, int anchor_depth,
    const struct verify_options *options, enum verdict_status *status);

#endif
