/* SPDX-License-Identifier: ISC */
#include "report/advice.h"

#include <openssl/x509_vfy.h>
#include <string.h>

static const struct advice expired_ca = {
    "The certificate of a CA above this one has expired; the reason names it and the date.",
    "Your own certificate need not be at fault: tell the operator of this server what is written "
    "here.",
    "Renew that CA's certificate with its key and put the new one into --ca or --intermediates; a "
    "client that sends the old one along does no harm then.",
};

static const struct advice early_ca = {
    "A CA above this one is not good yet: it begins at a later date; the reason names it.",
    "Tell the operator of this server what is written here.",
    "Compare the clocks of this server and of the CA, and the start date of that certificate.",
};

static const struct advice weak_digest = {
    "A signature in the chain is by a digest that is too weak here; the reason names it.",
    "Ask who issued the certificate for a new one.",
    "Sign it again with SHA-256 or better; --security-level says what is enough.",
};

static const struct advice weak_key = {
    "A key in the chain is too short to be trusted; the reason says which.",
    "Ask who issued the certificate for a new one, with a longer key.",
    "RSA needs 1024 bits at security level 1 and 2048 at 2, elliptic curves 160 and 224; a CA's "
    "key that is too short needs a new CA.",
};

static const struct advice critical_extension = {
    "A certificate demands that something be understood which this server does not know.",
    "Ask who issued the certificate for one without that extension.",
    "The reason has the OID of the extension and says whose it is; sign that certificate again, "
    "with the extension not critical or without it.",
};

static const struct advice bad_extension = {
    "A certificate has an extension that is malformed or contradicts itself, so the certificate "
    "proves nothing.",
    "Ask who issued the certificate for a new one.",
    "The reason names the extension and says whose it is; sign that certificate again.",
};

static const struct advice name_constraint = {
    "The CA that issued the certificate may not sign the names in it.",
    "Ask who issued the certificate for one with names that its CA may sign.",
    "Compare the subject and the alternative names with the nameConstraints of the CAs above it.",
};

static const struct advice constraints = {
    "The name constraints of a CA above the certificate cannot be applied to the names in it.",
    "Ask who issued the certificate for one with other names.",
    "Look at nameConstraints of the CAs above it: masks without holes, no minimum or maximum, "
    "domains as acme.example (not *.acme.example, and no URL), and kinds of names that libcrypto "
    "compares.",
};

static const struct advice self_signed = {
    "The certificate names itself as its issuer: no CA that this server trusts signed it.",
    "Choose the certificate that was issued for this server, or ask its operator for one.",
    "Sign a certificate for this client with a CA of --ca; only CA certificates belong there.",
};

static const struct advice named_like_ca = {
    "The certificate has the same name as the CA that signed it, and looks like that CA's own.",
    "Ask who issued the certificate for one with a name of your own.",
    "Sign it again with a subject that differs from that of the CA.",
};

static const struct advice other_root = {
    "The certificate comes from a certificate authority that this server does not trust.",
    "Choose the certificate that was issued for this server; if you did, ask who issued it whether "
    "it is the right one.",
    "If the CA at the end of its chain is to be trusted, put its certificate into --ca.",
};

static const struct advice too_many_cas = {
    "It was not found out which CA signed the certificate: there are too many of the same name.",
    "Tell the operator of this server what is written here.",
    "Remove the CA certificates that are no longer in use from --ca, --intermediates and the chain "
    "that the client sends.",
};

static const struct advice unknown_algorithm = {
    "The certificate is signed in a way that this server does not know.",
    "Ask who issued the certificate for one that is signed with RSA, ECDSA or Ed25519.",
    "The signature algorithm is not known to the libcrypto of this server; sign it with another.",
};

