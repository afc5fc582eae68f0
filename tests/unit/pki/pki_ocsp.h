/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_PKI_OCSP_H
#define PEERCERT_TESTS_PKI_OCSP_H

#include "certificate/certificate.h"
#include "ocsp/ocsp_answer.h"
#include "unit/pki/pki.h"

/* What a responder answers. All zero but `question`, `signer` is `good` from a minute ago for an
 * hour, with the question's nonce. Times are seconds from now. */
struct pki_ocsp_spec {
    const struct ocsp_question *question;
    const struct pki *signer;
    X509 *certificates[3]; /* that the response carries */
    OCSP_CERTID *id;       /* instead of the question's */
    int status_plus_one;   /* V_OCSP_CERTSTATUS_...; 0: good */
    int reason_plus_one;   /* 0: none */
    long this_update;      /* 0: a minute ago */
    long next_update;      /* 0: in an hour */
    bool no_next_update;
    bool no_nonce;
    bool other_nonce;
    bool critical;       /* with a critical extension that nobody knows */
    bool by_key;         /* names its signer by key */
    const char *digest;  /* NULL: sha256, or none for Ed25519 */
    int response_status; /* OCSP_RESPONSE_STATUS_...; 0: successful */
    bool also_revoked;   /* a second entry that says so */
};

/* The DER of the response; its data is freed with free(). */
struct bytes pki_ocsp(const struct pki_ocsp_spec *spec);

#endif
