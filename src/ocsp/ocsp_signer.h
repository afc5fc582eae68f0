/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_SIGNER_H
#define PEERCERT_OCSP_SIGNER_H

#include "ocsp/ocsp_answer.h"

/* Whether a basic response was signed by who may: the issuer of the certificate asked about, or a
 * responder to whom that issuer gave the right (RFC 6960 section 4.2.2.2). NULL when so, else what
 * is wrong in words. Arguments as those of ocsp_answer_check. */
const char *ocsp_signer_fault(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct trust *trust, const struct config *config, time_t now);

#endif
