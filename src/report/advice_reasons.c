/* SPDX-License-Identifier: ISC */
#include "report/advice.h"

#include <openssl/x509_vfy.h>

static const struct advice expired_ca = {
    "The certificate of a CA above this one has expired; the reason names it and the date.",
    "Your own certificate need not be at fault: tell the operator of this server what is written "
    "here.",
    "Renew that CA's certificate with its key and put the new one into --ca or --intermediates; a "
    "client that sends the old one along does no harm then.",
};

static const struct advice early_ca = {
    "The certificate of a CA above this one is good only from a later date on; the reason names "
    "it.",
    "Tell the operator of this server what is written here.",
    "Compare the clocks of this server and of the CA, and the start date of that certificate.",
};

static const struct advice weak_digest = {
    "A signature in the chain is by a digest that is too weak to be trusted (SHA-1 or MD5).",
    "Ask who issued the certificate for a new one.",
    "Sign it again with SHA-256 or better; --security-level says what is enough.",
};

static const struct advice weak_key = {
    "A key in the chain is too short to be trusted; the reason says which.",
    "Ask who issued the certificate for a new one, with a longer key.",
    "RSA needs 2048 bits at security level 2; a CA's key that is too short needs a new CA.",
};

static const struct advice critical_extension = {
    "A certificate demands that something be understood which this server does not know.",
    "Ask who issued the certificate for one without that extension.",
    "The reason has the OID of the extension and says whose it is; sign that certificate again, "
    "with the extension not critical or without it.",
};

static const struct advice bad_extension = {
    "A certificate has an extension that is wrong in itself, so that nothing rests on it.",
    "Ask who issued the certificate for a new one.",
    "The reason names the extension and says whose it is; sign that certificate again.",
};

static const struct advice name_constraint = {
    "The CA that issued the certificate may not sign the names in it.",
    "Ask who issued the certificate for one with names that its CA may sign.",
    "Compare the subject and the alternative names with the nameConstraints of the CAs above it.",
};

static const struct advice key_id = {
    "The certificate names another key as its issuer's than the one that signed it.",
    "Ask who issued the certificate for a new one.",
    "Sign it again with an authorityKeyIdentifier that is the CA's subjectKeyIdentifier.",
};

static const struct advice wrong_signature = {
    "The certificate names a CA that this server trusts, whose key did not sign it.",
    "Choose the certificate that was issued for this server; if you did, it may be damaged or from "
    "an earlier CA of the same name.",
    "After a new key for a CA of the same name keep both certificates in --ca until all clients "
    "have "
    "changed.",
};

static const struct advice long_chain = {
    "There are more CA certificates above this one than the server accepts.",
    "Tell the operator of this server what is written here.",
    "Raise --depth if this chain is meant to be accepted.",
};

static const struct advice bad_ca = {
    "A certificate above this one may not issue it.",
    "Ask who issued the certificate for one by a CA that may.",
    "Look at basicConstraints, path length and keyUsage of the CA that the reason names.",
};

static const struct advice is_ca = {
    "The certificate is a CA's or of a kind that no client has.",
    "Choose the certificate that was issued to you.",
    "Only certificates that a CA of --ca signed for clients are accepted, not the CA's own.",
};

static const struct advice unusable_key = {
    "A public key in the chain cannot be used.",
    "Ask who issued the certificate for one with another key: RSA, ECDSA or Ed25519.",
    "The key is of a kind that the libcrypto of this server does not know, or is malformed.",
};

static const struct advice policy = {
    "A CA above this certificate demands a certificate policy that it does not have.",
    "Ask who issued the certificate for one with that policy.",
    "Compare certificatePolicies of the chain with the CA's policyConstraints.",
};

static const struct advice no_crl = {
    "Whether the certificate was revoked cannot be told: there is no revocation list of its CA.",
    "Tell the operator of this server what is written here.",
    "Put a CRL of the CA that the reason names into --crl; --crl-missing-ok passes such CAs over.",
};

static const struct advice stale_crl = {
    "Whether the certificate was revoked cannot be told: the revocation list of its CA is too old.",
    "Try again later; if it stays like this, tell the operator of this server.",
    "Sign and publish a new CRL of the CA that the reason names, and see that it reaches --crl.",
};

