/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_ADVICE_H
#define PEERCERT_ADVICE_H

#include "verify/verdict.h"
#include <stddef.h>

/* What a status means and what to do next, in words: the same sentences in every format. */

/* Constants, plain text without markup. */
struct advice {
    const char *meaning;  /* what the status means */
    const char *person;   /* what to do, for the one with the certificate */
    const char *operator; /* the same for the one who runs the server or the CA */
};

/* The advice on a status. Never NULL, and no member is. */
const struct advice *advice_on(enum verdict_status status);

/* The advice on a verdict: by the reason where that has its own, otherwise by the status. What is
 * special (which CA, which date, which extension) stands in the verdict's reason. */
const struct advice *advice_on_verdict(const struct verdict *verdict);

/* The same where a certificate was revoked, or that cannot be told; NULL when the status says it
 * all, or is another. */
const struct advice *advice_on_revocation(const struct verdict *verdict);

/* On a valid certificate that soon expires, and on a file that is no certificate. */
extern const struct advice advice_on_expiry;
extern const struct advice advice_on_file;

/* The advice when the front server refused a certificate and kept it to itself, so that none came:
 * by the X509_V_ERR number that it gave (lighttpd's reason(10)), -1 when it gave none. */
const struct advice *advice_on_refusal(int error_code);

/* How a certificate gets into a browser, for the page that says that none was sent. */
struct advice_import {
    const char *browser;
    const char *steps;
};
extern const struct advice_import advice_imports[];
extern const size_t advice_import_count;

#endif
