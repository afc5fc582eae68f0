/* SPDX-License-Identifier: ISC */
#include "verify/verify_causes.h"

#include <openssl/x509_vfy.h>

static const struct {
    int code;
    const char *words;
} causes[CAUSE_COUNT] = {
    [CAUSE_OF_CODE] = {X509_V_ERR_UNSPECIFIED, ""},
    [CAUSE_SELF_SIGNED] = {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        "it signed itself and is not known to the trusted CA"},
    [CAUSE_SELF_ISSUED] = {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        "it names itself as its issuer, and no trusted CA of that name signed it"},
    [CAUSE_NAMED_LIKE_CA] = {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        "its subject and its issuer are the same name, that of the CA whose key signed it: a "
        "client needs a name of its own"},
    [CAUSE_OTHER_ROOT] = {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        "its chain ends at a CA that is not the trusted one"},
    [CAUSE_ISSUER_UNKNOWN] = {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        "the trusted CA did not sign it, or an intermediate certificate is missing"},
    [CAUSE_OTHER_KEY] = {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        "the trusted CA did not sign it: its authorityKeyIdentifier names another key than that of "
        "the CA with its issuer's name"},
    [CAUSE_OTHER_KEY_ID] = {X509_V_ERR_AKID_SKID_MISMATCH,
        "the CA's key signed it, but its authorityKeyIdentifier names another key than the "
        "subjectKeyIdentifier of that CA"},
    [CAUSE_SIGNATURE] = {X509_V_ERR_CERT_SIGNATURE_FAILURE,
        "its signature does not verify with the key of the issuer that it names"},
    [CAUSE_ALGORITHM_UNKNOWN] = {X509_V_ERR_CERT_SIGNATURE_FAILURE,
        "its signature algorithm is not known to the libcrypto of this server"},
    [CAUSE_ALGORITHMS_DIFFER] = {X509_V_ERR_CERT_SIGNATURE_FAILURE,
        "its two signature algorithm fields differ (RFC 5280 section 4.1.1.2)"},
    [CAUSE_CA_KEY_UNKNOWN] = {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY,
        "the key of its issuer cannot be read, or is of a kind that the libcrypto of this server "
        "does not know"},
    [CAUSE_BAD_KEY] = {X509_V_ERR_NO_ISSUER_PUBLIC_KEY,
        "a key in its chain is unsafe: RSA with an exponent that is 1, even or above 2^64, or a "
        "point of a curve with which anybody signs"},
    [CAUSE_TOO_MANY_CAS] = {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        "no issuer was found among the CA certificates of its issuer's name that were tried; there "
        "are more of them"},
    [CAUSE_TOO_MANY_ERRORS] = {X509_V_ERR_CERT_UNTRUSTED,
        "more is wrong with its chain than can be told apart"},
    [CAUSE_TRUSTED_CA] = {X509_V_ERR_CERT_REJECTED,
        "it is one of the trusted CA certificates, not a client's"},
    [CAUSE_VERSION] = {X509_V_ERR_CERT_REJECTED,
        "its version is not 1, 2 or 3 (RFC 5280 section 4.1.2.1)"},
    [CAUSE_CA_VERSION] = {X509_V_ERR_INVALID_CA,
        "one of its issuers is no CA: only a certificate of version 3 can say that it is one (RFC "
        "5280 section 6.1.4 k)"},
    [CAUSE_LIMIT] = {X509_V_ERR_CERT_REJECTED,
        "it holds more names, constraints or policies than libcrypto compares"},
    [CAUSE_POLICY_UNREADABLE] = {X509_V_ERR_INVALID_POLICY_EXTENSION,
        "it has a policy extension that cannot be read or occurs twice"},
    [CAUSE_CONSTRAINT] = {X509_V_ERR_EXCLUDED_VIOLATION,
        "a name in it is one that its CA must not sign"},
    [CAUSE_CONSTRAINT_NAME] = {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
        "a name in it is of a form to which the name constraints of its CA cannot be applied"},
    [CAUSE_CONSTRAINT_UNREADABLE] = {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
        "the name constraints of its CA have an address mask with holes, or exclude what is no "
        "name of its kind"},
    [CAUSE_CRL_DIGEST] = {X509_V_ERR_CRL_SIGNATURE_FAILURE,
        "the issuer's CRL is signed with a digest that is too weak for the security level"},
    [CAUSE_CRL_OTHER_KEY] = {X509_V_ERR_CRL_SIGNATURE_FAILURE,
        "no CRL was signed by the issuer's key that signed it, only by another key of that name"},
    [CAUSE_OCSP_WEAK] = {X509_V_ERR_OCSP_VERIFY_FAILED,
        "the OCSP responder's answer is signed too weakly for the security level"},
};

int verify_cause_code(enum verify_cause cause)
{
    return causes[cause].code;
}

const char *verify_cause_words(enum verify_cause cause)
{
    return causes[cause].words;
}