static const struct advice early_crl = {
    "Whether the certificate was revoked cannot be told: the revocation list of its CA is not yet "
    "in "
    "force.",
    "Try again later; if it stays like this, tell the operator of this server.",
    "Keep the CRL that is in force beside it in --crl, and compare the clocks.",
};

static const struct advice bad_crl = {
    "Whether the certificate was revoked cannot be told: the revocation list of its CA does not "
    "count.",
    "Tell the operator of this server what is written here.",
    "Sign a new CRL: complete, with nextUpdate, by the key of the CA that the reason names, and "
    "with "
    "extensions that RFC 5280 section 5.2 allows.",
};

static const struct advice no_ocsp = {
    "Whether the certificate was revoked cannot be told: no OCSP responder gave a usable answer.",
    "Try again later; if it stays like this, tell the operator of this server.",
    "The reason says what came of asking; see that the responder answers, and that --ocsp-url or "
    "--ocsp-allow names it with its port.",
};

/* The reasons that have advice of their own. */
static const struct {
    enum verdict_status status;
    int error_code;
    const struct advice *advice;
} by_reason[] = {
    {VERDICT_UNTRUSTED, X509_V_ERR_CERT_HAS_EXPIRED, &expired_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_CERT_NOT_YET_VALID, &early_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_CA_MD_TOO_WEAK, &weak_digest},
    {VERDICT_UNTRUSTED, X509_V_ERR_EE_KEY_TOO_SMALL, &weak_key},
    {VERDICT_UNTRUSTED, X509_V_ERR_CA_KEY_TOO_SMALL, &weak_key},
    {VERDICT_UNTRUSTED, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, &critical_extension},
    {VERDICT_UNTRUSTED, X509_V_ERR_INVALID_EXTENSION, &bad_extension},
    {VERDICT_UNTRUSTED, X509_V_ERR_INVALID_POLICY_EXTENSION, &bad_extension},
    {VERDICT_UNTRUSTED, X509_V_ERR_PERMITTED_VIOLATION, &name_constraint},
    {VERDICT_UNTRUSTED, X509_V_ERR_EXCLUDED_VIOLATION, &name_constraint},
    {VERDICT_UNTRUSTED, X509_V_ERR_SUBTREE_MINMAX, &name_constraint},
    {VERDICT_UNTRUSTED, X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, &name_constraint},
    {VERDICT_UNTRUSTED, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, &name_constraint},
    {VERDICT_UNTRUSTED, X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, &name_constraint},
    {VERDICT_UNTRUSTED, X509_V_ERR_AKID_SKID_MISMATCH, &key_id},
    {VERDICT_UNTRUSTED, X509_V_ERR_CERT_SIGNATURE_FAILURE, &wrong_signature},
    {VERDICT_UNTRUSTED, X509_V_ERR_CERT_CHAIN_TOO_LONG, &long_chain},
    {VERDICT_UNTRUSTED, X509_V_ERR_PATH_LENGTH_EXCEEDED, &bad_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_INVALID_CA, &bad_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_KEYUSAGE_NO_CERTSIGN, &bad_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_INVALID_PURPOSE, &bad_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_CERT_REJECTED, &is_ca},
    {VERDICT_UNTRUSTED, X509_V_ERR_NO_ISSUER_PUBLIC_KEY, &unusable_key},
    {VERDICT_UNTRUSTED, X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, &unusable_key},
    {VERDICT_UNTRUSTED, X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, &unusable_key},
    {VERDICT_UNTRUSTED, X509_V_ERR_NO_EXPLICIT_POLICY, &policy},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_UNABLE_TO_GET_CRL, &no_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_CRL_HAS_EXPIRED, &stale_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_CRL_NOT_YET_VALID, &early_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_CRL_SIGNATURE_FAILURE, &bad_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, &bad_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, &bad_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, &bad_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, &bad_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_DIFFERENT_CRL_SCOPE, &bad_crl},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_OCSP_VERIFY_NEEDED, &no_ocsp},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_OCSP_VERIFY_FAILED, &no_ocsp},
    {VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_OCSP_CERT_UNKNOWN, &no_ocsp},
};

const struct advice *advice_on_verdict(const struct verdict *verdict)
{
    size_t i;

    for (i = 0; i < sizeof(by_reason) / sizeof(by_reason[0]); i++) {
        if (by_reason[i].status == verdict->status &&
            by_reason[i].error_code == verdict->error_code)
            return by_reason[i].advice;
    }
    return advice_on(verdict->status);
}
