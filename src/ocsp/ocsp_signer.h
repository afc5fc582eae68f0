/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_SIGNER_H
#define PEERCERT_OCSP_SIGNER_H

#include "ocsp/ocsp_answer.h"

/* What is wrong with whoever signed a response. */
struct ocsp_fault {
    char words[200]; /* safe to show; "" when nothing is */
    bool weak;       /* it is a key or a digest that the security level does not allow */
};

/* Whether a basic response was signed by who may: the issuer of the certificate asked about, or a
 * responder to whom that issuer gave the right (RFC 6960 section 4.2.2.2). Fills *fault with what
 * is wrong; the words are true as well when memory fails, which the caller looks for. Arguments as
 * those of ocsp_answer_check. */
bool ocsp_signer_check(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct trust *trust, const struct config *config, time_t now, struct ocsp_fault *fault);

#endif
