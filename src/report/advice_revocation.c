/* SPDX-License-Identifier: ISC */
#include "report/advice.h"

#include <openssl/x509_vfy.h>
#include <string.h>

static const struct advice no_crl = {
    "Whether the certificate was revoked cannot be told: there is no revocation list of its CA.",
    "Tell the operator of this server what is written here.",
    "Put a CRL of the CA that the reason names into --crl; without --require-crl, --crl-missing-ok "
    "passes such CAs over.",
};

static const struct advice stale_crl = {
    "Whether the certificate was revoked cannot be told: the revocation list of its CA is too old.",
    "Try again later; if that does not help, tell the operator of this server.",
    "Sign and publish a new CRL of the CA that the reason names, and see that it reaches --crl.",
};

static const struct advice no_crl_sign = {
    "Whether the certificate was revoked cannot be told: its CA may not sign revocation lists.",
    "Tell the operator of this server what is written here.",
    "Sign the certificate of the CA that the reason names again, with cRLSign in its keyUsage and "
    "the same key; its CRL may stay.",
};

static const struct advice revoked_ca = {
    "The certificate of a CA above this one was revoked; the reason names it.",
    "Your own certificate need not be at fault: ask who issued it for one by another CA.",
    "What that CA signed is not accepted any more: issue new certificates by another CA, and put "
    "that one into --ca or --intermediates.",
};

static const struct advice held_ca = {
    "The certificate of a CA above this one is on hold; the reason names it.",
    "Your own certificate need not be at fault: keep it, and ask who issued it when the hold ends.",
    "To accept again what that CA signed, have the CA above it release it and publish the CRL.",
};

static const struct advice early_crl = {
    "Whether the certificate was revoked cannot be told: its CA's revocation list is not in force "
    "yet.",
    "Try again later; if that does not help, tell the operator of this server.",
    "Keep the CRL that is in force beside it in --crl, and compare the clocks.",
};

static const struct advice bad_crl = {
    "Whether the certificate was revoked cannot be told: its CA's revocation list does not count.",
    "Tell the operator of this server what is written here.",
    "Sign a new CRL: complete, with nextUpdate, by the key of the CA that the reason names, and "
    "with extensions that RFC 5280 section 5.2 allows.",
};

static const struct advice scope_crl = {
    "Whether the certificate was revoked cannot be told: its CA's revocation list is not about it.",
    "Tell the operator of this server what is written here.",
    "Put a CRL that is about this certificate into --crl, too: complete, and with an "
    "issuingDistributionPoint, if any, that covers it (RFC 5280 section 5.2.5).",
};

static const struct advice other_key_crl = {
    "Whether the certificate was revoked cannot be told: there is a revocation list by another key "
    "of its CA, and none by the key that signed it.",
    "Tell the operator of this server what is written here.",
    "A CA that changed its key signs a CRL with each of its keys: put the one by the key that "
    "signed the certificate into --crl, too.",
};

static const struct advice weak_crl = {
    "Whether the certificate was revoked cannot be told: the revocation list of its CA is signed "
    "with a digest that is too weak.",
    "Tell the operator of this server what is written here.",
    "Sign a new CRL with SHA-256 or better (default_md in openssl.cnf); --security-level sets what "
    "is strong enough.",
};

static const struct advice no_ocsp = {
    "Whether the certificate was revoked cannot be told: no OCSP responder gave a usable answer.",
    "Try again later; if that does not help, tell the operator of this server.",
    "The reason says what went wrong; see that the responder answers, and that --ocsp-url or "
    "--ocsp-allow names it with its port.",
};

static const struct advice unusable_ocsp = {
    "Whether the certificate was revoked cannot be told: the OCSP responder's answer tells "
    "nothing.",
    "Try again later; if that does not help, tell the operator of this server.",
    "The responder answers, and the reason says why that does not count: see that it is the one of "
    "this certificate's CA and knows all its certificates, and compare the clocks. One that "
    "repeats no nonce needs --ocsp-nonce optional.",
};

static const struct advice weak_ocsp = {
    "Whether the certificate was revoked cannot be told: the OCSP responder's answer is signed "
    "with a key or a digest that is too weak.",
    "Tell the operator of this server what is written here.",
    "The reason says which: give the responder a certificate that is signed with SHA-256 or better "
    "and has a longer key, and have it sign with SHA-256; --security-level sets what is strong "
    "enough.",
};

static const struct advice removed_entry = {
    "The list of its CA has the certificate in an entry that says that it is to be removed from "
    "it; such an entry has no place in a complete list, so the certificate counts as listed.",
    "Ask who issued the certificate whether it is revoked.",
    "Sign the CRL again: without the entry if the certificate is good, with another reason than "
    "removeFromCRL if it is not.",
};

static const struct advice on_hold = {
    "The issuer has put the certificate on hold: it is refused until it is released, or revoked "
    "for good.",
    "Ask who issued it why it is on hold, and when that ends; keep it until then.",
    "To accept it again, release it and publish the CRL (certs/ca release); until then, or until "
    "it is revoked for good, it stays refused.",
};

/* Revoked with one of these reasons. */
static const struct {
    const char *reason;
    const struct advice *advice;
} by_entry[] = {{REVOCATION_REASON_REMOVED, &removed_entry}, {"certificateHold", &on_hold}};

static const struct advice *advice_on_entry(const struct verdict *verdict)
{
    size_t i;

    for (i = 0; verdict->revocation_reason != NULL && i < sizeof(by_entry) / sizeof(by_entry[0]);
         i++) {
        if (strcmp(verdict->revocation_reason, by_entry[i].reason) == 0)
            return by_entry[i].advice;
    }
    return NULL;
}

/* Why it cannot be told. */
static const struct {
    int error_code;
    const struct advice *advice;
} by_reason[] = {
    {X509_V_ERR_UNABLE_TO_GET_CRL, &no_crl},
    {X509_V_ERR_CRL_HAS_EXPIRED, &stale_crl},
    {X509_V_ERR_CRL_NOT_YET_VALID, &early_crl},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, &bad_crl},
    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, &bad_crl},
    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, &bad_crl},
    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, &bad_crl},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, &no_crl_sign},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE, &scope_crl},
    {X509_V_ERR_OCSP_VERIFY_NEEDED, &no_ocsp},
    {X509_V_ERR_OCSP_VERIFY_FAILED, &unusable_ocsp},
    {X509_V_ERR_OCSP_CERT_UNKNOWN, &unusable_ocsp},
};

static const struct advice *advice_on_unknown(const struct verdict *verdict)
{
    size_t i;

    if (verdict->cause == CAUSE_CRL_DIGEST)
        return &weak_crl;
    if (verdict->cause == CAUSE_CRL_OTHER_KEY)
        return &other_key_crl;
    if (verdict->cause == CAUSE_OCSP_WEAK)
        return &weak_ocsp;
    for (i = 0; i < sizeof(by_reason) / sizeof(by_reason[0]); i++) {
        if (by_reason[i].error_code == verdict->error_code)
            return by_reason[i].advice;
    }
    return NULL;
}

const struct advice *advice_on_revocation(const struct verdict *verdict)
{
    const struct advice *on_entry = advice_on_entry(verdict);

    if (verdict->status == VERDICT_REVOCATION_UNKNOWN)
        return advice_on_unknown(verdict);
    if (verdict->status != VERDICT_REVOKED)
        return NULL;
    if (verdict->error_depth > 0)
        return on_entry == &on_hold ? &held_ca : &revoked_ca;
    return on_entry;
}