static const struct advice two_algorithms = {
    "The certificate is made wrongly: it names two algorithms for its one signature.",
    "Ask who issued the certificate for a new one.",
    "Look at signatureAlgorithm and the signature field within; what made it is at fault.",
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
    "have changed.",
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

static const struct advice ca_of_another_use = {
    "The certificate of a CA above this one is for other uses than TLS clients.",
    "Ask who issued the certificate for one by a CA that may issue it.",
    "Look at extendedKeyUsage of the CA that the reason names: without it a CA may issue for any "
    "use; where it is, it must have clientAuth.",
};

static const struct advice is_ca = {
    "The certificate is that of a CA itself, not a client's.",
    "Choose the certificate that was issued to you.",
    "Only certificates that a CA of --ca signed for clients are accepted, not the CA's own. Where "
    "several come, the client's must be the first.",
};

static const struct advice bad_version = {
    "The certificate has a version that does not exist.",
    "Ask who issued the certificate for a new one.",
    "Its version is to be 3; what made it is at fault.",
};

static const struct advice ca_version = {
    "A certificate above this one is of a version that cannot be a CA's.",
    "Ask who issued the certificate for one by a CA with a certificate of version 3.",
    "Sign the certificate of that CA again, as version 3; or name it in --ca alone if it is to be "
    "trusted as it is.",
};

static const struct advice limit = {
    "There is more in the chain than this server looks at: names, constraints or policies.",
    "Ask who issued the certificate for one with fewer names and policies.",
    "libcrypto limits names times constraints, and policies; spread them over several "
    "certificates.",
};

static const struct advice many_faults = {
    "So much is wrong with the chain of the certificate that it was not looked at to its end.",
    "Choose the certificate that was issued for this server, or ask who issued it for a new one.",
    "Look at each certificate of the chain by itself (openssl x509 -text).",
};

static const struct advice proxy = {
    "The certificate is a proxy certificate, which lets a program act for somebody else.",
    "Use the certificate of the person or program that it acts for.",
    "Proxy certificates (RFC 3820) are not accepted: a client's certificate may not have "
    "proxyCertInfo.",
};

static const struct advice bad_date = {
    "A date in the chain of the certificate cannot be read, so nothing says how long it is good.",
    "Ask who issued the certificate for a new one.",
    "Sign that certificate again, with dates as RFC 5280 section 4.1.2.5 has them.",
};

static const struct advice unusable_key = {
    "A public key in the chain cannot be used.",
    "Ask who issued the certificate for one with another key: RSA, ECDSA or Ed25519.",
    "The key is of a kind that the libcrypto of this server does not know, malformed, or unsafe; "
    "the reason says which.",
};

static const struct advice policy = {
    "A certificate policy is demanded that the chain of this certificate does not have.",
    "Ask who issued the certificate for one with that policy.",
    "Compare certificatePolicies and policyConstraints of the certificates of the chain.",
};

static const struct advice resources = {
    "The certificate claims network addresses or numbers that its CA does not have.",
    "Ask who issued the certificate for one without them.",
    "Look at the extensions of RFC 3779 in the certificates of the chain: each must have what "
    "those below it claim.",
};

/* The causes that have advice of their own, for numbers that stand for several. */
static const struct advice *const by_cause[CAUSE_COUNT] = {
    [CAUSE_SELF_SIGNED] = &self_signed,
    [CAUSE_SELF_ISSUED] = &self_signed,
    [CAUSE_NAMED_LIKE_CA] = &named_like_ca,
    [CAUSE_OTHER_ROOT] = &other_root,
    [CAUSE_OTHER_KEY] = &wrong_signature,
    [CAUSE_ALGORITHM_UNKNOWN] = &unknown_algorithm,
    [CAUSE_ALGORITHMS_DIFFER] = &two_algorithms,
    [CAUSE_TOO_MANY_CAS] = &too_many_cas,
    [CAUSE_TOO_MANY_ERRORS] = &many_faults,
    [CAUSE_TRUSTED_CA] = &is_ca,
    [CAUSE_VERSION] = &bad_version,
    [CAUSE_CA_VERSION] = &ca_version,
    [CAUSE_LIMIT] = &limit,
    [CAUSE_CONSTRAINT_NAME] = &constraints,
    [CAUSE_CONSTRAINT_UNREADABLE] = &constraints,
};

/* The numbers of what makes it untrusted that have advice of their own. */
static const struct {
    int error_code;
    const struct advice *advice;
} by_reason[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, &expired_ca},
    {X509_V_ERR_CERT_NOT_YET_VALID, &early_ca},
    {X509_V_ERR_CA_MD_TOO_WEAK, &weak_digest},
    {X509_V_ERR_EE_KEY_TOO_SMALL, &weak_key},
    {X509_V_ERR_CA_KEY_TOO_SMALL, &weak_key},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, &critical_extension},
    {X509_V_ERR_INVALID_EXTENSION, &bad_extension},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, &bad_extension},
    {X509_V_ERR_PERMITTED_VIOLATION, &name_constraint},
    {X509_V_ERR_EXCLUDED_VIOLATION, &name_constraint},
    {X509_V_ERR_SUBTREE_MINMAX, &constraints},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, &constraints},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, &constraints},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, &constraints},
    {X509_V_ERR_AKID_SKID_MISMATCH, &key_id},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, &wrong_signature},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, &long_chain},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, &bad_ca},
    {X509_V_ERR_INVALID_CA, &bad_ca},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, &bad_ca},
    {X509_V_ERR_INVALID_PURPOSE, &ca_of_another_use},
    {X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, &proxy},
    {X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED, &proxy},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, &bad_date},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, &bad_date},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, &unusable_key},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, &unusable_key},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, &unusable_key},
    {X509_V_ERR_NO_EXPLICIT_POLICY, &policy},
    {X509_V_ERR_UNNESTED_RESOURCE, &resources},
    {X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, &resources},
};

static const struct advice *advice_on_untrusted(const struct verdict *verdict)
{
    size_t i;

    if (by_cause[verdict->cause] != NULL)
        return by_cause[verdict->cause];
    for (i = 0; i < sizeof(by_reason) / sizeof(by_reason[0]); i++) {
        if (by_reason[i].error_code == verdict->error_code)
            return by_reason[i].advice;
    }
    return NULL;
}

const struct advice *advice_on_verdict(const struct verdict *verdict)
{
    const struct advice *advice = verdict->status == VERDICT_UNTRUSTED
                                      ? advice_on_untrusted(verdict)
                                      : advice_on_revocation(verdict);

    return advice != NULL ? advice : advice_on(verdict->status);
}
